import type { OfEachGradient } from "@attgrad/attention-problem";
import { bounded, times } from "../error-bound/index.ts";
import { countAtMost, queriesOf, type SeenBy } from "./chunks.ts";
import type { Part } from "./part.ts";
import type { RowErrors } from "./part-results.ts";

const u = 2 ** -53;

/** Covers the rounding of the sums here, beside that of their length. */
export const SLACK = 1 + 1e-9;

/** Bounds on the rows of the gradients of a part in the units of the problem. */
export interface PartBounds {
	readonly rows: OfEachGradient<Float64Array>;
	/** The largest part of a bound that rounding accounts for. */
	readonly floors: OfEachGradient;
	/** Lengths of the errors of the rows of the output. */
	readonly output: Float64Array;
	/** The largest bound of a row. */
	readonly largest: OfEachGradient & { readonly output: number };
	/** The largest part of one that rounding accounts for. */
	readonly outputFloor: number;
	/** The largest κ: twice it is at least the error of a row of weights in sum. */
	readonly kappa: number;
}

/**
 * Bounds of queries as they add up for each key, or a number that all keys share: `score` times sizes of queries, `weight` times those of dO; and
 * the largest sums of the rounding in both.
 */
export type SummedBounds = Readonly<
	Record<"score" | "weight", Float64Array | number> & Record<"scoreFloor" | "weightFloor", number>
>;

/** Bounds of queries in the units of the problem, apart from the rounding in those of dQ. */
export interface QueryBounds extends Pick<PartBounds, "outputFloor" | "kappa"> {
	readonly rows: Readonly<Record<"dQ" | "output", Float64Array>>;
	readonly largest: Readonly<Record<"dQ" | "output", number>>;
	readonly queryFloor: number;
}

/** The bounds of a part from those of its queries. Cost O(n (d + d_v)). */
export function partBounds(part: Part, errors: RowErrors): PartBounds {
	const lost = lostBelow(part);
	const factor = Math.abs(part.scale / part.keyScale);
	const rows = { dQ: scaled(errors.query, factor, lost), output: scaled(errors.output, 1, lost) };
	return boundsOf(part, lost, sumsBySeen(part, queriesOf(part), errors), {
		rows,
		largest: { dQ: largestOf(rows.dQ), output: largestOf(rows.output) },
		queryFloor: largestOf(errors.queryFloor),
		outputFloor: largestOf(scaled(errors.outputFloor, 1, lost)),
		kappa: largestOf(errors.kappa),
	});
}

/** The bounds of a part from those of its queries and from sums over these. */
export function boundsOf(
	{ scale, keyScale, keys }: Part,
	lost: number,
	{ score, scoreFloor, weight, weightFloor }: SummedBounds,
	{ rows, largest, queryFloor, outputFloor, kappa }: QueryBounds,
): PartBounds {
	const floor = (largest: number, factor: number) => bounded(SLACK * largest * factor + lost);
	const ofKeys = (sums: Float64Array | number, factor: number): Float64Array =>
		typeof sums === "number"
			? new Float64Array(keys).fill(scaledBound(sums, factor, lost))
			: scaled(sums, factor, lost);
	const [dK, dV] = [ofKeys(score, keyScale), ofKeys(weight, 1)];
	return {
		rows: { dQ: rows.dQ, dK, dV },
		floors: {
			dQ: floor(queryFloor, Math.abs(scale / keyScale)),
			dK: floor(scoreFloor, keyScale),
			dV: floor(weightFloor, 1),
		},
		output: rows.output,
		largest: { ...largest, dK: largestOf(dK), dV: largestOf(dV) },
		...{ outputFloor, kappa },
	};
}

/** Bounds of queries added up over those that see each key. */
export function sumsBySeen(part: Part, seen: SeenBy, errors: RowErrors): SummedBounds {
	return { ...boundsBySeen(part, seen, errors), ...floorsBySeen(part, seen, errors) };
}

/** Those of the bounds themselves. */
export const boundsBySeen = (part: Part, seen: SeenBy, errors: RowErrors): Pick<SummedBounds, "score" | "weight"> => ({
	score: keySums(part, seen, errors.score, part.q, part.d, part.nu),
	weight: keySums(part, seen, errors.weight, part.upstream, part.d_v),
});

/** Those of the rounding in them. */
export const floorsBySeen = (
	part: Part,
	seen: SeenBy,
	errors: RowErrors,
): Pick<SummedBounds, "scoreFloor" | "weightFloor"> => ({
	scoreFloor: largestOf(keySums(part, seen, errors.scoreFloor, part.q, part.d, part.nu)),
	weightFloor: largestOf(keySums(part, seen, errors.weightFloor, part.upstream, part.d_v)),
});

/** Whether all queries see some key: no sum over queries that see a key is larger than that key's. */
export function shareKey({ queries }: Part, { from, to }: SeenBy): boolean {
	// Both never fall.
	const last = countAtMost(from, 0) - 1;
	return queries > 0 && last >= 0 && to[last] === queries;
}

/** Whether all queries see all keys. */
export const seesAll = ({ queries, keys }: Part, { from, to }: SeenBy): boolean =>
	queries > 0 && keys > 0 && from[keys - 1] === 0 && to[0] === queries;

/** The largest number; Infinity where one is none. */
export function largestOf(numbers: Float64Array): number {
	let most = 0;
	for (let i = 0; i < numbers.length; i++) if (!(numbers[i] <= most)) most = numbers[i];
	return Number.isNaN(most) ? Number.POSITIVE_INFINITY : most;
}

/** Bounds times a factor, and what is lost below the normal range. */
function scaled(bounds: Float64Array, factor: number, lost: number): Float64Array {
	const all = new Float64Array(bounds.length);
	for (let i = 0; i < all.length; i++) all[i] = scaledBound(bounds[i], factor, lost);
	return all;
}

/** The same for one. */
function scaledBound(sum: number, factor: number, lost: number): number {
	const bound = SLACK * sum * factor + lost;
	return bound >= 0 ? bound : Number.POSITIVE_INFINITY;
}

/** At least max_b Σ_j bounds_j (|rows_jb| + |offset_b|) over the queries that see each key, by sums from the first query on. */
function keySums(
	part: Part,
	seen: SeenBy,
	bounds: Float64Array,
	rows: Float64Array,
	width: number,
	offset: Float64Array = new Float64Array(width),
): Float64Array {
	const { group, queries, keys } = part;
	const sums = new Float64Array(keys);
	if (keys === 0 || queries === 0) return sums;
	if (seesAll(part, seen)) return sums.fill(sumOfAll(bounds, rows, offset));
	const { from, to } = seen;
	const more = offset.map(Math.abs);
	// Sums over the queries before each, column by column, and how many of those have no bound.
	const before = new Float64Array((queries + 1) * width);
	const unknown = new Int32Array(queries + 1);
	for (let j = 0, at = 0; j < queries; j++, at += width) {
		let most = 0;
		for (let row = j; row < group * queries; row += queries) {
			const bound = bounds[row];
			for (let b = 0; bound !== 0 && b < width; b++) {
				const own = bound * (Math.abs(rows[row * width + b]) + more[b]);
				before[at + width + b] += own;
				if (!(own <= most)) most = own;
			}
		}
		// A row without a bound spoils the keys that it sees, and no others.
		const known = most < 1e200;
		unknown[j + 1] = unknown[j] + (known ? 0 : 1);
		for (let b = 0; b < width; b++) before[at + width + b] = before[at + b] + (known ? before[at + width + b] : 0);
	}
	// Differences of sums are within the rounding of the sums.
	const rounding = before.slice(queries * width).map((sum) => 4 * (group + queries) * u * sum);
	for (let l = 0; l < keys; l++) {
		if (from[l] >= to[l]) continue;
		const [first, last] = [from[l] * width, to[l] * width];
		let most = 0;
		for (let b = 0; b < width; b++) most = Math.max(most, before[last + b] - before[first + b] + rounding[b]);
		sums[l] = unknown[to[l]] === unknown[from[l]] ? SLACK * most : Number.POSITIVE_INFINITY;
	}
	return sums;
}

/** The same for keys that all queries see. */
function sumOfAll(bounds: Float64Array, rows: Float64Array, offset: Float64Array): number {
	const width = offset.length;
	const more = offset.map(Math.abs);
	const sums = new Float64Array(width);
	for (let row = 0, at = 0; row < bounds.length; row++) {
		const bound = bounds[row];
		if (bound === 0) at += width;
		else for (let b = 0; b < width; b++) sums[b] += bound * (Math.abs(rows[at++]) + more[b]);
	}
	return bounded(SLACK * (1 + 2 * u * bounds.length) * sums.reduce((most, x) => Math.max(most, bounded(x)), 0));
}

/** At least what is lost of an entry below the normal range: powers of queries stay below 2^400, and keys near 1 but for lengths that cannot be scaled. */
export function lostBelow(part: Part): number {
	const { largest, nu, d, d_v, group, queries, keys, scale, keyScale } = part;
	const query = 1 + d * (largest.q + nu.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
	const factors = [query, 1 + largest.key, 1 + d_v * largest.v, 1 + d_v * largest.upstream];
	return [...factors, 1 + scale / keyScale + keyScale].reduce(times, 2 ** -500 * (group * queries + keys));
}
