import { expOn, Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { bounded, plus, RelativeRounding, rootUp, times } from "../../error-bound/index.ts";
import { GROUP, membersOf, type ResidualOf, raiseOfRow } from "../residual-forms.ts";
import type { HybridSide } from "./hybrid-side.ts";

/** Squarings of a group's matrix: the norm of its 2^k-th power is at most rank^(1/2^(k+1)) above its largest eigenvalue. */
const SQUARINGS = 2;

/** Rows of one side with their features. */
export interface ResidualRowsOfKernel extends HybridSide {
	readonly features: Matrix;
	/** Bound on the error of a residual of length 1. */
	readonly H: number;
}

/**
 * At least the largest eigenvalue of the residual matrix R of the keys: the sum of those of groups of keys. R is positive semi-definite, so that
 * ‖R_ab‖² <= ‖R_aa‖ ‖R_bb‖ and zᵀRz <= (Σ_a √‖R_aa‖ ‖z_a‖)² <= Σ_a ‖R_aa‖ ‖z‖². The trace of R bounds it as well, but residuals of different keys
 * are hardly correlated: a group of s keys has about tr/s + λs/n instead of tr. Groups are interlaced, since neighbours are alike. O(n s (K + d + s)).
 */
export async function residualSpread(rows: number, residual: ResidualOf, runtime: Runtime): Promise<number> {
	const groups = Math.ceil(rows / GROUP);
	let sum = 0;
	for (let g = 0; g < groups; g++) {
		const { matrix } = await residual(membersOf(g, groups, rows));
		sum = plus(sum, await largestEigenvalue(matrix, runtime));
	}
	return bounded(plus(sum, 2 ** -500));
}

/** At least the residual matrix R = w_l w_m κ(y_l, y_m) − ψ_l·ψ_m of some rows. O(s² (K + d)) for s rows. */
export function residualOf(
	{ left, right, sizes, features, H }: ResidualRowsOfKernel,
	{ multiply, exp }: { readonly multiply: Multiply; readonly exp: (A: Matrix) => Promise<Matrix> },
): ResidualOf {
	return async (members) => {
		const s = members.length;
		const ownFeatures = pick(features, members);
		const R = await exp(await multiply(pick(left, members), pick(right, members)));
		const projected = await multiply(ownFeatures, ownFeatures);
		const own = Float64Array.from(members, (l) => sizes[l]);
		for (let j = 0, at = 0; j < s; j++)
			for (let k = 0; k < s; k++, at++) R.data[at] = own[j] * own[k] * R.data[at] - projected.data[at];
		const raise = raisesOf(1, own, H);
		for (let j = 0; j < s; j++) R.data[j * (s + 1)] += raise[j];
		return { matrix: R, raised: raise.reduce(plus, 0) };
	};
}

/**
 * Numbers to add to the diagonals of the residual matrices of interlaced groups (`diagonalRaise`), one for each row, for rows of these weights. Entries count as off by
 * 2 H w_l w_m: by 2η w_l w_m since 1 − Π >= −η only (`hybridMap`), by H w_l w_m / 2 for their own rounding, and by less for that of the products of features which they bound.
 */
export function raisesOf(groups: number, weights: Float64Array, H: number): Float64Array {
	const root = rootUp(2 * H);
	const made = new Float64Array(weights.length);
	for (let l = 0; l < made.length; l++) made[l] = plus(times(root, weights[l]), 2 ** -250);
	for (let g = 0; g < groups; g++) {
		let sum = 0;
		for (let l = g; l < made.length; l += groups) sum = plus(sum, made[l]);
		for (let l = g; l < made.length; l += groups) made[l] = raiseOfRow(made[l], sum, times(weights[l], weights[l]));
	}
	return made;
}

type Multiply = (A: Matrix, B: Matrix) => Promise<Matrix>;

/** Products A Bᵀ and exponentials on a runtime's kernels. */
export const onKernels = (runtime: Runtime) => ({
	multiply: (A: Matrix, B: Matrix) => multiplyOn(runtime, A, B, { transposeB: true }),
	exp: (A: Matrix) => expOn(runtime, A),
});

function pick({ cols, data }: Matrix, members: readonly number[]): Matrix {
	const made = Matrix.zeros(members.length, cols);
	for (let at = 0; at < members.length; at++)
		made.data.set(data.subarray(members[at] * cols, (members[at] + 1) * cols), at * cols);
	return made;
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
	return RelativeRounding.roundings(data.length + 4).atLeast(Math.sqrt(sum + data.length * 2 ** -1000));
}
