import type { Part } from "./part.ts";

/** Gradients of a part in its own units, and what is known of the errors of its rows. */
export interface PartResults {
	/** (group · queries) x d_v, about the centre of values. */
	readonly output: Float64Array;
	/** ln Σ e^score of each query, -Infinity where it sees no key. */
	readonly lse: Float64Array;
	readonly dQ: Float64Array;
	readonly dK: Float64Array;
	readonly dV: Float64Array;
	readonly errors: RowErrors;
	/** Rows that were computed exactly. */
	exactRows: number;
}

/** Of each query: bounds on the error of its gradient, and of what it adds to a key's. */
export interface RowErrors {
	/** At least the error of an entry of dQ, and the part of it that rounding alone accounts for. */
	readonly query: Float64Array;
	readonly queryFloor: Float64Array;
	/** At least |f̃ - f| of one key, with rounding: a key's dV is off by at most Σ_j weight_j |dO_ji|. */
	readonly weight: Float64Array;
	readonly weightFloor: Float64Array;
	/** At least the length of the error of the output, with rounding. */
	readonly output: Float64Array;
	/** At least |dS~ - dS| of one key, with rounding: a key's dK is off by at most Σ_j score_j (|q_jb| + |ν_b|). */
	readonly score: Float64Array;
	readonly scoreFloor: Float64Array;
}

/** Zeros. */
export function partResults({ group, queries, keys, d, d_v }: Part): PartResults {
	const rows = group * queries;
	const numbers = (length = rows): Float64Array => new Float64Array(length);
	return {
		output: numbers(rows * d_v),
		lse: numbers().fill(Number.NEGATIVE_INFINITY),
		dQ: numbers(rows * d),
		dK: numbers(keys * d),
		dV: numbers(keys * d_v),
		errors: {
			...{ query: numbers(), queryFloor: numbers() },
			...{ weight: numbers(), weightFloor: numbers() },
			...{ score: numbers(), scoreFloor: numbers(), output: numbers() },
		},
		exactRows: 0,
	};
}
