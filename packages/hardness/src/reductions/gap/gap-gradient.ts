import type { GradientQueries, GradientSizes, Readings } from "../../oracle/gradient-queries.ts";
import { oneCall } from "../decision/one-call.ts";
import { indexBits, type OneCallCore, type OneCallOptions, oneCallSizes } from "../decision/one-call-core.ts";
import type { PairDecision } from "../decision/pair-decision.ts";
import { defineReduction } from "../decision/reduction.ts";
import type { GapInstance } from "../instances/closest-pair.ts";

/**
 * The logit of a pair of a gap instance is (β/(2 d0)) (<a, b> - μ d0): at least 2 ln n within the threshold, at most -ln n
 * beyond the gap (paper.md 9.3 b). n: the number of dummies that the logits have to beat.
 */
export function gapLogits(
	{ a, threshold, gap }: GapInstance,
	n: number,
): { beta: number; mu: number; scoreSize: number } {
	const beta = (12 * a.cols * Math.log(n)) / (gap * threshold);
	const mu = 0.5 - ((0.5 + gap / 3) * threshold) / a.cols;
	return { beta, mu, scoreSize: (beta / 2) * (0.5 + Math.abs(mu)) };
}

/**
 * R1b: gap closest pair from one gradient, at B = Θ(√log n) and ε = Θ(1/log n): with X = I this proves Theorem E.5.
 * Witness columns are the project's, as in R1a.
 */
export const gapGradient = defineReduction<
	GapInstance,
	GradientQueries,
	Readings,
	PairDecision,
	GradientSizes,
	OneCallOptions
>({
	name: "R1b",
	summary: "one gradient decides gap closest pair (B ~ sqrt(log n), epsilon = 1/(20 d))",
	source: "gap closest pair",
	target: "attention gradient",
	reference: "paper.md 9.3, R1b",
	sizes: (source, options) => oneCallSizes(coreOf(source, options)),
	reduce: (source, options) => oneCall(coreOf(source, options)),
});

function coreOf(source: GapInstance, { identity = false, witness = !identity }: OneCallOptions = {}): OneCallCore {
	const { a, b } = source;
	const d0 = a.cols;
	const dummies = Math.max(a.rows, b.rows, identity ? 32 : 16);
	const bits = witness && !identity ? indexBits(a.rows, b.rows) : 0;
	const d = Math.max(2 * d0 + 1 + bits, identity ? 40 : 0);
	const { beta, mu, scoreSize } = gapLogits(source, dummies);
	const sigma = Math.sqrt((beta * d) / (2 * d0));
	return {
		queries: a.rows,
		keys: b.rows,
		dummies,
		core: 2 * d0,
		d,
		bits,
		identity,
		B: Math.max(sigma, sigma * Math.abs(mu), 1),
		yesLogit: 2 * Math.log(dummies),
		noLogit: -Math.log(dummies) + (identity ? 1 / d : 0),
		scoreSize: scoreSize + 1,
		fillQuery(row, query) {
			for (let c = 0; c < d0; c++) row[c] = sigma * a.at(query, c);
			row.fill(sigma, d0, 2 * d0);
		},
		fillKey(row, key) {
			for (let c = 0; c < d0; c++) row[c] = sigma * b.at(key, c);
			row.fill(-mu * sigma, d0, 2 * d0);
		},
	};
}
