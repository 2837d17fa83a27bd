import type { GradientQueries, GradientSizes, Readings } from "../../oracle/gradient-queries.ts";
import type { Decision } from "../decision/decision.ts";
import { defineReduction } from "../decision/reduction.ts";
import type { GapInstance } from "../instances/closest-pair.ts";
import { leftRiemannSum } from "./gauss-legendre.ts";
import { integralRows, integralSizes, integrate, scoreRangeBound } from "./integral.ts";

/** The options of R0. */
export interface RiemannSumOptions {
	/** Number of terms. @default ⌈(ln n)⁴⌉, as in the proof of Theorem E.5 */
	readonly calls?: number;
}

const terms = (source: GapInstance, { calls }: RiemannSumOptions): number =>
	calls ?? Math.ceil(Math.log(integralRows(source)) ** 4);

/**
 * R0: the proof of Theorem E.5 as printed, with the left Riemann sum of Lemma E.4 over O(log⁴ n) gradients.
 * Lemma E.4 bounds the sum's error by max|f''|/m, here (5/8) n scoreRange²/m: of order n/polylog(n), where deciding needs
 * O(1). Decoding therefore answers `unknown` unless m is about n scoreRange²; the sum itself is what experiments measure.
 */
export const gapRiemannSum = defineReduction<
	GapInstance,
	GradientQueries,
	Readings,
	Decision,
	GradientSizes,
	RiemannSumOptions
>({
	name: "R0",
	summary: "the paper's left Riemann sum of O(log⁴ n) gradients, literally: its error bound does not decide",
	source: "gap closest pair",
	target: "attention gradient",
	reference: "Theorem E.5, Lemmas E.3 and E.4; paper.md 9.2",
	sizes: (source, options = {}) => integralSizes(source, terms(source, options)),
	reduce(source, options = {}) {
		const calls = terms(source, options);
		const curvature = (5 / 8) * source.a.rows * scoreRangeBound(source) ** 2;
		return integrate(source, leftRiemannSum(calls), curvature / calls);
	},
});
