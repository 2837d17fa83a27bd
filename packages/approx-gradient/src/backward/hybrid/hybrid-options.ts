import type { AttentionOperands } from "@attgrad/attention-problem";
import { type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import { z } from "zod";
import { relativeOption } from "../../accuracy.ts";

/** The rank where no accuracy is asked for. */
export const DEFAULT_RANK = 128;

/** From this ν on a row is computed exactly: its normaliser may be off by half. */
export const SURE = 0.5;

/** The part of the accuracy that the bound of a row may be; rows with a larger one are exact. */
export const SHARE = 0.9;

/** Options of `hybrid` for outputs and gradients of attention layers. */
export const hybridOptions = z
	.strictObject({
		rank: z.int().min(1).max(2048).optional().describe(`number of features of each head; default: ${DEFAULT_RANK}`),
		epsilon: z
			.number()
			.positive()
			.optional()
			.describe("bound on the error of every entry of dQ, dK and dV, or of every row of the output"),
		relative: relativeOption.describe(
			"bound on the error of each gradient, or of the output, as a part of its largest entry",
		),
		seed: z.int().min(0).default(0).describe("seed of the pivots"),
		chunk: z.int().min(1).max(4096).optional().describe("rows of a chunk under a mask; default: 128"),
	})
	.refine(({ rank, epsilon, relative }) => [rank, epsilon, relative].filter((x) => x !== undefined).length <= 1, {
		error: "hybrid: give one of rank, epsilon and relative, not several",
	});

/** Options of the backward pass of `hybrid`. */
export const hybridBackwardOptions = hybridOptions.safeExtend({
	proves: z
		.enum(["all", "dQ"])
		.default("all")
		.describe(
			"gradients that an accuracy is asked of: all, or dQ alone; dK and dV then have bounds that take less time and are larger",
		),
});

/** Why `hybrid` does not take these operands; undefined where it does. */
export function whyNotHybrid({
	roundedFrom,
	Q: { dtype },
}: Pick<AttentionOperands<RowSource>, "roundedFrom" | "Q">): string | undefined {
	if (roundedFrom === undefined || unitRoundoff(roundedFrom) >= unitRoundoff(dtype)) return undefined;
	return `hybrid: its proof is about the numbers that were given, and these were rounded from ${roundedFrom} to ${dtype}; read them as ${roundedFrom}`;
}
