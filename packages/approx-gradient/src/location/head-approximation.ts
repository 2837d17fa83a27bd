import { Matrix, multiplyOn, type Random, type Runtime, seededRandom } from "@attgrad/matrix-core";
import { leastRest, over, plus, RelativeRounding, rootUp, times } from "../error-bound/index.ts";
import { hybridGeometry, rowsOfProblem } from "../feature-maps/hybrid/geometry.ts";
import { hybridMap } from "../feature-maps/hybrid/hybrid-map.ts";
import { JointPivots } from "../feature-maps/hybrid/joint-pivots.ts";
import { principalFeatures } from "../feature-maps/hybrid/principal-features.ts";
import { kernelScale, scaledKeys } from "../feature-maps/kernel-scale.ts";
import { nystromMap } from "../feature-maps/nystrom/nystrom-map.ts";
import { PivotedCholesky } from "../feature-maps/nystrom/pivoted-cholesky.ts";
import { frobeniusError } from "./frobenius-error.ts";
import { type HeadRows, problemOfHead } from "./head.ts";
import { prefixDistances } from "./prefix-distance.ts";

/** The methods whose low-rank softmax matrices are looked at. */
export type HeadMethod = "hybrid" | "nystrom";

/** A low-rank approximation of a head's softmax matrix: F̃ = diag(D̃)⁻¹ Φ Ψᵀ, and those of each smaller rank. */
export interface HeadApproximation {
	readonly method: HeadMethod;
	/** K: the largest rank. That of rank r < K has the first r columns. */
	readonly rank: number;
	/** Φ, n_q x K, and Ψ, n_k x K. */
	readonly queries: Matrix;
	readonly keys: Matrix;
	/** Proves the errors of approximations of these ranks, the last of which is K. O(n K²) each. */
	proofs(ranks: readonly number[]): Promise<HeadProofs>;
}

/** A rank, and at least ‖F̃ − F‖_F of the approximation of that rank; Infinity where a row's normaliser may not be positive. */
export interface ProvenError {
	readonly rank: number;
	/** Features that the proof takes: the rank's own, or as many as prove what these leave. */
	readonly features: number;
	readonly error: number;
}

/** The proven errors of an approximation. */
export interface HeadProofs {
	/** In rising order of ranks, those of a rank in rising order of features. */
	readonly errors: readonly ProvenError[];
	/** At most and at least ‖F̃‖_F of rank K, where they are known. */
	readonly norm?: readonly [number, number];
}

/** Features with a proof of their own: that of a smaller rank adds what it is away from these. */
const PROVEN_AT = [64, 128, 256] as const;

/** A head and the largest rank. */
interface HeadRequest {
	readonly head: HeadRows;
	/** scale · Q. */
	readonly scaled: Matrix;
	readonly rank: number;
	readonly random: Random;
}

/** Approximates a head at ranks up to the given one, or to where the pivots end. O(n K²). */
export async function approximateHead(
	head: HeadRows,
	{ rank, method, seed }: { readonly rank: number; readonly method: HeadMethod; readonly seed: number },
	runtime: Runtime,
): Promise<HeadApproximation> {
	const scaled = Matrix.build(head.Q.rows, head.Q.cols, (j, b) => head.scale * head.Q.at(j, b));
	const request = { head, scaled, rank, random: seededRandom(seed, method) };
	return method === "nystrom" ? nystromApproximation(request, runtime) : hybridApproximation(request, runtime);
}

async function hybridApproximation(
	{ head, scaled, rank, random }: HeadRequest,
	runtime: Runtime,
): Promise<HeadApproximation> {
	const geometry = await hybridGeometry(rowsOfProblem(problemOfHead(head)), random, runtime);
	const { points, weights, firstKey } = geometry;
	const pivots = new JointPivots(points, weights, firstKey, random, runtime);
	await pivots.grow(rank);
	const map = await hybridMap(await principalFeatures(geometry, pivots, rank, runtime), runtime);
	const [queries, keys] = [await map.queryFeatures(scaled), await map.keyFeatures(head.K, 0)];
	return {
		...{ method: "hybrid", rank: map.rank, queries, keys },
		async proofs(ranks) {
			const errors: ProvenError[] = [];
			let norm: readonly [number, number] = [0, Number.POSITIVE_INFINITY];
			for (const features of [...PROVEN_AT.filter((count) => count < map.rank), map.rank]) {
				const [Phi, Psi] = [firstColumns(queries, features), firstColumns(keys, features)];
				// A smaller map has the first rows of B, and what it is off by is a part of this.
				const own = await frobeniusError({ queries: scaled, keys: head.K, Phi, Psi, map }, runtime);
				const fewer = ranks.filter((r) => r < features);
				const distances = await prefixDistances(Phi, Psi, fewer, runtime);
				for (const [i, r] of fewer.entries()) errors.push({ rank: r, features, error: plus(distances[i], own.error) });
				errors.push({ rank: features, features, error: own.error });
				norm = own.norm;
			}
			return { errors: errors.sort((a, b) => a.rank - b.rank || a.features - b.features), norm };
		},
	};
}

async function nystromApproximation(
	{ head, scaled, rank, random }: HeadRequest,
	runtime: Runtime,
): Promise<HeadApproximation> {
	const scale = kernelScale(problemOfHead(head));
	const candidates = scaledKeys(head.K, scale);
	const cholesky = new PivotedCholesky(candidates, scale.largest, random);
	cholesky.grow(Math.min(rank, head.K.rows));
	const { pivots } = cholesky;
	const factor = cholesky.factor();
	const mapAt = (r: number) =>
		nystromMap({
			scale,
			points: Matrix.build(r, head.K.cols, (s, b) => candidates.at(pivots[s], b)),
			factor: Matrix.build(r, r, (s, i) => factor.at(s, i)),
		});
	const map = mapAt(pivots.length);
	const [queries, keys] = [map.queryFeatures(scaled), map.keyFeatures(head.K, 0)];
	return {
		...{ method: "nystrom", rank: map.rank, queries, keys },
		async proofs(ranks) {
			const errors: ProvenError[] = [];
			for (const r of ranks) {
				const [Phi, Psi] = [firstColumns(queries, r), firstColumns(keys, r)];
				const { error } = mapAt(r);
				if (error?.kind !== "product") throw new Error("nystrom has product errors");
				let spread = 0;
				for (const beta of error.keys(head.K, Psi)) spread = plus(spread, times(beta, beta));
				const residuals = { Phi, Psi, alpha: error.queries(scaled, Phi), spread, relative: error.relative.bound };
				errors.push({ rank: r, features: r, error: await errorBySpread(residuals, runtime) });
			}
			return { errors };
		},
	};
}

/** The first columns of a matrix. */
export function firstColumns(rows: Matrix, count: number): Matrix {
	if (count === rows.cols) return rows;
	const made = Matrix.zeros(rows.rows, count);
	for (let j = 0; j < rows.rows; j++) made.row(j).set(rows.row(j).subarray(0, count));
	return made;
}

/** The numbers that the proof of a rank uses. */
interface Residuals {
	readonly Phi: Matrix;
	readonly Psi: Matrix;
	readonly alpha: Float64Array;
	/** Λ. */
	readonly spread: number;
	readonly relative: number;
}

/**
 * f̃ − f = (e − f̃ Σ e) / D = (1 − f̃ 1ᵀ) e / D with ‖e_j‖₂ <= α_j √Λ and D >= D̃ − |Σ e| >= D̃ − √n ‖e_j‖₂. As Σ f̃ = 1, f̃ 1ᵀ is a projection, and 1 − f̃ 1ᵀ has
 * the same norm, √n ‖f̃‖₂ (for n = 1 both sides are 0).
 */
async function errorBySpread({ Phi, Psi, alpha, spread, relative }: Residuals, runtime: Runtime): Promise<number> {
	const n = Psi.rows;
	const rank = Psi.cols;
	const gram = await multiplyOn(runtime, Psi, Psi, { transposeA: true });
	const sums = new Float64Array(rank);
	for (let l = 0, at = 0; l < n; l++) for (let m = 0; m < rank; m++) sums[m] += Psi.data[at++];
	const weighted = await multiplyOn(runtime, Phi, gram);
	const root = rootUp(spread);
	let error = 0;
	for (let j = 0; j < Phi.rows; j++) {
		const [phi, row] = [Phi.row(j), weighted.row(j)];
		let [D, square] = [0, 0];
		for (let m = 0; m < rank; m++) {
			D += phi[m] * sums[m];
			square += phi[m] * row[m];
		}
		const own = Math.sqrt(Math.max(0, square)) / D;
		const e = times(alpha[j], root);
		const all = times(e, rootUp(n));
		// Rounding of the features' sums, and of the weights that they stand for, far below e but for a rank that leaves nothing.
		const rounding = plus(times(2, relative), RelativeRounding.roundings(8 * (n + 4 * rank)).bound);
		const part = over(times(all, own * (1 + 1e-9)), leastRest(D * (1 - 1e-9), all));
		error = plus(error, times(plus(part, rounding), plus(part, rounding)));
	}
	return rootUp(error);
}
