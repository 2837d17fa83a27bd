import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";
import type { GradientQueries, GradientSizes, Readings } from "../../oracle/gradient-queries.ts";
import { defineReduction } from "../decision/reduction.ts";
import { massRounding } from "../decision/rounding.ts";
import type { OrthogonalVectors } from "../instances/orthogonal-vectors.ts";
import { type CountingOptions, type CountingPlan, countingPlan } from "./counting-plan.ts";

/** Sizes of a counting instance. */
export interface CountingSizes extends GradientSizes {
	/** Λ: what an error of the oracle is magnified by. */
	readonly amplification: number;
}

/** A number of pairs read off gradients. */
export type PairCount = {
	readonly estimate: number;
	/** Bound on |estimate - number of pairs|. */
	readonly error: number;
	readonly amplification: number;
} & ({ readonly status: "counted"; readonly count: number } | { readonly status: "unknown"; readonly reason: string });

/**
 * R3: the number of orthogonal pairs from one gradient a node, by interpolation (paper.md 9.3).
 * At x = e^(-θ) the logit of a pair is -θ <a, b> - ln M against n dummies of logit 0, so that query j has genuine mass
 * s_j = S_j(x) / (S_j(x) + n M). With E[·, 0] = -1 and the last coordinate of queries and genuine keys 1,
 * dL/dX[last, last] = (1/d) Σ_j (s_j - s_j³), hence d n M times it is S(x) less at most 2 n²/M.
 */
export const orthogonalCounting = defineReduction<
	OrthogonalVectors,
	GradientQueries,
	Readings,
	PairCount,
	CountingSizes,
	CountingOptions
>({
	name: "R3",
	summary: "counts orthogonal pairs: one gradient at B ~ log n, or one a node of interpolation at B ~ sqrt(log n)",
	source: "#orthogonal vectors",
	target: "attention gradient",
	reference: "paper.md 9.3, R3",
	sizes: (source, options) => sizesOf(source, countingPlan(source, options)),
	reduce(source, options) {
		const plan = countingPlan(source, options);
		const sizes = sizesOf(source, plan);
		const last = sizes.d - 1;
		return {
			target: {
				sizes,
				problem: (call) => countingProblem(source, plan, plan.thetas[call]),
				read: (_, gradient) => [gradient.at(last, last)],
				harm: (call) => (plan.weights[call] < 0 ? -1 : 1),
			},
			back: (readings) => countPairs(source, plan, sizes, readings),
		};
	},
});

/** Limit on the error of the count by noise and cut-off: with the bias of 1/4, just below 1/2. */
const NOISE_ROOM = 0.24;

/** Columns that hold -ln M: as many as the vectors are long, so that each entry stays small. */
const shiftColumns = (length: number): number => Math.max(1, length);

function sizesOf({ a, b }: OrthogonalVectors, plan: CountingPlan): CountingSizes {
	const d = a.cols + shiftColumns(a.cols) + 1;
	const largestTheta = a.weight + b.weight > 0 ? Math.max(...plan.thetas) : 0;
	return {
		n: b.rows + plan.n,
		d,
		B: Math.max(Math.sqrt(d * largestTheta), Math.sqrt((d * plan.logM) / shiftColumns(a.cols)), 1),
		epsilon: (NOISE_ROOM - plan.truncation) / (d * plan.n * Math.exp(plan.logM) * plan.amplification),
		calls: plan.thetas.length,
		amplification: plan.amplification,
	};
}

function countingProblem(source: OrthogonalVectors, plan: CountingPlan, theta: number): AttentionProblem {
	const { a, b } = source;
	const { n, d } = sizesOf(source, plan);
	const m = a.cols;
	const step = Math.sqrt(d * theta);
	const shift = Math.sqrt((d * plan.logM) / shiftColumns(m));
	const [A1, A2, A3] = [Matrix.zeros(n, d), Matrix.zeros(n, d), Matrix.zeros(n, d)];
	for (let j = 0; j < a.rows; j++) {
		const row = A1.row(j);
		for (let c = 0; c < m; c++) row[c] = step * a.at(j, c);
		row.fill(shift, m, d - 1);
		row[d - 1] = 1;
	}
	for (let l = 0; l < b.rows; l++) {
		const row = A2.row(l);
		for (let c = 0; c < m; c++) if (b.at(l, c)) row[c] = -step;
		row.fill(-shift, m, d - 1);
		row[d - 1] = 1;
		A3.row(l)[0] = 1;
	}
	return createProblem({
		A1,
		A2,
		A3,
		E: Matrix.build(n, d, (_, i) => (i === 0 ? -1 : 0)),
		X: Matrix.build(d, d, (i, j) => (i === j && i < d - 1 ? 1 : 0)),
		Y: Matrix.identity(d),
	});
}

/**
 * Σ_p weights[p] · d n M · g_p, and how far it may be from the number of pairs: the cut-off of the nodes, the bias
 * 2n²/M and the oracle's error, all magnified, and rounding relative to each term (weights: 4 roundings a node).
 */
function countPairs(
	source: OrthogonalVectors,
	plan: CountingPlan,
	sizes: CountingSizes,
	readings: Readings,
): PairCount {
	const { absolute, unitRoundoff } = readings.error;
	const { amplification } = plan;
	const gain = sizes.d * plan.n * Math.exp(plan.logM);
	const scoreSize = Math.max(...plan.thetas) * source.a.weight + plan.logM;
	const rounding = massRounding({ ...sizes, scoreSize }, unitRoundoff) + 4 * plan.thetas.length * 2 ** -53;
	const terms = readings.entries.map(([entry], p) => plan.weights[p] * gain * entry);
	const estimate = terms.reduce((sum, term) => sum + term, 0);
	const size = terms.reduce((sum, term) => sum + Math.abs(term), 0);
	const bias = (2 * plan.n ** 2 * amplification) / Math.exp(plan.logM);
	const noise = amplification * gain * absolute;
	const error = plan.truncation + bias + noise + 2 * rounding * (size + noise);
	const found = { estimate, error, amplification };
	const count = Math.max(0, Math.round(estimate));
	if (error < 0.5 && Math.abs(estimate - count) <= error) return { ...found, status: "counted", count };
	if (error < 0.5)
		return {
			...found,
			status: "unknown",
			reason: `read ${estimate} ± ${error.toPrecision(3)}, which holds no count: the oracle is off by more than it declares`,
		};
	const magnified = `errors are magnified by ${amplification.toExponential(2)} (${plan.thetas.length} nodes)`;
	return {
		...found,
		status: "unknown",
		reason: !Number.isFinite(absolute)
			? `the oracle proves no error bound; ${magnified}, an oracle error below ${sizes.epsilon.toExponential(2)} decides`
			: noise >= rounding * size
				? `${magnified} and the count is off by up to ${error.toPrecision(3)}: an oracle error below ${sizes.epsilon.toExponential(2)} decides`
				: `${magnified}, too much for double precision: the count is off by up to ${error.toPrecision(3)}; take a larger theta-max`,
	};
}
