import { Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { bounded, plus, RelativeRounding, rootUp, times } from "../../error-bound/index.ts";
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
import {
	type ColumnBounds,
	groupOf,
	type QuerySums,
	querySums,
	queryWeights,
	type WeighedQueries,
	weighedQueries,
} from "./query-sums.ts";
import type { FeatureReach, HeadApproximated, RowPass } from "./row-pass.ts";

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
 * (`residualForms`), or the sum of sizes (`ColumnBounds`); a negative f̃_jl is an error of that size. O(n K d d_v).
 */
export async function columnPass(
	approximated: HeadApproximated,
	head: HybridHead,
	rows: RowPass,
	kept: readonly number[],
	bounds: ColumnBounds,
	runtime: Runtime,
): Promise<ColumnPass> {
	const { Phi, Psi, error } = approximated;
	const { queries, values } = head;
	const [d, width] = [queries.cols, values.cols];
	const product: Product = (A, B, options) => multiplyOn(runtime, A, B, options);
	if (kept.length === 0) return noColumns(values.rows, d, width - 1);
	if (!error.queryResidual) throw new Error("hybrid knows the residual matrix of its queries");
	const own = rowsAt(Phi, kept);
	const weights = queryWeights(head, rows, kept, bounds);
	const { factors, extra, numbers } = weighedQueries(head, weights);
	const sums = querySums(numbers, weights, width - 1);
	const columns = columnsOf(rows.cotangents, { factors, extra }, kept);
	const all = await product(Psi, await product(own, columns, { transposeA: true }));
	const residual = error.queryResidual(rowsAt(queries, kept), own);
	const forms =
		bounds === "sizes"
			? noForms(head)
			: queryForms(
					head,
					sums,
					await residualForms({ columns, blocks: d + 1, width, group: groupOf(bounds) }, residual, product),
				);
	const squares = await product(symmetricPairs(values), forms.moments);
	return boundedColumns(rows, keyBoundsOf(sums, forms), { ...keyGradients(head, all), squares });
}

/** Sums over queries of all keys. */
export interface KeySums {
	readonly dK: Matrix;
	readonly dV: Matrix;
	/** Second-order terms of the bounds of dV and of dK, Σ_j f̃_jl times `WeighedQueries.extra`, n_k x (d_v + d). */
	readonly extra: Matrix;
	/** Products of `symmetricPairs` of (v, 1) with the moments of `QueryForms`, n_k x d. */
	readonly squares: Matrix;
}

/** dK, dV and the second-order terms of their bounds, from the products of features with the sums over queries. */
export function keyGradients({ queries, values }: HybridHead, all: Matrix): Omit<KeySums, "squares"> {
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
export function columnsOf(
	cotangents: Matrix,
	{ factors, extra }: Pick<WeighedQueries, "factors" | "extra">,
	kept: readonly number[],
): Matrix {
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

/** Bounds on the first-order errors of a key's sums, up to the roundings of a few operations. */
export interface QueryForms {
	/** Forms of c'_i q̂_b / D̃ for each b, which (v_l, 1) is contracted with twice: width (width + 1) / 2 x d. */
	readonly moments: Matrix;
	/** Of an entry b of dK, over β_l: √(factor · (form + beside_b)) with the product of the moments. */
	readonly factor: number;
	readonly beside: Float64Array;
	/** Of dV, over β_l, for each entry of a row. */
	readonly values: Float64Array;
}

/** The forms where sizes of terms bound first-order errors, in the weights of the queries. */
export const noForms = ({ queries, values }: HybridHead): QueryForms => ({
	moments: Matrix.zeros((values.cols * (values.cols + 1)) / 2, queries.cols),
	factor: 0,
	beside: new Float64Array(queries.cols),
	values: new Float64Array(values.cols - 1),
});

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
	// Entries of the residual matrix are at most 1, and what they are off by and raised by.
	const entry = plus(1, times(4, made.raised));
	const added = times(times(RelativeRounding.roundings(8 * (n + GROUP + width * width + 64)).bound, 4 * GROUP), entry);
	const lost = lostInForms(n, width, entry, sums.largest);
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

/** dK and dV with bounds of the rows of keys: of the largest entry of each. */
export function boundedColumns(
	{ beta, lengths }: FeatureReach,
	known: KeyBounds,
	{ dK, dV, extra, squares }: KeySums,
): ColumnPass {
	const [d, d_v] = [dK.cols, dV.cols];
	const bounds = { key: new Float64Array(dK.rows), value: new Float64Array(dK.rows) };
	for (let l = 0; l < dK.rows; l++) {
		const own = l * extra.cols;
		const [ofKey, weight] = [beta[l], lengths[l]];
		let [key, value] = [0, 0];
		for (let i = 0; i < d_v; i++) {
			const rest = Math.max(0, extra.data[own + i]) + weight * known.valueLost[i];
			value = Math.max(value, ofKey * known.valueFirst[i] + rest);
		}
		for (let b = 0; b < d; b++) {
			const root = Math.sqrt(known.factor * (Math.max(0, squares.data[l * d + b]) + known.keyAdded[b]));
			const rest = Math.max(0, extra.data[own + d_v + b]) + weight * known.keyLost[b];
			key = Math.max(key, ofKey * (root + known.keyRest[b]) + rest);
		}
		bounds.key[l] = key;
		bounds.value[l] = value;
	}
	return { dK, dV, ...roundedUp(bounds, d_v) };
}

/** Numbers that bounds of all rows of keys are made of. */
export interface KeyBounds {
	/** Factors of β_l, and of the bound on the weight, for each entry of dV. */
	readonly valueFirst: Float64Array;
	readonly valueLost: Float64Array;
	/** For each entry of dK: β_l is multiplied by √(factor · (form + keyAdded)) + keyRest, and the bound on the weight by keyLost. */
	readonly factor: number;
	readonly keyAdded: Float64Array;
	readonly keyRest: Float64Array;
	readonly keyLost: Float64Array;
}

/** The numbers of `boundedColumns` from the sums over queries and their forms. */
export const keyBoundsOf = (sums: QuerySums, { factor, beside, values }: QueryForms): KeyBounds => ({
	...{ factor, keyAdded: beside, keyRest: sums.keyRest },
	valueFirst: values.map((root, i) => plus(root, sums.valueRest[i])),
	valueLost: sums.valueLost.map((lost) => times(4, lost)),
	keyLost: sums.keyLost.map((lost) => times(8, lost)),
});

/** Bounds of rows of keys with their own roundings: sums over queries are as they were computed, and so are these of numbers >= 0, none far below 2^-500. */
export function roundedUp(
	{ key, value }: { readonly key: Float64Array; readonly value: Float64Array },
	d_v: number,
): Pick<ColumnPass, "keyBounds" | "valueBounds"> {
	const ofRow = RelativeRounding.roundings(2 * d_v + 130);
	const up = (bound: number) => plus(ofRow.atLeast(bounded(bound)), 2 ** -500);
	return { keyBounds: key.map(up), valueBounds: value.map(up) };
}
