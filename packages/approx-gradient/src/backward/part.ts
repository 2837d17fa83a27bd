import {
	type BackwardProblem,
	type Head,
	headsOf,
	type KeyIntervals,
	type RowRange,
	sequencesOf,
	visibleKeys,
} from "@attgrad/attention-problem";
import type { Numbers, RowSource } from "@attgrad/matrix-core";

/**
 * A part that nothing connects with the others: one sequence of one head of keys, with the queries of every head of its group.
 * Scores are taken about centres, score = <q + ν, k> up to a constant of the row, and ω = e^<ν, k>. Keys are scaled by a
 * power of two to a length of at most 1, and queries by its inverse.
 */
export interface Part {
	/** Whether an earlier part has the same keys, to whose dK and dV those of this one are added. */
	readonly continued: boolean;
	/** Heads of queries. */
	readonly group: number;
	readonly d: number;
	readonly d_v: number;
	/** The rows of one head of queries that this part has, and of keys. */
	readonly queries: number;
	readonly keys: number;
	readonly intervals: KeyIntervals;
	/** Where the queries of each head, and the keys, begin in all rows. */
	readonly queryAt: readonly number[];
	readonly keyAt: number;
	/** scale · Q - ν, head by head, (group · queries) x d. */
	readonly q: Float64Array;
	/** dO, (group · queries) x d_v. */
	readonly upstream: Float64Array;
	/** keys x d. */
	readonly k: Float64Array;
	/** keys x d_v, about their centre. */
	readonly v: Float64Array;
	readonly keyNorm: Float64Array;
	readonly omega: Float64Array;
	readonly nu: Float64Array;
	/** μ, of the keys as given, and the centre of values. */
	readonly keyCentre: Float64Array;
	readonly valueCentre: Float64Array;
	/** The factor of the keys; a dQ is that of these numbers times scale / keyScale, a dK times keyScale. */
	readonly keyScale: number;
	readonly scale: number;
	/** Largest |q_b|, ‖k‖, |v_i| and |dO_i|. */
	readonly largest: Readonly<Record<"q" | "key" | "v" | "upstream", number>>;
}

/** Scores |<ν, k>| up to which queries are taken about a centre: weights ω stay within e^±4. */
export const MOST_TILT = 4;

/** Rows that a centre is made of at most. */
const CENTRE_ROWS = 256;

/** Room for so many numbers, of unknown content. */
export type Room = (length: number) => Float64Array;

/** Room of its own for each. */
export const ownRoom: Room = (length) => new Float64Array(length);

/** Heads and rows of a part that is still to be made. */
export interface PartRows {
	/** As in `Part`. */
	readonly continued: boolean;
	readonly heads: readonly Head<RowSource>[];
	readonly queries: RowRange;
	readonly keys: RowRange;
	readonly intervals: KeyIntervals;
}

/** The rows of all parts, in their order. */
export function* partRows(problem: BackwardProblem<RowSource>): Generator<PartRows> {
	const { n_q, n_k, visibility } = problem;
	const all = visibleKeys(visibility, n_q, n_k);
	const sequences = sequencesOf(visibility, n_q, n_k);
	const group = problem.heads / problem.keyHeads;
	const heads = headsOf(problem);
	const intervals = sequences.map(({ queries, keys }) => ({
		lo: moved(all.lo, queries, keys.from),
		hi: moved(all.hi, queries, keys.from),
	}));
	for (let at = 0; at < heads.length; at += group)
		for (const [i, { queries, keys }] of sequences.entries())
			yield { continued: false, heads: heads.slice(at, at + group), queries, keys, intervals: intervals[i] };
}

/** A part as several, each with some of its queries and all of its keys. */
export function piecesOf(part: PartRows, count: number): PartRows[] {
	const { queries, intervals } = part;
	const length = Math.ceil((queries.to - queries.from) / count);
	return Array.from({ length: count }, (_, i) => {
		const [from, to] = [i * length, Math.min(queries.to - queries.from, (i + 1) * length)];
		return {
			...part,
			continued: part.continued || i > 0,
			queries: { from: queries.from + from, to: queries.from + to },
			intervals: { lo: intervals.lo.subarray(from, to), hi: intervals.hi.subarray(from, to) },
		};
	});
}

function moved(numbers: Int32Array, { from, to }: RowRange, by: number): Int32Array {
	if (by === 0) return numbers.subarray(from, to);
	const own = numbers.slice(from, to);
	for (let i = 0; i < own.length; i++) own[i] -= by;
	return own;
}

/** Rows of a part as they are given, and where its queries and keys begin in all rows. */
export type GivenRows = Pick<Part, "q" | "upstream" | "k" | "v" | "queryAt" | "keyAt">;

/** Room for the rows of a part, of unknown content, with that of its values. */
export function roomOfPart(
	{ n_q, n_k, d, d_v }: BackwardProblem<RowSource>,
	{ heads, queries, keys }: PartRows,
	room: Room,
	v = room((keys.to - keys.from) * d_v),
): GivenRows {
	const [queryCount, keyCount] = [heads.length * (queries.to - queries.from), keys.to - keys.from];
	return {
		...{ k: room(keyCount * d), v, q: room(queryCount * d), upstream: room(queryCount * d_v) },
		queryAt: heads.map(({ index }) => index * n_q + queries.from),
		keyAt: heads[0].keyIndex * n_k + keys.from,
	};
}

/** Reads the keys of a part. */
export const readKeys = ({ heads: [{ K }], keys }: PartRows, k: Float64Array): void =>
	K.readRows(keys.from, keys.to, k);

/** Reads the values of a part. */
export const readValues = ({ heads: [{ V }], keys }: PartRows, v: Float64Array): void =>
	V.readRows(keys.from, keys.to, v);

/** Reads the queries of a part, head by head. */
export function readQueries({ heads, queries }: PartRows, q: Float64Array): void {
	const length = q.length / heads.length;
	for (const [h, { Q }] of heads.entries())
		Q.readRows(queries.from, queries.to, q.subarray(h * length, (h + 1) * length));
}

/** Reads the upstream gradients of a part's queries: zeros where there are none. */
export function readUpstream({ heads, queries }: PartRows, upstream: Float64Array): void {
	const length = upstream.length / heads.length;
	for (const [h, { dO }] of heads.entries()) {
		const own = upstream.subarray(h * length, (h + 1) * length);
		if (dO) dO.readRows(queries.from, queries.to, own);
		else own.fill(0);
	}
}

/** The factor of keys of at most this length. */
export const factorOfKeys = (longest: number): number =>
	longest > 1e-280 && longest < 1e280 ? 2 ** -Math.ceil(Math.log2(longest)) : 1;

/** Makes a part; its matrices are in `room`. Cost O(n (d + d_v)). */
export function makePart(problem: BackwardProblem<RowSource>, rows: PartRows, room: Room): Part {
	const { d, d_v, scale } = problem;
	const { heads, queries, keys, intervals } = rows;
	const [queryCount, keyCount] = [queries.to - queries.from, keys.to - keys.from];
	const { q, upstream, k, v, queryAt, keyAt } = roomOfPart(problem, rows, room);
	readKeys(rows, k);
	readValues(rows, v);
	readQueries(rows, q);
	readUpstream(rows, upstream);
	const [keyCentre, valueCentre] = [centreOf(k, d), centreOf(v, d_v)];
	const largestValue = subtract(v, valueCentre);
	subtract(k, keyCentre);
	let longest = 0;
	for (let l = 0; l < keyCount; l++) longest = Math.max(longest, normAt(k, l, d));
	const keyScale = factorOfKeys(longest);
	for (let i = 0; i < k.length; i++) k[i] *= keyScale;
	const factor = scale / keyScale;
	for (let i = 0; i < q.length; i++) q[i] *= factor;
	const keyNorm = new Float64Array(keyCount);
	longest = 0;
	for (let l = 0; l < keyCount; l++) longest = Math.max(longest, (keyNorm[l] = normAt(k, l, d) * (1 + 1e-12)));
	const omega = room(keyCount);
	const { nu, largest } = tilt(q, k, d, omega);
	return {
		continued: rows.continued,
		...{ group: heads.length, d, d_v, queries: queryCount, keys: keyCount, intervals },
		...{ queryAt, keyAt, q, upstream, k, v, keyNorm, omega, nu },
		...{ keyCentre, valueCentre, keyScale, scale },
		largest: { q: largest, key: longest, v: largestValue, upstream: subtract(upstream, new Float64Array(d_v)) },
	};
}

/** The median of some rows times a factor, which far rows do not move. */
export function centreOf(rows: Float64Array, width: number, factor = 1): Float64Array {
	const count = rows.length / width;
	const step = Math.ceil(count / CENTRE_ROWS);
	const centre = new Float64Array(width);
	const sample = new Float64Array(Math.ceil(count / step));
	for (let b = 0; b < width; b++) {
		for (let i = 0; i < sample.length; i++) sample[i] = rows[i * step * width + b] * factor;
		centre[b] = select(sample, sample.length >> 1);
	}
	return centre;
}

/** The same of the queries of a part times a factor, read one by one. */
export function queryCentre(
	{ d }: BackwardProblem<RowSource>,
	{ heads, queries }: PartRows,
	factor: number,
): Float64Array {
	const own = queries.to - queries.from;
	const count = heads.length * own;
	const step = Math.ceil(count / CENTRE_ROWS);
	const sample = new Float64Array(Math.ceil(count / step) * d);
	for (let at = 0, row = 0; row < count; row += step, at += d) {
		const from = queries.from + (row % own);
		heads[Math.floor(row / own)].Q.readRows(from, from + 1, sample.subarray(at, at + d));
	}
	return centreOf(sample, d, factor);
}

/** The k-th smallest of some numbers, whose order changes (Hoare). */
function select(numbers: Float64Array, k: number): number {
	for (let [from, to] = [0, numbers.length - 1]; from < to; ) {
		const pivot = numbers[k];
		let [i, j] = [from, to];
		while (i <= j) {
			while (numbers[i] < pivot) i++;
			while (pivot < numbers[j]) j--;
			if (i > j) break;
			const x = numbers[i];
			numbers[i++] = numbers[j];
			numbers[j--] = x;
		}
		if (j < k) from = i;
		if (k < i) to = j;
	}
	return numbers[k];
}

/** Takes a centre off all rows; gives the largest size of an entry that is left. */
function subtract(rows: Float64Array, centre: Float64Array): number {
	const width = centre.length;
	let most = 0;
	for (let at = 0; at < rows.length; )
		for (let b = 0; b < width; b++) {
			const x = rows[at] - centre[b];
			rows[at++] = x;
			const size = Math.abs(x);
			if (!(size <= most)) most = size;
		}
	return most;
}

/** Takes ν, the median of the queries, off them, and sets ω = e^<ν, k>; gives ν: 0 where a key would weigh too much by it. */
function tilt(
	q: Float64Array,
	k: Float64Array,
	d: number,
	omega: Float64Array,
): { readonly nu: Float64Array; readonly largest: number } {
	const nu = centreOf(q, d);
	let most = 0;
	for (let l = 0, at = 0; l < omega.length; l++) {
		let tilted = 0;
		for (let b = 0; b < d; b++) tilted += nu[b] * k[at++];
		omega[l] = Math.exp(tilted);
		if (!(Math.abs(tilted) <= most)) most = Math.abs(tilted);
	}
	if (!(most <= MOST_TILT)) {
		omega.fill(1);
		nu.fill(0);
	}
	return { nu, largest: subtract(q, nu) };
}

/** Numbers of `readLargest`. */
export const largestLength = ({ d, d_v }: Pick<Part, "d" | "d_v">): number => d + d_v + 3;

/** Raises the largest |k_b| (d), |v_i| (d_v), ‖k‖, ‖v‖ and ω by those of the keys from..to-1. */
export function readLargest(
	{ k, v, d, d_v, keyNorm, omega }: Part,
	from: number,
	to: number,
	into: Float64Array,
): void {
	raise(k, from * d, to * d, d, into, 0);
	raise(v, from * d_v, to * d_v, d_v, into, d);
	let key = into[d + d_v];
	let value = into[d + d_v + 1];
	let weight = into[d + d_v + 2];
	for (let l = from; l < to; l++) {
		key = Math.max(key, keyNorm[l]);
		value = Math.max(value, normAt(v, l, d_v));
		weight = Math.max(weight, omega[l]);
	}
	into.set([key, value, weight], d + d_v);
}

/** Raises into[at + b] by |rows_b| for the rows of `width` numbers at from..to-1. */
function raise(rows: Float64Array, from: number, to: number, width: number, into: Float64Array, at: number): void {
	for (let row = from; row < to; row += width)
		for (let b = 0; b < width; b++) {
			const size = Math.abs(rows[row + b]);
			if (!(size <= into[at + b])) into[at + b] = size;
		}
}

/** Length of a row. */
export function normAt(rows: Numbers, row: number, width: number): number {
	const end = (row + 1) * width;
	let square = 0;
	for (let at = row * width; at < end; at++) square += rows[at] * rows[at];
	if (square > 1e-250 && square < 1e300) return Math.sqrt(square);
	let most = 0;
	for (let at = row * width; at < end; at++) most = Math.max(most, Math.abs(rows[at]));
	return most * Math.sqrt(width);
}
