import type { KeyIntervals, RowRange } from "@attgrad/attention-problem";
import type { Matrix } from "@attgrad/matrix-core";
import { expm1Up, plus, RelativeRounding, times } from "../../../error-bound/index.ts";
import type { DirectBounds } from "../../../feature-maps/direct-bounds.ts";
import type { BlockForms } from "../../../feature-maps/residual-forms.ts";
import type { ColumnPass, KeyBounds } from "../column-pass.ts";
import type { HybridHead } from "../hybrid-head.ts";
import type { ColumnBounds, WeighedQueries } from "../query-sums.ts";
import type { FeatureReach, RowPass } from "../row-pass.ts";
import type { ChunkKeys, HeadMask } from "./head-mask.ts";

const u = 2 ** -53;

/** Sums over the rows of a chunk, K x columns, and forms of the columns where residual matrices bound their errors. */
export interface ChunkSums {
	readonly sums: Matrix;
	readonly forms?: BlockForms | undefined;
}

/** Sums over the keys of a core. */
export interface CoreSums {
	/** Σ_l ψ_l ⊗ (k_l, 1) ⊗ (v_l, 1), K x (d + 1)(d_v + 1), in the order of `valueKeyPairs`. */
	readonly sums: Matrix;
	/** Has taken in the keys of the core. */
	readonly direct: DirectBounds;
}

/** A query chunk with the keys that its rows see. */
export interface QueryChunk {
	readonly rows: RowRange;
	readonly keys: ChunkKeys;
	/** Key chunks of the core. */
	readonly chunks: number;
	readonly core: CoreSums;
}

/** The kept queries of a chunk. */
export interface KeptChunk {
	readonly rows: RowRange;
	/** Indices of the head. */
	readonly members: readonly number[];
	/** Columns of all queries of the chunk, 0 of those that are not kept, and sums over them. */
	readonly weighed: WeighedQueries;
	/** Of all queries of the chunk. */
	readonly cotangents: Matrix;
}

/** Sums over the queries of a core. */
export interface QueryCore {
	/** K x columns of `columnsOf`. */
	readonly sums: Matrix;
	readonly forms: Omit<BlockForms, "cross">;
	readonly numbers: Float64Array;
}

/** A key chunk with the queries that see it. */
export interface KeyChunk {
	readonly rows: RowRange;
	/** Sums over the queries that have it in their core. */
	readonly core: QueryCore;
	/** The chunks of the other queries that see some of it. */
	readonly edge: readonly KeptChunk[];
	/** Moments of the forms of the core, as in `QueryForms`. */
	readonly moments: Matrix;
	readonly known: KeyBounds;
}

/** A head and its mask. */
export interface Masked {
	readonly head: HybridHead;
	readonly mask: HeadMask;
}

/** The features of a masked head, and what is made of them chunk by chunk: in plain TypeScript or on kernels. */
export interface MaskedHead {
	readonly head: HybridHead;
	readonly reach: FeatureReach;
	/** Squared lengths of all queries and keys in the coordinates of the map, rounded up. */
	readonly squares: Readonly<Record<"queries" | "keys", Float64Array>>;
	/** Sums over keys of ψ_l ⊗ (k_l, 1) ⊗ (v_l, 1). */
	keySums(keys: RowRange): Promise<ChunkSums>;
	/** Sums over kept queries of φ_j and the columns of `columnsOf`. */
	querySums(chunk: KeptChunk, bounds: ColumnBounds): Promise<ChunkSums>;
	/**
	 * The rows of a query chunk.
	 * @param ofChunk queries and upstream gradients of the chunk, and the keys that any of its rows sees
	 */
	rows(chunk: QueryChunk, ofChunk: HybridHead, reach: FeatureReach): Promise<RowPass>;
	/**
	 * The rows of a key chunk.
	 * @param reach of its keys
	 */
	columns(chunk: KeyChunk, reach: FeatureReach): Promise<ColumnPass>;
}

/** The keys of a chunk beside its core. */
export function edgeMembers({ core, from, to }: ChunkKeys): number[] {
	const members: number[] = [];
	for (let l = from; l < core.from; l++) members.push(l);
	for (let l = core.to; l < to; l++) members.push(l);
	return members;
}

/**
 * Relative error of the weights w e^(−‖x − y‖²/2) of an edge beside those that the features approximate. The exponent is a product of d + 2 terms that are at most the squares of x and y in sum;
 * those have d roundings of their own. A weight below the normal range has lost its precision: rows whose normaliser is not far above that are exact.
 */
export function edgeRounding(
	{ squares, head }: Pick<MaskedHead, "squares" | "head">,
	rows: RowRange,
	members: readonly number[],
): RelativeRounding {
	if (members.length === 0) return RelativeRounding.none;
	let [query, key] = [0, 0];
	for (let j = rows.from; j < rows.to; j++) query = Math.max(query, squares.queries[j]);
	for (const l of members) key = Math.max(key, squares.keys[l]);
	const exponent = times((2 * head.queries.cols + 16) * u, plus(query, key));
	return RelativeRounding.proven(plus(expm1Up(exponent), 16 * u));
}

/** Squared lengths from the factors of the exponents of one side, rounded up. */
export function squaresOf(left: Matrix): Float64Array {
	const d = left.cols - 2;
	const grown = RelativeRounding.roundings(d + 4);
	return Float64Array.from({ length: left.rows }, (_, j) => grown.atLeast(-2 * left.data[j * left.cols + d]));
}

/**
 * Sets the weights of pairs that are not visible to 0: of a row's keys, or of its queries, those at both ends.
 * @param weights rows `step` numbers apart
 * @param queries and keys: indices of the head that rise
 */
export function hideUnseen(
	weights: Float64Array,
	step: number,
	{ queries, keys }: Readonly<Record<"queries" | "keys", readonly number[]>>,
	{ lo, hi }: KeyIntervals,
	rowsAre: "queries" | "keys",
): void {
	const [rows, cols] = rowsAre === "queries" ? [queries.length, keys.length] : [keys.length, queries.length];
	for (let i = 0; i < rows; i++) {
		let [from, to] = [0, cols];
		if (rowsAre === "queries") {
			const j = queries[i];
			while (from < to && keys[from] < lo[j]) from++;
			while (to > from && keys[to - 1] >= hi[j]) to--;
		} else {
			const l = keys[i];
			while (from < to && hi[queries[from]] <= l) from++;
			while (to > from && lo[queries[to - 1]] > l) to--;
		}
		weights.fill(0, i * step, i * step + from);
		weights.fill(0, i * step + to, i * step + cols);
	}
}

/** The rows from..to-1. */
export const membersFrom = ({ from, to }: RowRange): number[] => Array.from({ length: to - from }, (_, i) => from + i);
