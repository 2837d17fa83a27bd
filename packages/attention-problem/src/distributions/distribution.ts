import type { Matrix, Random } from "@attgrad/matrix-core";

/** The arguments of a distribution: sizes, scale and seed of a problem. */
export interface Instance {
	/** Number of tokens. */
	readonly n: number;
	/** Width. */
	readonly d: number;
	/** Bound (or spread: see the distribution) of the entries of A1 X and A2. */
	readonly B: number;
	readonly seed: number;
}

/**
 * Writes the d entries of row `index` into `row`. `random` is the stream of the row's block, in which rows come in
 * order; what all rows share is drawn before, from streams of its own.
 */
export type RowMaker = (row: Float64Array, index: number, random: Random) => void;

/** Query-key weights X with their inverse, both d x d: A1 is made from the wanted A1 X as (A1 X) X⁻¹. */
export interface Weights {
	readonly X: Matrix;
	readonly inverse: Matrix;
}

/** A way to draw the queries A1 X and the keys A2 of a problem; the other matrices are the same for all. */
export interface Distribution {
	/** Name on the command line and in the CSV. */
	readonly name: string;
	/** One sentence for lists and help: what the rows are, and what B is. */
	readonly summary: string;
	/** Rows of A1 X. */
	queries(instance: Instance): RowMaker;
	/** Rows of A2. */
	keys(instance: Instance): RowMaker;
	/** X with its inverse. @default wellConditionedWeights */
	weights?(instance: Instance): Weights;
}
