import { unitRoundoff } from "@attgrad/matrix-core";
import type { ProvenBound } from "../certificates/forms/forms.ts";
import type { Method } from "../method/approximation.ts";
import { columnNorms, type ErrorConstants, slackOf } from "./error-constants.ts";
import type { GaussTotals } from "./totals.ts";

/**
 * A bound on max |g̃ - g| from the totals of a run: entry (a, b) is at most
 * scale Σ_j |A1_ja| min(L1_j W_b, V_jb), and rounding. Cost O(d²).
 */
export function boundFromGaussTotals(
	{ profile, space }: Pick<Method, "profile" | "space">,
	{ rounding }: ErrorConstants,
	totals: GaussTotals,
): ProvenBound {
	const { d, scale, keyHalfRange: W, dtype, n } = profile;
	const { inputSums, residualSums, l1, spread, grown } = totals;
	const columns = columnNorms(space.frame.queryMap);
	// Sums over rows of positive numbers, in the number type over a panel's run and in double precision beyond.
	const slack = slackOf(dtype) * (1 + n * unitRoundoff("f64"));
	let [bound, floor] = [0, 0];
	for (let a = 0; a < d; a++) {
		let [residual, size] = [0, 0];
		for (let i = 0; i < d; i++) {
			residual += residualSums[a * d + i] * rounding.restResidual[i];
			size += residualSums[a * d + i] * rounding.size[i];
		}
		const ofSpan = grown[a] + inputSums[a] * rounding.rest + residual;
		for (let b = 0; b < d; b++) {
			const rounded = 1.03 * slack * scale * (ofSpan * space.keySpan[b] + size * space.keyError[b]);
			const method = slack * scale * (l1[a] * W[b] + spread[a * d + b] * columns[b]);
			floor = Math.max(floor, orInfinity(rounded));
			bound = Math.max(bound, orInfinity(method + rounded));
		}
	}
	return { bound, floor };
}

/** A form that comes to no number (an overflow, 0 · Infinity) proves nothing. */
const orInfinity = (x: number): number => (Number.isNaN(x) ? Number.POSITIVE_INFINITY : x);
