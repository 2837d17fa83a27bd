import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { Matrix, multiply, nextTurn, type ProgressReport, type RowSource } from "@attgrad/matrix-core";
import {
	LEAST_NORMAL,
	maxUp,
	noError,
	normUp,
	over,
	plus,
	powerUp,
	Quantity,
	RelativeRounding,
	sumUp,
	times,
} from "../../error-bound/index.ts";
import { chebyshev } from "../../polynomial/families/chebyshev.ts";
import { totalDegreeTree } from "../../polynomial/monomials/total-degree.ts";
import { GradientSum } from "../../rows/gradient-sum.ts";
import { requireFinite } from "../../rows/require-finite.ts";
import { centredValues, residualRows } from "../../rows/residual-rows.ts";
import { keyBlocks, type QueryBlock, queryBlocks, selectRows } from "../../rows/row-blocks.ts";
import { l1OfRelative } from "../../rows/softmax-rows.ts";
import { centred, type Spans } from "../../rows/spans.ts";
import { ErrorSums } from "../error-sums.ts";
import {
	balance,
	frameOf,
	type MonomialMap,
	monomialMap,
	monomialRounding,
	monomialSizes,
} from "../polynomial/monomial-map.ts";
import { nearest } from "./clustering.ts";
import { type Partition, tiltOf } from "./partition.ts";

export const BLOCK_ROWS = 512;

export interface ClusterOptions {
	readonly degree: number;
	/** ε': share of a row's normaliser that may be dropped; 0 drops nothing. */
	readonly drop: number;
	/** Reports progress: keys and queries count half each. */
	readonly onProgress?: ProgressReport | undefined;
}

export interface ClusterGradient {
	readonly gradient: Matrix;
	readonly loss: number;
	/** Features that a row is expanded in: K for each key cluster. */
	readonly rank: number;
	readonly certificate: Certificate;
}

/**
 * One expansion for each pair of clusters (paper.md 8.5): <q, k> = <q−ν, k−μ> + <ν, k−μ> + <q, μ>, a polynomial for the
 * first term only. O(n(C_q + C_k)K⁺d), state C_q C_k K⁺ (d+1).
 * @throws ComputationError (invalid) where a row's normaliser is not > 0
 */
export async function clusterGradient(
	problem: AttentionProblem<RowSource>,
	spans: Spans,
	partition: Partition,
	{ degree, drop, onProgress }: ClusterOptions,
): Promise<ClusterGradient> {
	const { n, d } = problem;
	const { radius, queryRadius, keyRadius, nu } = partition;
	const coefficients = chebyshev.coefficients(radius, degree);
	const t = balance(queryRadius, keyRadius);
	const map = monomialMap({ tree: totalDegreeTree(d, degree), coefficients, centre: new Float64Array(d), t });
	const moments = await pairMoments(problem, spans, partition, map, (rows) => onProgress?.(rows / 2, n));
	const sizes = monomialSizes({ degree, coefficients, queryNorm: queryRadius, keyNorm: keyRadius, t });
	const errors = new ErrorSums(problem, spans);
	const sum = new GradientSum(problem);
	const delta = chebyshev.relativeError(radius, degree);
	const depth = BLOCK_ROWS + n / BLOCK_ROWS;

	// Σ_α |w_α x^α y^α| <= Σ_k |a_k| R^k relative to weights that add up to the expansions' constant moments
	const growth = coefficients.reduce((total, a, k) => plus(total, times(Math.abs(a), powerUp(radius, k))), 0);
	const scores = times(4, times(partition.queryNorm, spans.keyNorm));
	const unit = monomialRounding(degree)
		.and(RelativeRounding.exponential(Quantity.sumOfProducts(scores, 2 * d + 10)))
		.and(RelativeRounding.roundings(depth + map.rank + partition.mu.rows + 2 * d + 18));

	let done = 0;
	for (const whole of queryBlocks(problem, BLOCK_ROWS)) {
		const label = Array.from({ length: whole.count }, (_, j) => nearest(whole.queries.row(j), nu));
		for (let a = 0; a < nu.rows; a++) {
			const block = selectRows(whole, (j) => label[j] === a);
			if (block.count === 0) continue;
			const rows = expandRows(block, a, partition, map, moments[a], drop);
			const residuals = residualRows("clusters", block, rows.N, spans);
			const { normaliser, cotangents } = residuals;
			const adjoint = Matrix.build(block.count, d + 1, (j, i) => cotangents.at(j, i) / normaliser[j]);
			const queryGradients = rows.raise(adjoint);
			sum.add(block, queryGradients);
			sum.loss += residuals.loss;
			errors.add(block, residuals, queryGradients, {
				form: drop > 0 ? "l1" : "relative",
				tau: normaliser.map(() => l1OfRelative(delta) + 2 * drop),
				// keys are put together from k − μ and μ, each up to twice the half range
				rounding: Array.from(normaliser, (D, j) => unit.repeated(4).ofSum(over(times(growth, rows.weights[j]), D))),
			});
		}
		done += whole.count;
		onProgress?.((n + done) / 2, n);
		await nextTurn();
	}
	return {
		...requireFinite("clusters", { ...sum.result() }),
		rank: map.rank * partition.mu.rows,
		certificate: errors.certificate("a-posteriori", radius, depth, {
			rank: map.rank * partition.mu.rows,
			query: weighed(sizes.query),
			key: weighed(sizes.key),
			span: maxUp(spans.keyHalf),
			frame: frameOf(t),
		}),
	};
}

/** A feature times a weight <= 1 that may be below the normal range. */
export const weighed = (feature: Quantity): Quantity =>
	feature.times(Quantity.known(1, { ...noError, underflow: 2 * LEAST_NORMAL }));

/** S_ae[β, i] = Σ_(l∈e) e^(<ν_a, k_l−μ_e> − m_ae) (k_l−μ_e)^β h'_li as moments[a][e], K⁺ x (d+1). */
async function pairMoments(
	problem: AttentionProblem<RowSource>,
	spans: Spans,
	{ nu, mu, tilts }: Partition,
	map: MonomialMap,
	onProgress: (rows: number) => void,
): Promise<Matrix[][]> {
	const width = problem.d + 1;
	const sums: (Matrix | undefined)[] = Array.from({ length: mu.rows });
	for (const { from, keys, values } of keyBlocks(problem, BLOCK_ROWS)) {
		const rows = centred(keys, spans.keyCentre);
		const h = centredValues(values, spans);
		const members: number[][] = Array.from({ length: mu.rows }, () => []);
		for (let l = 0; l < rows.rows; l++) members[nearest(rows.row(l), mu)].push(l);
		for (const [e, inside] of members.entries()) {
			if (inside.length === 0) continue;
			const offsets = Matrix.build(inside.length, problem.d, (at, b) => rows.at(inside[at], b) - mu.at(e, b));
			const columns = Matrix.zeros(inside.length, nu.rows * width);
			for (const [at, l] of inside.entries())
				for (let a = 0; a < nu.rows; a++) {
					const weight = Math.exp(tiltOf(rows.row(l), mu.row(e), nu.row(a)) - tilts.at(a, e));
					for (let i = 0; i < width; i++) columns.data[at * columns.cols + a * width + i] = weight * h.at(l, i);
				}
			const part = multiply(map.keyFeatures(offsets, from), columns, { transposeA: true });
			const sum = sums[e];
			if (sum) for (let at = 0; at < part.data.length; at++) sum.data[at] += part.data[at];
			else sums[e] = part;
		}
		onProgress(from + keys.rows);
		await nextTurn();
	}
	return Array.from({ length: nu.rows }, (_, a) =>
		sums.map((all) =>
			all ? Matrix.build(all.rows, width, (m, i) => all.at(m, a * width + i)) : Matrix.zeros(0, width),
		),
	);
}

/** Sums of a block of queries of cluster a over all key clusters. */
interface ExpandedRows {
	/** N = Ã h', count x (d+1), each row up to a factor. */
	readonly N: Matrix;
	/** Σ_e y_e Σ_l e^(tilt): total weight that rounding is relative to. */
	readonly weights: Float64Array;
	/** Rows Σ_l Ã_jl <a_j, h'_l> k_l from adjoints a_j. */
	raise(adjoint: Matrix): Matrix;
}

function expandRows(
	block: QueryBlock,
	a: number,
	{ nu, mu, tilts, keyRadii, keySizes, keyMeans }: Partition,
	map: MonomialMap,
	moments: readonly Matrix[],
	drop: number,
): ExpandedRows {
	const { queries } = block;
	const { rows: count, cols: d } = queries;
	const inner = multiply(queries, mu, { transposeB: true });
	const typical = multiply(queries, keyMeans, { transposeB: true });
	const features = map.queryFeatures(centred(queries, nu.row(a)));
	const y = Matrix.zeros(count, mu.rows);
	// At least every ‖k_l‖ and ‖mean_e‖, and the steps of a score and of a mean.
	const reach = maxUp(keyRadii.map((radius, e) => plus(normUp(mu.row(e)), radius)));
	const steps = sumUp(keySizes) + 2 * d + 8;
	for (let j = 0; j < count; j++) {
		const norm = normUp(queries.row(j));
		const off = Quantity.sumOfProducts(times(norm, reach), steps).total;
		const least = drop > 0 ? leastScore(typical.row(j), keySizes, drop, off) : Number.NEGATIVE_INFINITY;
		const kept = Array.from(keySizes.keys()).filter(
			(e) => keySizes[e] > 0 && Math.log(keySizes[e]) + inner.at(j, e) + norm * keyRadii[e] >= least,
		);
		const largest = Math.max(...kept.map((e) => inner.at(j, e) + tilts.at(a, e)));
		for (const e of kept) y.data[j * mu.rows + e] = Math.exp(inner.at(j, e) + tilts.at(a, e) - largest);
	}
	const N = Matrix.zeros(count, d + 1);
	const weights = new Float64Array(count);
	const parts = Array.from(keySizes.keys(), (e) => {
		const inside = Array.from({ length: count }, (_, j) => j).filter((j) => y.at(j, e) > 0);
		const phi = Matrix.build(inside.length, map.rank, (at, m) => y.at(inside[at], e) * features.at(inside[at], m));
		return { e, inside, phi };
	}).filter(({ inside }) => inside.length > 0);
	for (const { e, inside, phi } of parts) {
		const sums = multiply(phi, moments[e].slice(0, map.rank));
		for (const [at, j] of inside.entries()) {
			weights[j] += y.at(j, e) * moments[e].at(0, d);
			for (let i = 0; i <= d; i++) N.data[j * (d + 1) + i] += sums.at(at, i);
		}
	}
	return {
		N,
		weights,
		raise(adjoint) {
			const gradients = Matrix.zeros(count, d);
			for (const { e, inside, phi } of parts) {
				const adjoints = Matrix.build(inside.length, d + 1, (at, i) => adjoint.at(inside[at], i));
				const spread = multiply(adjoints, moments[e], { transposeB: true });
				const raised = map.raise(phi, spread);
				for (const [at, j] of inside.entries()) {
					let total = 0;
					for (let m = 0; m < map.rank; m++) total += phi.at(at, m) * spread.at(at, m);
					for (let b = 0; b < d; b++) gradients.data[j * d + b] += raised.at(at, b) + total * mu.at(e, b);
				}
			}
			return gradients;
		},
	};
}

/**
 * ln(ε'/C_k) + max_e (ln n_e + <q, mean_e>): a cluster that cannot weigh as much is dropped (paper.md 8.5). By convexity a
 * cluster weighs at least n_e e^<q, mean_e>, so that at most a share ε' of the row is dropped.
 * @param typical <q, mean_e> of every key cluster
 * @param off at least the error of a score
 */
function leastScore(typical: ArrayLike<number>, sizes: Float64Array, drop: number, off: number): number {
	let most = Number.NEGATIVE_INFINITY;
	for (let e = 0; e < sizes.length; e++) if (sizes[e] > 0) most = Math.max(most, Math.log(sizes[e]) + typical[e]);
	const score = Math.log(drop / sizes.length) + most;
	// Less the errors of both scores that are compared, and of the logarithms and sums.
	return score - plus(times(2, off), times(RelativeRounding.roundings(256).bound, plus(1, Math.abs(score))));
}
