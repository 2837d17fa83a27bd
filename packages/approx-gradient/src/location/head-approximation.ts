import { Matrix, multiplyOn, type Runtime, seededRandom } from "@attgrad/matrix-core";
import { leastRest, over, plus, RelativeRounding, rootUp, times } from "../error-bound/index.ts";
import { hybridGeometry } from "../feature-maps/hybrid/geometry.ts";
import { hybridMap } from "../feature-maps/hybrid/hybrid-map.ts";
import { JointPivots } from "../feature-maps/hybrid/joint-pivots.ts";
import { principalFeatures } from "../feature-maps/hybrid/principal-features.ts";
import { kernelScale, scaledKeys } from "../feature-maps/kernel-scale.ts";
import { nystromMap } from "../feature-maps/nystrom/nystrom-map.ts";
import { PivotedCholesky } from "../feature-maps/nystrom/pivoted-cholesky.ts";
import { type HeadRows, problemOfHead } from "./head.ts";

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
	/**
	 * Proven bounds for the approximation of a smaller rank: at least ‖F̃ − F‖_F, Infinity where a row's normaliser may not be positive, and
	 * ‖F̃‖_F. O(n r²).
	 */
	proof(rank: number): Promise<{ readonly error: number; readonly norm: number }>;
}

/** Approximates a head at ranks up to the given one, or to where the pivots end. O(n K²). */
export async function approximateHead(
	head: HeadRows,
	{ rank, method, seed }: { readonly rank: number; readonly method: HeadMethod; readonly seed: number },
	runtime: Runtime,
): Promise<HeadApproximation> {
	const problem = problemOfHead(head);
	const scaled = Matrix.build(head.Q.rows, head.Q.cols, (j, b) => head.scale * head.Q.at(j, b));
	const random = seededRandom(seed, method);
	const { map, errorsAt } = method === "nystrom" ? nystromMaps() : await hybridMaps();
	const [queries, keys] = [await map.queryFeatures(scaled), await map.keyFeatures(head.K, 0)];
	return {
		...{ method, rank: map.rank, queries, keys },
		async proof(r) {
			const [Phi, Psi] = [firstColumns(queries, r), firstColumns(keys, r)];
			const error = errorsAt(r);
			if (error?.kind !== "product") throw new Error(`${method} has product errors`);
			const alpha = error.queries(scaled, Phi);
			let spread = 0;
			for (const beta of error.keys(head.K, Psi)) spread = plus(spread, times(beta, beta));
			if (error.spectral) spread = Math.min(spread, await error.spectral(head.K, Psi));
			return provenError({ Phi, Psi, alpha, spread, relative: error.relative.bound }, runtime);
		},
	};

	function nystromMaps() {
		const scale = kernelScale(problem);
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
		return { map: mapAt(pivots.length), errorsAt: (r: number) => mapAt(r).error };
	}

	async function hybridMaps() {
		const geometry = await hybridGeometry(problem, random, runtime);
		const { points, weights, firstKey } = geometry;
		const pivots = new JointPivots(points, weights, firstKey, random, runtime);
		await pivots.grow(rank);
		const map = await hybridMap(await principalFeatures(geometry, pivots, rank, runtime), runtime);
		// A smaller rank has the first rows of B, and what it is off by is a part of this.
		return { map, errorsAt: () => map.error };
	}
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
async function provenError(
	{ Phi, Psi, alpha, spread, relative }: Residuals,
	runtime: Runtime,
): Promise<{ error: number; norm: number }> {
	const n = Psi.rows;
	const rank = Psi.cols;
	const gram = await multiplyOn(runtime, Psi, Psi, { transposeA: true });
	const sums = new Float64Array(rank);
	for (let l = 0, at = 0; l < n; l++) for (let m = 0; m < rank; m++) sums[m] += Psi.data[at++];
	const weighted = await multiplyOn(runtime, Phi, gram);
	const root = rootUp(spread);
	let [error, squares] = [0, 0];
	for (let j = 0; j < Phi.rows; j++) {
		const [phi, row] = [Phi.row(j), weighted.row(j)];
		let [D, square] = [0, 0];
		for (let m = 0; m < rank; m++) {
			D += phi[m] * sums[m];
			square += phi[m] * row[m];
		}
		const own = Math.sqrt(Math.max(0, square)) / D;
		squares += own * own;
		const e = times(alpha[j], root);
		const all = times(e, rootUp(n));
		// Rounding of the features' sums, and of the weights that they stand for, far below e but for a rank that leaves nothing.
		const rounding = plus(times(2, relative), RelativeRounding.roundings(8 * (n + 4 * rank)).bound);
		const part = over(times(all, own * (1 + 1e-9)), leastRest(D * (1 - 1e-9), all));
		error = plus(error, times(plus(part, rounding), plus(part, rounding)));
	}
	return { error: rootUp(error), norm: Math.sqrt(squares) };
}
