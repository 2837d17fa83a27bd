import { type MaskName, maskNames, namedScales, type ScaleSetting } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { parseNumber } from "./number.ts";

/** Flags of verbs that take a layer: the visible keys, and the factor of the scores. */
export const operatorFlags = {
	mask: z.enum(maskNames).default("none").describe("keys that a query sees; causal is aligned at the end"),
	window: z.int().min(1).optional().describe("with a causal mask: number of most recent keys that each query sees"),
	scale: z
		.string()
		.optional()
		.describe("factor of the scores, a number, 1/d or 1/sqrt(d); default: the file's, 1/d where it has none"),
};

/** @throws UsageError for a window without a causal mask */
export function checkWindow({ mask, window }: { readonly mask: MaskName; readonly window?: number | undefined }): void {
	if (window !== undefined && mask !== "causal") throw new UsageError(`--window ${window} needs --mask causal`);
}

/** @throws UsageError for what is neither a number > 0 nor the name of a scale */
export function readScale(given: string | undefined): ScaleSetting | undefined {
	if (given === undefined) return undefined;
	const named = namedScales.find((name) => name === given.replaceAll(/\s/g, ""));
	if (named) return named;
	const number = parseNumber(given);
	if (number !== undefined && Number.isFinite(number) && number > 0) return number;
	throw new UsageError(`--scale must be a number > 0, ${namedScales.join(" or ")}, got ${given || "nothing"}`);
}
