import { Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { over, plus, times } from "../../error-bound/index.ts";
import type { HybridHead } from "./hybrid-head.ts";
import type { HeadApproximated, RowPass } from "./row-pass.ts";

const u = 2 ** -53;

const SLACK = 1 + 1e-9;

/** The rows of keys, of the queries that are kept, with bounds on the error of an entry of each row. */
export interface ColumnPass {
	readonly dK: Matrix;
	readonly dV: Matrix;
	readonly keyBounds: Float64Array;
	readonly valueBounds: Float64Array;
}

/**
 * dK and dV by sums over the queries that are kept. With e'_j = e_j / D̃_j and f̃ − f = (e − f̃ Σe) / D the error of a sum Σ_j f_jl z_j is at most
 * |Σ_j e'_jl z_j| + Σ_j ν_j |e'_jl z_j| + Σ_j ν_j |f̃_jl z_j|. The first is at most β_l √Λ' ‖z‖₂, Λ' = Σ_j α_j² / D̃_j² being at least the largest eigenvalue of
 * the residual matrix of the queries over their normalisers; a negative f̃_jl is an error of that size. O(n K d d_v).
 */
export async function columnPass(
	approximated: HeadApproximated,
	head: HybridHead,
	rows: RowPass,
	kept: readonly number[],
	runtime: Runtime,
): Promise<ColumnPass> {
	const { Phi, Psi } = approximated;
	const { queries, values } = head;
	const [d, width] = [queries.cols, values.cols];
	const d_v = width - 1;
	const product = (A: Matrix, B: Matrix, options = {}) => multiplyOn(runtime, A, B, options);
	const own = Matrix.zeros(kept.length, Phi.cols);
	for (const [at, j] of kept.entries()) own.row(at).set(Phi.row(j));
	const sums = querySums(approximated, head, rows, kept);
	const all = await product(Psi, await product(own, sums.right, { transposeA: true }));
	// Σ_j (g_jl − δ̃_j)² q̂_jb² is a form of (v_l, 1) in these.
	const moments = await product(sums.pairs, sums.squares, { transposeA: true });
	const forms = await product(squaresOf(values), moments);
	const dK = Matrix.build(values.rows, d, (l, b) => {
		let sum = 0;
		for (let i = 0; i < width; i++) sum += values.at(l, i) * all.at(l, i * d + b);
		return sum;
	});
	const dV = Matrix.build(values.rows, d_v, (l, i) => all.at(l, width * d + i));
	return { dK, dV, ...keyBounds(approximated, head, rows.beta, sums, { all, moments, forms }) };
}

/** Products of all pairs of a row's numbers. */
function squaresOf(rows: Matrix): Matrix {
	const width = rows.cols;
	const made = Matrix.zeros(rows.rows, width * width);
	for (let l = 0, at = 0; l < rows.rows; l++) {
		const h = rows.row(l);
		for (let i = 0; i < width; i++) for (let k = 0; k < width; k++) made.data[at++] = h[i] * h[k];
	}
	return made;
}

/** Sums over queries. */
interface QuerySums {
	/** Rows c'_i q̂_b / D̃, then dO_i / D̃, then what bounds of dV and of dK are made of, the same over D̃. */
	readonly right: Matrix;
	readonly pairs: Matrix;
	readonly squares: Matrix;
	/** Σ α²/D̃². */
	readonly spread: number;
	/** Σ_j dO_i²; second-order terms; rounding of sums and of the weights that features stand for: of dV and of dK. */
	readonly valueSquares: Float64Array;
	readonly valueRest: Float64Array;
	readonly valueLost: Float64Array;
	readonly keyRest: Float64Array;
	readonly keyLost: Float64Array;
}

function querySums(
	{ Phi, error }: HeadApproximated,
	{ queries, values, upstream }: HybridHead,
	rows: RowPass,
	kept: readonly number[],
): QuerySums {
	const [d, width] = [queries.cols, values.cols];
	const d_v = width - 1;
	const n = kept.length;
	const right = Matrix.zeros(n, width * d + 2 * d_v + d);
	const squares = Matrix.zeros(n, d);
	const cotangents = Matrix.zeros(n, width);
	const [valueSquares, valueRest, valueLost] = [0, 1, 2].map(() => new Float64Array(d_v));
	const [keyRest, keyLost] = [0, 1].map(() => new Float64Array(d));
	let spread = 0;
	for (const [at, j] of kept.entries()) {
		const [to, q, c] = [right.row(at), queries.row(j), rows.cotangents.row(j)];
		cotangents.row(at).set(c);
		const [D, nu, reach] = [rows.normaliser[j], rows.nu[j], rows.reach[j]];
		const part = over(rows.alpha[j], D * (1 - Math.min(0.5, rows.rounding[j])));
		spread = plus(spread, times(part, part));
		const unit = 8 * rows.rounding[j] + (n + Phi.cols + 64) * u + 4 * (error.relative ?? 0);
		const moved = plus(times(nu, reach), times(plus(1, nu), rows.deltaError[j]));
		let put = 0;
		for (let i = 0; i < width; i++) for (let b = 0; b < d; b++) to[put++] = (c[i] * q[b]) / D;
		for (let i = 0; i < d_v; i++) {
			const size = Math.abs(upstream.at(j, i));
			to[put] = upstream.at(j, i) / D;
			to[put++ + d_v] = (nu * size) / D;
			valueSquares[i] = plus(valueSquares[i], times(size, size));
			valueRest[i] = plus(valueRest[i], times(times(3 * part, nu), size));
			valueLost[i] = plus(valueLost[i], times(unit, over(size, D)));
		}
		put += d_v;
		for (let b = 0; b < d; b++) {
			const size = Math.abs(q[b]);
			to[put++] = (moved * size) / D;
			keyRest[b] = plus(keyRest[b], times(times(3 * part, moved), size));
			keyLost[b] = plus(keyLost[b], times(unit, times(over(size, D), reach)));
			squares.data[at * d + b] = size * size;
		}
	}
	return { right, pairs: squaresOf(cotangents), squares, spread, valueSquares, valueRest, valueLost, keyRest, keyLost };
}

/** Bounds of the rows of keys: of the largest entry of each. */
function keyBounds(
	{ Psi }: HeadApproximated,
	{ queries, values }: HybridHead,
	beta: Float64Array,
	sums: QuerySums,
	{ all, moments, forms }: { readonly all: Matrix; readonly moments: Matrix; readonly forms: Matrix },
): Pick<ColumnPass, "keyBounds" | "valueBounds"> {
	const [d, width] = [queries.cols, values.cols];
	const d_v = width - 1;
	const n = sums.right.rows;
	const root = Math.sqrt(sums.spread) * SLACK;
	const bounds = { keyBounds: new Float64Array(values.rows), valueBounds: new Float64Array(values.rows) };
	for (let l = 0; l < values.rows; l++) {
		const own = times(beta[l], root);
		let weight = 0;
		for (const x of Psi.row(l)) weight += x * x;
		weight = plus(Math.sqrt(weight), beta[l]);
		let [key, value] = [0, 0];
		for (let i = 0; i < d_v; i++) {
			const first = plus(times(own, Math.sqrt(sums.valueSquares[i]) * SLACK), times(beta[l], sums.valueRest[i]));
			const third = Math.max(0, all.at(l, width * d + d_v + i));
			value = Math.max(value, plus(plus(first, third), times(4 * weight, sums.valueLost[i])));
		}
		for (let b = 0; b < d; b++) {
			let diagonal = 0;
			for (let i = 0; i < width; i++)
				diagonal += Math.abs(values.at(l, i)) * Math.sqrt(Math.max(0, moments.at(i * width + i, b)));
			const norm = Math.sqrt(Math.max(0, forms.at(l, b)) + 8 * (n + width * width) * u * diagonal * diagonal);
			const first = plus(times(own, norm * SLACK), times(beta[l], sums.keyRest[b]));
			const third = Math.max(0, all.at(l, width * d + 2 * d_v + b));
			key = Math.max(key, plus(plus(first, third), times(8 * weight, sums.keyLost[b])));
		}
		bounds.keyBounds[l] = SLACK * key + 2 ** -500;
		bounds.valueBounds[l] = SLACK * value + 2 ** -500;
	}
	return bounds;
}
