import type { GradientQueries, GradientSizes, Readings } from "../../oracle/gradient-queries.ts";
import { oneCall } from "../decision/one-call.ts";
import { indexBits, type OneCallCore, type OneCallOptions, oneCallSizes } from "../decision/one-call-core.ts";
import type { PairDecision } from "../decision/pair-decision.ts";
import { defineReduction } from "../decision/reduction.ts";
import type { OrthogonalVectors } from "../instances/orthogonal-vectors.ts";

/**
 * R1a: exact orthogonal vectors from one gradient, at B = Θ(log n) and ε = 1/(20 d).
 * The logit of a pair is l0 - θ <a, b>: l0 = 2 ln n + 3 for an orthogonal pair, at most -3 ln n for any other.
 */
export const orthogonalGradient = defineReduction<
	OrthogonalVectors,
	GradientQueries,
	Readings,
	PairDecision,
	GradientSizes,
	OneCallOptions
>({
	name: "R1a",
	summary: "one gradient decides orthogonal vectors exactly and spells a unique pair (B ~ log n, epsilon = 1/(20 d))",
	source: "orthogonal vectors",
	target: "attention gradient",
	reference: "paper.md 9.3, R1a",
	sizes: (source, options) => oneCallSizes(coreOf(source, options)),
	reduce: (source, options) => oneCall(coreOf(source, options)),
});

function coreOf(
	{ a, b }: OrthogonalVectors,
	{ identity = false, witness = !identity }: OneCallOptions = {},
): OneCallCore {
	const m = a.cols;
	const dummies = Math.max(a.rows, b.rows, identity ? 32 : 16);
	const bits = witness && !identity ? indexBits(a.rows, b.rows) : 0;
	const d = identity ? Math.max(m + 2, 40) : m + 2 + bits;
	const yesLogit = 2 * Math.log(dummies) + 3;
	const theta = yesLogit + 3 * Math.log(dummies);
	const step = Math.sqrt(d * theta);
	const shift = Math.sqrt(d * yesLogit);
	return {
		queries: a.rows,
		keys: b.rows,
		dummies,
		core: m + 1,
		d,
		bits,
		identity,
		B: a.weight + b.weight > 0 ? step : shift,
		yesLogit,
		noLogit: yesLogit - theta + (identity ? 1 / d : 0),
		scoreSize: theta * a.weight + yesLogit + 1,
		fillQuery(row, query) {
			for (let c = 0; c < m; c++) row[c] = step * a.at(query, c);
			row[m] = shift;
		},
		fillKey(row, key) {
			for (let c = 0; c < m; c++) if (b.at(key, c)) row[c] = -step;
			row[m] = shift;
		},
	};
}
