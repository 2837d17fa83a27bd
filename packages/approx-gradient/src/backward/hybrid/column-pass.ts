import { Matrix, maxAbs, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import {
	bounded,
	LEAST_NORMAL,
	leastRest,
	over,
	plus,
	RelativeRounding,
	rootUp,
	times,
} from "../../error-bound/index.ts";
import {
	addForm,
	type BlockForms,
	formNorm,
	GROUP,
	lostInForms,
	type Product,
	residualForms,
	rowsAt,
	symmetricPairs,
} from "../../feature-maps/residual-forms.ts";
import type { HybridHead } from "./hybrid-head.ts";
import type { HeadApproximated, RowPass } from "./row-pass.ts";

/** The rows of keys, of the queries that are kept, with bounds on the error of an entry of each row. */
export interface ColumnPass {
	readonly dK: Matrix;
	readonly dV: Matrix;
	readonly keyBounds: Float64Array;
	readonly valueBounds: Float64Array;
}

/**
 * dK and dV by sums over the queries that are kept. With e'_j = e_j / D̃_j and f̃ − f = (e − f̃ Σe) / D the error of a sum Σ_j f_jl z_j is at most
 * |Σ_j e'_jl z_j| + Σ_j ν_j |e'_jl z_j| + Σ_j ν_j |f̃_jl z_j|. The first is at most β_l √(ζᵀRζ), ζ_j = z_j / D̃_j, R the residual matrix of the queries
 * (`residualForms`); a negative f̃_jl is an error of that size. O(n K d d_v).
 */
export async function columnPass(
	approximated: HeadApproximated,
	head: HybridHead,
	rows: RowPass,
	kept: readonly number[],
	runtime: Runtime,
): Promise<ColumnPass> {
	const { Phi, Psi, error } = approximated;
	const { queries, values } = head;
	const [d, width] = [queries.cols, values.cols];
	const product: Product = (A, B, options) => multiplyOn(runtime, A, B, options);
	if (kept.length === 0) return noColumns(values.rows, d, width - 1);
	if (!error.queryResidual) throw new Error("hybrid knows the residual matrix of its queries");
	const own = rowsAt(Phi, kept);
	const sums = querySums(head, rows, kept);
	const columns = columnsOf(rows, sums, kept);
	const all = await product(Psi, await product(own, columns, { transposeA: true }));
	const residual = error.queryResidual(rowsAt(queries, kept), own);
	const made = await residualForms({ columns, blocks: d + 1, width }, residual, product);
	const forms = queryForms(head, sums, made);
	const squares = await product(symmetricPairs(values), forms.moments);
	return boundedColumns(head, rows, sums, forms, { ...keyGradients(head, all), squares });
}

/** Sums over queries of all keys. */
export interface KeySums {
	readonly dK: Matrix;
	readonly dV: Matrix;
	/** What bounds of dV and of dK are made of, n_k x (d_v + d). */
	readonly extra: Matrix;
	/** Products of `symmetricPairs` of (v, 1) with the moments of `QueryForms`, n_k x d. */
	readonly squares: Matrix;
}

/** dK, dV and what stands beside them from the products of features with the sums over queries. */
function keyGradients({ queries, values }: HybridHead, all: Matrix): Omit<KeySums, "squares"> {
	const [d, width] = [queries.cols, values.cols];
	const dK = Matrix.zeros(values.rows, d);
	const dV = Matrix.zeros(values.rows, width - 1);
	const extra = Matrix.zeros(values.rows, width - 1 + d);
	for (let l = 0; l < values.rows; l++) {
		const from = l * all.cols;
		for (let b = 0, at = from; b < d; b++) {
			let sum = 0;
			for (let i = 0; i < width; i++) sum += values.data[l * width + i] * all.data[at++];
			dK.data[l * d + b] = sum;
		}
		dV.data.set(all.data.subarray(from + width * d, from + width * d + dV.cols), l * dV.cols);
		extra.data.set(all.data.subarray(from + width * (d + 1), from + all.cols), l * extra.cols);
	}
	return { dK, dV, extra };
}

/** Columns of the queries that are kept: factor b times c'_i at b width + i, then those beside. */
function columnsOf({ cotangents }: RowPass, { factors, extra }: QuerySums, kept: readonly number[]): Matrix {
	const width = cotangents.cols;
	const made = Matrix.zeros(kept.length, factors.cols * width + extra.cols);
	let to = 0;
	for (const j of kept) {
		for (let b = j * factors.cols; b < (j + 1) * factors.cols; b++)
			for (let i = j * width; i < (j + 1) * width; i++) made.data[to++] = factors.data[b] * cotangents.data[i];
		made.data.set(extra.row(j), to);
		to += extra.cols;
	}
	return made;
}

/** The sums over no queries. */
export const noColumns = (rows: number, d: number, d_v: number): ColumnPass => ({
	...{ dK: Matrix.zeros(rows, d), dV: Matrix.zeros(rows, d_v) },
	...{ keyBounds: new Float64Array(rows), valueBounds: new Float64Array(rows) },
});

/** What the first-order errors of a key's sums are at most, up to roundings of a few operations. */
export interface QueryForms {
	/** Forms of c'_i q̂_b / D̃ for each b, which (v_l, 1) is contracted with twice: width (width + 1) / 2 x d. */
	readonly moments: Matrix;
	/** Of an entry b of dK, over β_l: √(factor · (form + beside_b)) with the product of the moments. */
	readonly factor: number;
	readonly beside: Float64Array;
	/** Of dV, over β_l, for each entry of a row. */
	readonly values: Float64Array;
}

/**
 * Forms of the residual matrix of the queries in c'_i q̂_b / D̃ and dO_i / D̃.
 * @param made those of the columns of `QuerySums`
 */
export function queryForms(
	{ queries, values, valueHalf }: HybridHead,
	sums: QuerySums,
	made: Omit<BlockForms, "cross">,
): QueryForms {
	const [d, width] = [queries.cols, values.cols];
	const d_v = width - 1;
	const n = queries.rows;
	const unit = times(RelativeRounding.roundings(8 * (n + GROUP + width * width + 64)).bound, 4 * GROUP);
	// Entries of the residual matrix, of rows over their β, are at most 1.
	const lost = lostInForms(n, width, 1, times(maxAbs(sums.factors), sums.largestCotangent));
	const added = plus(unit, made.slack);
	const many = plus(1, valueHalf.reduce(plus, 1));
	const ofMany = times(lost, times(many, many));
	const moments = Matrix.zeros((width * (width + 1)) / 2, d);
	for (let b = 0; b < d; b++) addForm(moments, b, made.own, b);
	return {
		moments,
		factor: made.groups,
		beside: sums.keySquares.map((squares) => plus(times(added, squares), ofMany)),
		values: Float64Array.from({ length: d_v }, (_, i) =>
			formNorm({ factor: made.groups, added, lost }, made.own.at(d * width + i, i), rootUp(sums.valueSquares[i]), 1),
		),
	};
}

/** Numbers of queries, of which those that are not kept are 0, and sums over them. */
export interface QuerySums {
	/** q̂_b / D̃ and 1 / D̃, n_q x (d + 1): with c' they are the columns that sums and forms are made of. */
	readonly factors: Matrix;
	/** Columns that bounds of dV and of dK are made of, n_q x (d_v + d). */
	readonly extra: Matrix;
	readonly largestCotangent: number;
	/** Σ_j (dO_i / D̃)² and Σ_j (Γ q̂_b / D̃)²; second-order terms; rounding of sums and of the weights that features stand for: of dV and of dK. */
	readonly valueSquares: Float64Array;
	readonly valueRest: Float64Array;
	readonly valueLost: Float64Array;
	readonly keySquares: Float64Array;
	readonly keyRest: Float64Array;
	readonly keyLost: Float64Array;
}

/** Sums over the queries that are kept. O(d + d_v) a query. */
export function querySums({ queries, upstream }: HybridHead, rows: RowPass, kept: readonly number[]): QuerySums {
	const [d, d_v, n] = [queries.cols, upstream.cols, kept.length];
	const factors = Matrix.zeros(queries.rows, d + 1);
	const extra = Matrix.zeros(queries.rows, d_v + d);
	const [valueSquares, valueRest, valueLost] = [0, 1, 2].map(() => new Float64Array(d_v));
	const [keySquares, keyRest, keyLost] = [0, 1, 2].map(() => new Float64Array(d));
	const ofSums = RelativeRounding.roundings(n + rows.rank + 64).and(rows.relative.repeated(4)).bound;
	let largestCotangent = 0;
	for (const j of kept) {
		const [D, nu, reach] = [rows.normaliser[j], rows.nu[j], rows.reach[j]];
		const theta = rows.theta[j];
		const part = over(rows.alpha[j], leastRest(D, times(Math.min(0.5, theta), D)));
		const moved = plus(times(nu, reach), times(plus(1, nu), rows.deltaError[j]));
		const lost = over(plus(times(8, theta), ofSums), D);
		const inverse = over(1, D);
		const [ofReach, lostReach] = [times(inverse, reach), times(lost, reach)];
		const [ofNu, ofMoved] = [times(3 * part, nu), times(3 * part, moved)];
		largestCotangent = Math.max(largestCotangent, Math.abs(rows.cotangents.data[j * (d_v + 1) + d_v]));
		for (let i = 0; i < d_v; i++) {
			const size = Math.abs(upstream.data[j * d_v + i]);
			largestCotangent = Math.max(largestCotangent, size);
			extra.data[j * (d_v + d) + i] = (nu * size) / D;
			const weighed = inverse * size;
			valueSquares[i] += weighed * weighed;
			valueRest[i] += ofNu * size;
			valueLost[i] += lost * size;
		}
		for (let b = 0; b < d; b++) {
			const q = queries.data[j * d + b];
			const size = Math.abs(q);
			factors.data[j * (d + 1) + b] = q / D;
			extra.data[j * (d_v + d) + d_v + b] = (moved * size) / D;
			const weighed = ofReach * size;
			keySquares[b] += weighed * weighed;
			keyRest[b] += ofMoved * size;
			keyLost[b] += lostReach * size;
		}
		factors.data[j * (d + 1) + d] = 1 / D;
	}
	// Terms of sums of sizes: each has up to 4 roundings of its own, and loses at most the least normal number.
	const ofSum = RelativeRounding.roundings(n + 8);
	const up = (sums: Float64Array) => sums.map((x) => plus(ofSum.atLeast(bounded(x)), times(4 * n, LEAST_NORMAL)));
	return {
		...{ factors, extra, largestCotangent: bounded(largestCotangent) },
		...{ valueSquares: up(valueSquares), valueRest: up(valueRest), valueLost: up(valueLost) },
		...{ keySquares: up(keySquares), keyRest: up(keyRest), keyLost: up(keyLost) },
	};
}

/** dK and dV with bounds of the rows of keys: of the largest entry of each. */
export function boundedColumns(
	{ queries, values }: HybridHead,
	{ beta, lengths }: RowPass,
	sums: QuerySums,
	{ factor, beside, values: ofValues }: QueryForms,
	{ dK, dV, extra, squares }: KeySums,
): ColumnPass {
	const [d, width] = [queries.cols, values.cols];
	const d_v = width - 1;
	const bounds = { keyBounds: new Float64Array(values.rows), valueBounds: new Float64Array(values.rows) };
	// Sums over queries are as they were computed, and so are these of numbers >= 0, of which none is far below 2^-500.
	const ofRow = RelativeRounding.roundings(2 * width + 128);
	for (let l = 0; l < values.rows; l++) {
		const own = l * extra.cols;
		const [ofKey, weight] = [beta[l], lengths[l]];
		let [key, value] = [0, 0];
		for (let i = 0; i < d_v; i++) {
			const first = ofKey * (ofValues[i] + sums.valueRest[i]);
			value = Math.max(value, first + Math.max(0, extra.data[own + i]) + 4 * weight * sums.valueLost[i]);
		}
		for (let b = 0; b < d; b++) {
			const root = Math.sqrt(factor * (Math.max(0, squares.data[l * d + b]) + beside[b]));
			const first = ofKey * (root + sums.keyRest[b]);
			key = Math.max(key, first + Math.max(0, extra.data[own + d_v + b]) + 8 * weight * sums.keyLost[b]);
		}
		bounds.keyBounds[l] = plus(ofRow.atLeast(bounded(key)), 2 ** -500);
		bounds.valueBounds[l] = plus(ofRow.atLeast(bounded(value)), 2 ** -500);
	}
	return { dK, dV, ...bounds };
}
