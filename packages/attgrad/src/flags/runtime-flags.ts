import { createRuntime, type Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import type { progressLine } from "../terminal/progress-line.ts";

/** `--json`, which every verb with an answer has. */
export const json = z.boolean().default(false).describe("print one JSON object");

/** The flags of a verb that takes `--json` and nothing else. */
export const jsonOnly = z.object({ json });

/** `--experiment`, for verbs that read results again. */
export const experimentFile = z
	.string()
	.optional()
	.describe("file of an experiment of your own whose results these are: ./mine.ts");

/** `--dtype`, for verbs that compute on numbers of the user. */
export const dtype = z.enum(["f64", "f32"]).default("f64").describe("number type to compute in");

/** Flags of the runtime that a verb computes on. */
export const runtimeFlags = {
	threads: z.int().min(1).default(1).describe("number of threads"),
	kernel: z.string().optional().describe("build of the inner loops; default: the fastest that this machine has"),
};

/** The runtime that the flags ask for. @throws UsageError for a kernel that is unknown or that this machine does not have */
export function openRuntime(
	{ threads, kernel }: { readonly threads: number; readonly kernel?: string | undefined },
	progress?: ReturnType<typeof progressLine>,
	allocateResult?: Runtime["allocateResult"],
): Promise<Runtime> {
	return createRuntime({
		...(kernel && { kernel }),
		threads,
		...(progress && { onProgress: progress.show, onNotice: progress.notice, onMoreRounds: progress.expectMore }),
		...(allocateResult && { allocateResult }),
	});
}
