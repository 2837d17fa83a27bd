import { memoryOption } from "@attgrad/attention-problem";
import { z } from "zod";
import { runtimeFlags } from "../../flags/runtime-flags.ts";

/** The flags of `attgrad serve`. */
export const serveFlags = z.object({
	...runtimeFlags,
	memory: memoryOption
		.optional()
		.describe("most that the arrays of a request may take, like 512MB or 4GB; default: a quarter of this machine's"),
	parent: z
		.int()
		.min(1)
		.optional()
		.describe("process that ends the server when it ends; default: the one that started it"),
});
