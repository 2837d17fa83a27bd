import { ComputationError } from "@attgrad/matrix-core";
import { leastRest, over } from "../error-bound/index.ts";

/** τ = δ / (1 - δ): the L1 error of a softmax row whose exponentials have relative error δ (paper.md 7.1); Infinity from δ = 1 on. */
export const l1OfRelative = (delta: number): number => over(delta, leastRest(1, delta));

/** The way out where products of sizes leave the range of numbers. */
export const NEARER_TO_1 = "bring their entries nearer to 1, or use the exact method";

/**
 * The error for a row whose normaliser an approximation makes not positive; `remedy` says how it becomes positive. One that is no number comes from
 * features that overflow, which nothing but other sizes remedies.
 */
export const notPositive = (algorithm: string, row: number, normaliser: number, remedy: string): ComputationError =>
	new ComputationError(
		"invalid",
		Number.isFinite(normaliser)
			? `${algorithm}: the normaliser of row ${row} is ${normaliser}, not positive: ${remedy}`
			: `${algorithm}: the normaliser of row ${row} is ${normaliser}: queries and keys of such sizes have features beyond the range of numbers; ${NEARER_TO_1}`,
	);

/** @throws ComputationError (invalid) where a row's normaliser is not a finite number > 0 */
export function requirePositive(algorithm: string, row: number, normaliser: number, remedy: string): void {
	if (!(normaliser > 0 && Number.isFinite(normaliser))) throw notPositive(algorithm, row, normaliser, remedy);
}
