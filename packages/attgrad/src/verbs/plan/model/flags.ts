import { z } from "zod";

/** The flags of `attgrad plan` without a file: the shape of a model. */
export const modelFlags = z.object({
	n: z.string().optional().describe("tokens, 131072 or 2^17"),
	d: z.int().min(1).max(4096).optional().describe("width of a head"),
	heads: z.int().min(1).max(4096).default(1).describe("heads"),
	B: z.number().positive().max(1000).optional().describe("bound on the entries of queries and keys"),
	plot: z.string().min(1).optional().describe("folder for a figure, plan.svg and plan.png"),
});
