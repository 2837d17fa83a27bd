import type { OfEachGradient } from "@attgrad/attention-problem";
import { Matrix, maxAbs } from "@attgrad/matrix-core";
import { ownRoom, type Part, type Room } from "./part.ts";

/** Gradients of a part, in its own units until they are finished, and what is known of the errors of its rows. */
export interface PartResults {
	/** (group · queries) x d_v, about the centre of values. */
	readonly output: Float64Array;
	/** ln Σ e^score of each query, -Infinity where it sees no key. */
	readonly lse: Float64Array;
	readonly dQ: Float64Array;
	readonly dK: Float64Array;
	readonly dV: Float64Array;
	readonly errors: RowErrors;
	/** The largest |entry| of each gradient, once they are in the units of the problem. */
	sizes: OfEachGradient;
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
	/** The part of that which rounding alone accounts for, and κ: twice it is at least the error of the weights in sum. */
	readonly outputFloor: Float64Array;
	readonly kappa: Float64Array;
	/** At least |dS~ - dS| of one key, with rounding: a key's dK is off by at most Σ_j score_j (|q_jb| + |ν_b|). */
	readonly score: Float64Array;
	readonly scoreFloor: Float64Array;
}

/** All 0, lse -Infinity. */
export function partResults(part: Part): PartResults {
	const { group, queries, keys, d, d_v } = part;
	const rows = group * queries;
	const results = resultsIn(part, ownRoom, {
		...{ dQ: ownRoom(rows * d), output: ownRoom(rows * d_v), dK: ownRoom(keys * d), dV: ownRoom(keys * d_v) },
	});
	clearQueries(results);
	return results;
}

/** Results whose matrices are there, all else in `room`, of its content. */
export function resultsIn(
	{ group, queries }: Part,
	room: Room,
	matrices: Pick<PartResults, "output" | "dQ" | "dK" | "dV">,
): PartResults {
	const rows = group * queries;
	return {
		...matrices,
		...{ lse: room(rows), errors: rowErrors(rows, room), sizes: { dQ: 0, dK: 0, dV: 0 }, exactRows: 0 },
	};
}

/** Sets the results of queries to 0, and their lse to -Infinity. */
export function clearQueries({ output, lse, dQ, errors }: PartResults): void {
	output.fill(0);
	lse.fill(Number.NEGATIVE_INFINITY);
	dQ.fill(0);
	for (const bounds of Object.values(errors)) bounds.fill(0);
}

/** Errors of so many rows: one array after the other, in the order of the kernels. */
function rowErrors(rows: number, room: Room): RowErrors {
	const all = room(9 * rows);
	const of = (x: number): Float64Array => all.subarray(x * rows, (x + 1) * rows);
	return {
		...{ query: of(0), queryFloor: of(1), weight: of(2), weightFloor: of(3), score: of(4), scoreFloor: of(5) },
		...{ output: of(6), outputFloor: of(7), kappa: of(8) },
	};
}

/** The largest |entry|; NaN where one is. */
const sizeOf = (numbers: Float64Array): number => maxAbs(new Matrix(1, numbers.length, numbers));

/** Brings the results of a part into the units of the problem. */
export function finishResults(part: Part, results: PartResults): void {
	const { dQ, dK, dV, output, lse } = results;
	const { d, d_v, q, nu, keyScale, scale, keyCentre, valueCentre } = part;
	const factor = scale / keyScale;
	for (let at = 0; at < dQ.length; at++) dQ[at] *= factor;
	for (let at = 0; at < dK.length; at++) dK[at] *= keyScale;
	const shifts = keyCentre.map((x) => x * keyScale);
	for (let row = 0; row < lse.length; row++) {
		// Queries that see no key keep 0.
		if (lse[row] === Number.NEGATIVE_INFINITY) continue;
		for (let i = 0; i < d_v; i++) output[row * d_v + i] += valueCentre[i];
		let shift = 0;
		for (let b = 0; b < d; b++) shift += (q[row * d + b] + nu[b]) * shifts[b];
		lse[row] += shift;
	}
	results.sizes = { dQ: sizeOf(dQ), dK: sizeOf(dK), dV: sizeOf(dV) };
}
