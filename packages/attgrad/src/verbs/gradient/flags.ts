import { knownAlgorithms } from "@attgrad/algorithms";
import type { Options } from "yargs";
import { z } from "zod";
import { flagsOf } from "../../flags/flags.ts";

/** What `attgrad gradient` takes besides the options of the algorithms. */
export const gradientFlags = z.object({
	algorithm: z.string().default("auto").describe("auto, or a name that attgrad list shows, like polynomial/moment"),
	dtype: z.enum(["f64", "f32"]).default("f64").describe("number type to compute in"),
	threads: z.int().min(1).default(1).describe("threads that work at once"),
	kernel: z.string().optional().describe("build of the inner loops; the fastest that this machine has unless given"),
	out: z.string().min(1).optional().describe("file to write the gradient to, .npy"),
	json: z.boolean().default(false).describe("print one JSON object"),
});

/** The flags of all algorithms; one that several have is described by the first. What one of them requires is no duty here. */
export function algorithmFlags(): Record<string, Options> {
	return Object.assign(
		{},
		...knownAlgorithms.toReversed().map(({ options }) => flagsOf(z.object(options.shape).partial())),
	);
}
