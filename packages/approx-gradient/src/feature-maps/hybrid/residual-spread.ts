import { expOn, Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { bounded, plus, times } from "../../error-bound/index.ts";

/** Keys of a group. */
const GROUP = 128;

/** Squarings of a group's matrix: the norm of its 2^k-th power is at most rank^(1/2^(k+1)) above its largest eigenvalue. */
const SQUARINGS = 2;

/** Keys in balanced coordinates with their features. */
export interface ResidualKeys {
	readonly rows: Matrix;
	/** ‖y_l‖², ln of the weights. */
	readonly squares: Float64Array;
	readonly weights: Float64Array;
	readonly features: Matrix;
	/** Bound on the error of a residual of length 1. */
	readonly H: number;
}

/**
 * At least the largest eigenvalue of the residual matrix R = w_l w_m κ(y_l, y_m) − ψ_l·ψ_m of the keys: the sum of those of groups of keys. R is
 * positive semi-definite, so that ‖R_ab‖² <= ‖R_aa‖ ‖R_bb‖ and zᵀRz <= (Σ_a √‖R_aa‖ ‖z_a‖)² <= Σ_a ‖R_aa‖ ‖z‖². The trace of R bounds it as
 * well, but residuals of different keys are hardly correlated: a group of s keys has about tr/s + λs/n instead of tr. Groups are interlaced,
 * since neighbours are alike. O(n s (K + d + s)).
 */
export async function residualSpread(keys: ResidualKeys, runtime: Runtime): Promise<number> {
	const { rows, weights, H } = keys;
	const groups = Math.ceil(rows.rows / GROUP);
	let sum = 0;
	for (let g = 0; g < groups; g++) {
		const members: number[] = [];
		for (let l = g; l < rows.rows; l += groups) members.push(l);
		const R = await residualOf(keys, members, runtime);
		let lengths = 0;
		for (const l of members) lengths = plus(lengths, Math.exp(2 * weights[l]));
		sum = plus(sum, plus(await largestEigenvalue(R, runtime), times(2 * H, lengths)));
	}
	return bounded(plus(sum, 2 ** -500));
}

async function residualOf(
	{ rows, squares, weights, features }: ResidualKeys,
	members: readonly number[],
	runtime: Runtime,
): Promise<Matrix> {
	const pick = (from: Matrix): Matrix => {
		const made = Matrix.zeros(members.length, from.cols);
		for (const [at, l] of members.entries()) made.row(at).set(from.row(l));
		return made;
	};
	const [own, ownFeatures] = [pick(rows), pick(features)];
	const exponents = await multiplyOn(runtime, own, own, { transposeB: true });
	for (const [j, l] of members.entries())
		for (const [k, m] of members.entries()) {
			const at = j * members.length + k;
			const distance = Math.min(0, exponents.data[at] - (squares[l] + squares[m]) / 2);
			exponents.data[at] = distance + weights[l] + weights[m];
		}
	const R = await expOn(runtime, exponents);
	const projected = await multiplyOn(runtime, ownFeatures, ownFeatures, { transposeB: true });
	for (let at = 0; at < R.data.length; at++) R.data[at] -= projected.data[at];
	return R;
}

/** At least the largest |eigenvalue| of a symmetric matrix: ‖R^(2^k)‖_F^(1/2^k), each square scaled, its rounding added. */
async function largestEigenvalue(R: Matrix, runtime: Runtime): Promise<number> {
	const s = R.rows;
	let power = R;
	// ‖R‖ <= bound: scale · ‖power‖^(root), with what rounding of the squares adds to each.
	let [scale, root, error] = [1, 1, 0];
	for (let k = 0; k < SQUARINGS; k++) {
		const size = frobenius(power);
		if (!(size > 2 ** -400 && size < 2 ** 400)) break;
		scale = times(scale, size ** root * (1 + 1e-14));
		root /= 2;
		const unit = power.data.map((x) => x / size);
		const scaled = new Matrix(s, s, unit);
		// (P + E)² is off from P² by at most 2‖E‖ + ‖E‖², and its product by rounding of s u, ‖P‖_F being 1.
		const before = error / size + 4 * 2 ** -53;
		error = plus(times(2, before), plus(times(before, before), (s + 8) * 2 ** -52));
		power = await multiplyOn(runtime, scaled, scaled);
	}
	return times(scale, plus(frobenius(power), error) ** root * (1 + 1e-14));
}

/** At least ‖R‖_F of entries that are at most about 1; squares below the normal range are made up for. */
function frobenius({ data }: Matrix): number {
	let sum = 0;
	for (let at = 0; at < data.length; at++) sum += data[at] * data[at];
	return Math.sqrt(sum + data.length * 2 ** -1000) * (1 + 1e-11);
}
