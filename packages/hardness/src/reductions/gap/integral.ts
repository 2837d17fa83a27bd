import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";
import type { GradientQueries, Readings } from "../../oracle/gradient-queries.ts";
import { type Decision, decide } from "../decision/decision.ts";
import type { Reduced } from "../decision/reduction.ts";
import { massRounding } from "../decision/rounding.ts";
import { innerProduct } from "../instances/bit-matrix.ts";
import type { GapInstance } from "../instances/closest-pair.ts";
import { gapLogits } from "./gap-gradient.ts";
import type { QuadratureRule } from "./gauss-legendre.ts";

/** Rows of an integral instance: the instance's, and at least 16, for which the decision is proven. */
export const integralRows = ({ a, b }: GapInstance): number => Math.max(a.rows, b.rows, 16);

/**
 * Bound on max - min of the scores of an integral instance, from its sizes alone: 0 <= <a, b> <= d0/2, and 0 for dummies.
 */
export function scoreRangeBound(source: GapInstance): number {
	const { beta, mu } = gapLogits(source, integralRows(source));
	return Math.max((beta / 2) * (0.5 - mu), 0) - Math.min((-beta / 2) * mu, 0);
}

/** max - min of the scores of an integral instance, by looking at all pairs. O(n_q n_k d0). */
export function scoreRange(source: GapInstance): number {
	const logits = genuineLogits(source);
	const over = (pick: (...values: number[]) => number) =>
		pick(0, ...logits.map((row) => row.reduce((x, y) => pick(x, y))));
	return over(Math.max) - over(Math.min);
}

/** Sizes of each problem of an integral instance, B and what ε would decide. */
export function integralSizes(source: GapInstance, calls: number) {
	const { beta, mu } = gapLogits(source, integralRows(source));
	const d = 2 * source.a.cols;
	return {
		n: source.b.rows + integralRows(source),
		d,
		B: Math.sqrt(beta) * Math.max(1, Math.abs(mu)),
		epsilon: 1 / (16 * d),
		calls,
	};
}

/**
 * The problem at X = λ I: queries √β [a, 1], keys √β [b, -μ 1] and zero rows as dummies, values 1 on genuine keys.
 * Its loss is half of f(λ) = Σ_j s_j(λ)² plus a constant, s_j the softmax mass of the genuine keys in row j; so
 * f'(λ) = 2 tr dL/dX (Theorem E.5).
 */
function integralProblem(source: GapInstance, lambda: number): AttentionProblem {
	const { a, b } = source;
	const d0 = a.cols;
	const { n, d } = integralSizes(source, 1);
	const { beta, mu } = gapLogits(source, integralRows(source));
	const size = Math.sqrt(beta);
	const half = (bits: typeof a, rest: number): Matrix =>
		Matrix.build(n, d, (i, c) => (i >= bits.rows ? 0 : c < d0 ? size * bits.at(i, c) : size * rest));
	return createProblem({
		A1: half(a, 1),
		A2: half(b, -mu),
		A3: Matrix.build(n, d, (i, c) => (i < b.rows && c === 0 ? 1 : 0)),
		E: Matrix.zeros(n, d),
		X: Matrix.build(d, d, (i, j) => (i === j ? lambda : 0)),
		Y: Matrix.identity(d),
	});
}

/** f(0): every score is 0 there, and the mass of the genuine keys their share. */
export function massAtZero(source: GapInstance): number {
	const { n } = integralSizes(source, 1);
	return source.a.rows * (source.b.rows / n) ** 2;
}

/** The exponents of the genuine keys in each row at λ = 1, over all pairs. */
function genuineLogits(source: GapInstance): Float64Array[] {
	const { beta, mu } = gapLogits(source, integralRows(source));
	const { a, b } = source;
	return Array.from({ length: a.rows }, (_, j) =>
		Float64Array.from({ length: b.rows }, (_, l) => (beta / 2) * (innerProduct(a.row(j), b.row(l)) / a.cols - mu)),
	);
}

/**
 * f and f' at any λ by their definition, f' = 2 Σ_j s_j Cov_j(logit, genuine): the truth for tests and figures.
 * O(n_q n_k d0) once and O(n_q n_k) for each value.
 */
export function massSquares(source: GapInstance): { value(lambda: number): number; slope(lambda: number): number } {
	const logits = genuineLogits(source);
	const dummies = integralRows(source);
	const sums = (row: Float64Array, lambda: number) => {
		let [mass, moment] = [0, 0];
		for (const logit of row) {
			const weight = Math.exp(lambda * logit);
			mass += weight;
			moment += weight * logit;
		}
		return { share: mass / (mass + dummies), mean: moment / (mass + dummies) };
	};
	const total = (lambda: number, term: (sums: { share: number; mean: number }) => number) =>
		logits.reduce((sum, row) => sum + term(sums(row, lambda)), 0);
	return {
		value: (lambda) => total(lambda, ({ share }) => share ** 2),
		slope: (lambda) => total(lambda, ({ share, mean }) => 2 * share * (mean - share * mean)),
	};
}

/**
 * The reduction through f(1) = f(0) + ∫ f', with the integral by a quadrature rule.
 * A YES instance has f(1) >= (n/(n+1))², a NO instance f(1) <= 1/n.
 * @param quadratureError bound on the rule's error; the decision adds the oracle's
 */
export function integrate(
	source: GapInstance,
	rule: QuadratureRule,
	quadratureError: number,
): Reduced<GradientQueries, Readings, Decision> {
	const sizes = integralSizes(source, rule.nodes.length);
	const rows = integralRows(source);
	const target: GradientQueries = {
		sizes,
		problem: (call) => integralProblem(source, rule.nodes[call]),
		read: (_, gradient) => Array.from({ length: sizes.d }, (_, b) => gradient.at(b, b)),
		harm: () => 1,
	};
	return {
		target,
		back({ entries, error }) {
			const slopes = entries.map((diagonal) => 2 * diagonal.reduce((sum, entry) => sum + entry, 0));
			const { scoreSize } = gapLogits(source, rows);
			const rounding = 4 * source.a.rows * scoreSize * massRounding({ ...sizes, scoreSize }, error.unitRoundoff);
			return decide({
				value: massAtZero(source) + slopes.reduce((sum, slope, p) => sum + rule.weights[p] * slope, 0),
				own: quadratureError + rounding,
				noise: 2 * sizes.d * error.absolute,
				no: source.a.rows / (rows + 1) ** 2,
				yes: (rows / (rows + 1)) ** 2,
				gain: 2 * sizes.d,
			});
		},
	};
}
