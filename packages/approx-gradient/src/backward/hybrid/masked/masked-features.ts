import { Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { expm1Up, plus, RelativeRounding, times } from "../../../error-bound/index.ts";
import type { HybridMap } from "../../../feature-maps/hybrid/hybrid-map.ts";
import { squaredNorms } from "../../../feature-maps/kernel-scale.ts";
import { type Product, rowsAt } from "../../../feature-maps/residual-forms.ts";
import type { HybridHead } from "../hybrid-head.ts";
import { type FeatureReach, featureReach, type HeadApproximated } from "../row-pass.ts";
import type { ChunkKeys, HeadMask } from "./head-mask.ts";

const u = 2 ** -53;

/** Features of a masked head, and the weights of pairs at the edges of its core. */
export interface MaskedFeatures extends HeadApproximated {
	readonly head: HybridHead;
	readonly mask: HeadMask;
	readonly map: HybridMap;
	readonly reach: FeatureReach;
	/** Squared lengths of all queries and keys in the coordinates of the map, rounded up. */
	readonly querySquares: Float64Array;
	readonly keySquares: Float64Array;
	readonly product: Product;
}

/** Makes the features of all rows. O(n K m) for m pivots. */
export async function maskedFeatures(
	map: HybridMap,
	head: HybridHead,
	mask: HeadMask,
	runtime: Runtime,
): Promise<MaskedFeatures> {
	const [Phi, Psi] = [await map.queryFeatures(head.queries), await map.keyFeatures(head.keys, 0)];
	const { error } = map;
	const squaresOf = (side: "queries" | "keys", rows: Matrix): Float64Array => {
		const { left } = map.sideOf(side, rows);
		const d = left.cols - 2;
		const grown = RelativeRounding.roundings(d + 4);
		return Float64Array.from({ length: left.rows }, (_, j) => grown.atLeast(-2 * left.data[j * left.cols + d]));
	};
	return {
		...{ Phi, Psi, error, head, mask, map },
		reach: featureReach({
			alpha: error.queries(head.queries, Phi),
			beta: error.keys(head.keys, Psi),
			squares: squaredNorms(Psi),
			rank: Psi.cols,
			relative: error.relative,
		}),
		querySquares: squaresOf("queries", head.queries),
		keySquares: squaresOf("keys", head.keys),
		product: (A, B, options) => multiplyOn(runtime, A, B, options),
	};
}

/** Pairs of some queries with the visible keys beside their core, whose weights are computed as they are. */
export interface EdgeWeights {
	/** Keys. */
	readonly members: readonly number[];
	/** Weights in the units of the features, rows x members; 0 where a query does not see a key. */
	readonly weights: Matrix;
	/** Values and keys of the members, as in `HybridHead`. */
	readonly values: Matrix;
	readonly keys: Matrix;
}

/** The keys of a chunk beside its core. */
export function edgeMembers({ core, from, to }: ChunkKeys): number[] {
	const members: number[] = [];
	for (let l = from; l < core.from; l++) members.push(l);
	for (let l = core.to; l < to; l++) members.push(l);
	return members;
}

/** Weights of the edge of some rows of a query chunk. O(d) a pair. */
export async function edgeWeights(
	{ map, head, mask }: MaskedFeatures,
	rows: readonly number[],
	members: readonly number[],
): Promise<EdgeWeights> {
	const { lo, hi } = mask.intervals;
	const beside = { members, values: rowsAt(head.values, members), keys: rowsAt(head.middleKeys, members) };
	if (rows.length === 0 || members.length === 0)
		return { ...beside, weights: Matrix.zeros(rows.length, members.length) };
	const weights = await map.weights(rowsAt(head.queries, rows), rowsAt(head.keys, members));
	hide(weights, rows, members, { lo, hi });
	return { ...beside, weights };
}

/** Sets the weights of keys that a query does not see to 0. */
function hide(
	{ data, cols }: Matrix,
	rows: readonly number[],
	members: readonly number[],
	{ lo, hi }: HeadMask["intervals"],
): void {
	for (let i = 0; i < rows.length; i++) {
		const [from, to] = [lo[rows[i]], hi[rows[i]]];
		for (let a = 0; a < cols; a++) if (members[a] < from || members[a] >= to) data[i * cols + a] = 0;
	}
}

/**
 * Relative error of the weights w e^(−‖x − y‖²/2) of an edge beside those that the features approximate. The exponent is a product of d + 2 terms that are at most the squares of x and y in sum;
 * those have d roundings of their own. A weight below the normal range has lost its precision: rows whose normaliser is not far above that are exact.
 */
export function edgeRounding(
	{ querySquares, keySquares, head }: MaskedFeatures,
	rows: { readonly from: number; readonly to: number },
	members: readonly number[],
): RelativeRounding {
	if (members.length === 0) return RelativeRounding.none;
	let [query, key] = [0, 0];
	for (let j = rows.from; j < rows.to; j++) query = Math.max(query, querySquares[j]);
	for (const l of members) key = Math.max(key, keySquares[l]);
	const exponent = times((2 * head.queries.cols + 16) * u, plus(query, key));
	return RelativeRounding.proven(plus(expm1Up(exponent), 8 * u));
}
