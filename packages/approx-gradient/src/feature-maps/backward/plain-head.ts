import type { Matrix } from "@attgrad/matrix-core";

/** One head of the operator without a mask, in double precision. */
export interface PlainHead {
	/** n_q x d. */
	readonly Q: Matrix;
	/** n_k x d. */
	readonly K: Matrix;
	/** n_k x d_v. */
	readonly V: Matrix;
	/** n_q x d_v. */
	readonly dO: Matrix;
	readonly scale: number;
}

/** Gradients of a head through a factorisation of its attention matrix. */
export interface HeadGradients {
	readonly output: Matrix;
	readonly dQ: Matrix;
	readonly dK: Matrix;
	readonly dV: Matrix;
	/** Queries that the map does not cover: they are exact. */
	readonly exactRows: number;
	/** Bounds on the errors of entries; undefined for a map that knows nothing of its errors. */
	readonly errors?: HeadErrors;
}

/** Bounds on the errors of entries of a head's gradients. */
export interface HeadErrors {
	/** Of each row of dQ. */
	readonly dQ: Float64Array;
	/** Of any row of dK, and of dV. */
	readonly dK: number;
	readonly dV: number;
}
