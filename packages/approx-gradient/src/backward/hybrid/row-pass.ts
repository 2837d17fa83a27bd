import { Matrix, multiplyOn, type ProductOptions, type Runtime } from "@attgrad/matrix-core";
import { leastRest, over, plus, times } from "../../error-bound/index.ts";
import { DirectBounds } from "../../feature-maps/direct-bounds.ts";
import type { EntryErrors } from "../../feature-maps/feature-map.ts";
import type { HybridHead } from "./hybrid-head.ts";

const u = 2 ** -53;

/** Features of a head with what is known of their errors. */
export interface HeadApproximated {
	readonly Phi: Matrix;
	readonly Psi: Matrix;
	readonly error: EntryErrors & { readonly kind: "product" };
}

/** The rows of queries: outputs, gradients, and what is known of each. */
export interface RowPass {
	/** dQ / scale, n_q x d, and õ about the values' midrange, n_q x d_v. */
	readonly gradients: Matrix;
	readonly outputs: Matrix;
	/** D̃, and c' = (dO, −<dO, õ>), n_q x (d_v + 1). */
	readonly normaliser: Float64Array;
	readonly cotangents: Matrix;
	/** α_j and β_l, and ΣΛ of the keys. */
	readonly alpha: Float64Array;
	readonly beta: Float64Array;
	/** ν_j >= |Σ_l e_jl| / D_j: from 1/2 on nothing is said of a row. */
	readonly nu: Float64Array;
	/** θ_j: what rounding changes of a mean over keys, relative to the largest of its terms. */
	readonly rounding: Float64Array;
	/** Γ_j >= |<dO_j, v_l> − δ̃_j| for every key, and a bound on |δ̃_j − δ_j|. */
	readonly reach: Float64Array;
	readonly deltaError: Float64Array;
	/** Bound on the error of a row of dQ / scale, and of an entry of the output. */
	readonly bounds: Float64Array;
	readonly outputBounds: Float64Array;
}

/** Matrix products on the runtime's kernels. */
type Product = (A: Matrix, B: Matrix, options?: ProductOptions) => Promise<Matrix>;

/** Sums over keys, then the rows of all queries. O(n K d d_v). */
export async function rowPass(approximated: HeadApproximated, head: HybridHead, runtime: Runtime): Promise<RowPass> {
	const { middleKeys, values, keyHalf, valueHalf } = head;
	const product: Product = (A, B, options) => multiplyOn(runtime, A, B, options);
	const direct = new DirectBounds({ keyHalf, valueHalf });
	await direct.add(values, middleKeys, product);
	const sums = await rowSums(approximated, head, product);
	const errors = await rowErrors(approximated, head, sums);
	const { normaliser, cotangents, gradients, keyMeans, N } = sums;
	const rows = { residuals: { normaliser, cotangents }, ofTarget: false, N, gradients, keyMeans };
	const { all, least, rounding } = errors;
	const t = await direct.of(rows, { sums: errors.sums, ones: all, normaliser: least }, rounding, product);
	return { ...sums, ...errors, ...rowBounds(head, sums, errors, t) };
}

/** The sums of all rows: õ, c' and dQ. */
async function rowSums({ Phi, Psi }: HeadApproximated, head: HybridHead, product: Product) {
	const { queries, middleKeys, values, upstream } = head;
	const [n_q, n_k, d, width] = [queries.rows, middleKeys.rows, middleKeys.cols, values.cols];
	const d_v = width - 1;
	const pairs = Matrix.zeros(n_k, width * (d + 1));
	for (let l = 0, at = 0; l < n_k; l++) {
		const [h, k] = [values.row(l), middleKeys.row(l)];
		for (let i = 0; i < width; i++) {
			for (let b = 0; b < d; b++) pairs.data[at++] = h[i] * k[b];
			pairs.data[at++] = h[i];
		}
	}
	const all = await product(Phi, await product(Psi, pairs, { transposeA: true }));
	const sum = (j: number, i: number, b: number) => all.data[j * all.cols + i * (d + 1) + b];
	const normaliser = Float64Array.from({ length: n_q }, (_, j) => sum(j, d_v, d));
	const outputs = Matrix.build(n_q, d_v, (j, i) => sum(j, i, d) / normaliser[j]);
	const cotangents = Matrix.build(n_q, width, (j, i) => {
		if (i < d_v) return upstream.at(j, i);
		let delta = 0;
		for (let k = 0; k < d_v; k++) delta += upstream.at(j, k) * outputs.at(j, k);
		return -delta;
	});
	const gradients = Matrix.build(n_q, d, (j, b) => {
		let total = 0;
		for (let i = 0; i < width; i++) total += cotangents.at(j, i) * sum(j, i, b);
		return total / normaliser[j];
	});
	const N = Matrix.build(n_q, width, (j, i) => sum(j, i, d));
	const keyMeans = Matrix.build(n_q, d, (j, b) => sum(j, d_v, b) / normaliser[j]);
	return { gradients, outputs, normaliser, cotangents, N, keyMeans };
}

type RowSums = Awaited<ReturnType<typeof rowSums>>;

/** Bounds on the errors of a row's sums. */
async function rowErrors({ Phi, Psi, error }: HeadApproximated, head: HybridHead, { normaliser }: RowSums) {
	const n = Psi.rows;
	const alpha = error.queries(head.queries, Phi);
	const beta = error.keys(head.keys, Psi);
	let [ones, squares, weights] = [0, 0, 0];
	for (const [l, x] of beta.entries()) {
		ones = plus(ones, x);
		squares = plus(squares, times(x, x));
		// A key's weight is at most the length of its feature and of what no feature has.
		weights = plus(weights, plus(lengthOf(Psi.row(l)), x));
	}
	const spread = Math.sqrt(Math.min(squares, (await error.spectral?.(head.keys, Psi)) ?? Infinity)) * (1 + 2 ** -50);
	const root = Math.sqrt(n) * (1 + 2 ** -50);
	const unit = (n + Psi.cols + 64) * u;
	const rounding = normaliser.map((D) => plus(over(times(4 * unit, weights), D), 4 * (error.relative ?? 0)));
	const least = normaliser.map((D, j) => D * Math.max(0, 1 - rounding[j]));
	const sums = alpha.map((size) => times(size, spread));
	const all = alpha.map((size, j) => Math.min(times(size, ones), times(sums[j], root)));
	const nu = least.map((D, j) => over(all[j], leastRest(D, all[j])));
	const wide = least.map((D, j) => times(over(sums[j], leastRest(D, all[j])), root));
	return { alpha, beta, nu, rounding, least, sums, all, wide };
}

type RowErrors = Awaited<ReturnType<typeof rowErrors>>;

/** Bounds of the rows: by ‖z‖ <= √n max|z| for what is not bounded by its own moments. */
function rowBounds(
	{ upstream, keyHalf, valueHalf }: HybridHead,
	{ cotangents, outputs }: RowSums,
	{ wide, rounding, nu }: RowErrors,
	t: Float64Array,
) {
	const [n_q, d_v] = [upstream.rows, upstream.cols];
	const [W, H] = [keyHalf, valueHalf].map((halves) => halves.reduce((most, half) => Math.max(most, half), 0));
	const made = () => new Float64Array(n_q);
	const [reach, deltaError, outputBounds, bounds] = [made(), made(), made(), made()];
	for (let j = 0; j < n_q; j++) {
		let own = Math.abs(cotangents.at(j, d_v));
		for (let i = 0; i < d_v; i++) own = plus(own, times(Math.abs(upstream.at(j, i)), valueHalf[i]));
		reach[j] = times(own, 1 + 1e-9);
		deltaError[j] = plus(times(wide[j], reach[j]), times(4 * rounding[j], reach[j]));
		let output = 0;
		// õ is a mean by weights of both signs, which may leave the range of the values.
		for (let i = 0; i < d_v; i++)
			output = Math.max(output, times(wide[j], plus(valueHalf[i], Math.abs(outputs.at(j, i)))));
		outputBounds[j] = plus(output, times(4 * rounding[j], H));
		bounds[j] = plus(times(W, t[j]), times(times(32, rounding[j]), times(reach[j], times(W, plus(1, nu[j])))));
	}
	return { reach, deltaError, outputBounds, bounds };
}

/** At least the length of a row. */
function lengthOf(row: ArrayLike<number>): number {
	let sum = 0;
	for (let m = 0; m < row.length; m++) sum += row[m] * row[m];
	return Math.sqrt(sum) * (1 + 1e-12) + 2 ** -500;
}
