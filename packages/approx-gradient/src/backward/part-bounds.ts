import type { OfEachGradient } from "@attgrad/attention-problem";
import { bounded, times } from "../error-bound/index.ts";
import { countAtMost } from "./chunks.ts";
import { normAt, type Part } from "./part.ts";
import type { RowErrors } from "./part-results.ts";

const u = 2 ** -53;

/** Covers the rounding of the sums here, beside that of their length. */
const SLACK = 1 + 1e-9;

/** Bounds on the rows of the gradients of a part in the units of the problem, and the part of each that rounding accounts for. */
export interface PartBounds {
	readonly rows: OfEachGradient<Float64Array>;
	readonly floors: OfEachGradient<Float64Array>;
	/** Lengths of the errors of the rows of the output. */
	readonly output: Float64Array;
}

/** The bounds of a part from those of its queries. Cost O(n (d + d_v)). */
export function partBounds(part: Part, errors: RowErrors): PartBounds {
	const { d, d_v, q, nu, upstream, scale, keyScale } = part;
	const lost = lostBelow(part);
	const query = (bounds: Float64Array) => bounds.map((x) => bounded((SLACK * x * scale) / keyScale + lost));
	const key = (bounds: Float64Array) =>
		keySums(part, bounds, d, (row, b) => Math.abs(q[row * d + b]) + Math.abs(nu[b])).map((x) =>
			bounded(x * keyScale + lost),
		);
	const value = (bounds: Float64Array) =>
		keySums(part, bounds, d_v, (row, i) => Math.abs(upstream[row * d_v + i])).map((x) => bounded(x + lost));
	return {
		rows: { dQ: query(errors.query), dK: key(errors.score), dV: value(errors.weight) },
		floors: { dQ: query(errors.queryFloor), dK: key(errors.scoreFloor), dV: value(errors.weightFloor) },
		output: errors.output.map((x) => bounded(x + lost)),
	};
}

/** At least max_b Σ_j bounds_j size(j, b) over the queries that see each key, by sums from the first query on. */
function keySums(
	{ group, queries, keys, intervals: { lo, hi } }: Part,
	bounds: Float64Array,
	width: number,
	size: (row: number, b: number) => number,
): Float64Array {
	const sums = new Float64Array(keys);
	const before = new Float64Array(queries + 1);
	const unknown = new Int32Array(queries + 1);
	for (let b = 0; b < width; b++) {
		for (let j = 0; j < queries; j++) {
			let own = 0;
			for (let row = j; row < group * queries; row += queries) {
				// A row without a bound spoils the keys that it sees, and no others.
				const term = bounds[row] === 0 ? 0 : bounds[row] * size(row, b);
				own += term;
			}
			const known = own < 1e200;
			before[j + 1] = before[j] + (known ? own : 0);
			unknown[j + 1] = unknown[j] + (known ? 0 : 1);
		}
		// Differences of sums are within the rounding of the sums.
		const rounding = 4 * (group + queries) * u * before[queries];
		for (let l = 0; l < keys; l++) {
			const [from, to] = [countAtMost(hi, l), countAtMost(lo, l)];
			if (from >= to) continue;
			const sum = unknown[to] > unknown[from] ? Number.POSITIVE_INFINITY : before[to] - before[from] + rounding;
			sums[l] = Math.max(sums[l], SLACK * sum);
		}
	}
	return sums;
}

/** At least what is lost of an entry below the normal range: powers of queries stay below 2^400, and keys near 1 but for lengths that cannot be scaled. */
function lostBelow(part: Part): number {
	const { q, nu, k, v, upstream, d, d_v, group, queries, keys, scale, keyScale } = part;
	const most = (rows: Float64Array, width: number): number => {
		let longest = 0;
		for (let row = 0; row < rows.length / width; row++) longest = Math.max(longest, normAt(rows, row, width));
		return longest;
	};
	const query = 1 + most(q, d) + normAt(nu, 0, d);
	const factors = [query, 1 + most(k, d), 1 + most(v, d_v), 1 + most(upstream, d_v), 1 + scale / keyScale + keyScale];
	return factors.reduce(times, 2 ** -500 * (group * queries + keys));
}
