import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { rowsTimes } from "../../rows/rows-times.ts";
import type { Method } from "../method/approximation.ts";
import { LEAST_REACH } from "./bounds/limits.ts";

/**
 * Rows that a prediction looks at, one of so many, within these numbers, and keys: together a quarter as many pairs as there are rows,
 * some percent of a run's work. A part of the rows are those of largest reach among a scan of more, and of the keys the longest ones, for
 * a few rows or keys may make most of a bound, or of the time.
 */
const SAMPLE = {
	rows: { share: 1024, least: 64, most: 1024, scanShare: 64 },
	keys: { least: 256, most: 1024, scanShare: 32 },
	mostScanned: 2 ** 13,
	top: 1 / 4,
};

/** A row or a key of a sample, and how many of the problem it stands for. */
export interface Drawn {
	readonly at: number;
	readonly share: number;
}

/** A row of A1 of a sample. */
export interface DrawnRow extends Drawn {
	/** The centred query. */
	readonly query: Float64Array;
	/** At least its largest |score|. */
	readonly reach: number;
}

/** Rows spread over the problem, and of those that are scanned the ones of largest reach. */
export function drawnRows(problem: AttentionProblem<RowSource>, method: Pick<Method, "profile" | "space">): DrawnRow[] {
	const { n, d } = problem;
	const wanted = rowsWanted(n);
	const places = spreadOver(n, scanOf(n, wanted, SAMPLE.rows.scanShare));
	const [input, query] = [new Float64Array(d), new Float64Array(d)];
	const reaches = new Float64Array(places.length);
	for (let j = 0; j < places.length; j++) reaches[j] = readQuery(problem, method, places[j], input, query);
	return chosen(places, reaches, wanted, n).map(({ at, share }) => {
		const own = new Float64Array(d);
		return { at, share, reach: readQuery(problem, method, at, input, own), query: own };
	});
}

/** Keys spread over the problem, and of those that are scanned the ones farthest from their centre. */
export function drawnKeys(
	{ n, d, A2 }: AttentionProblem<RowSource>,
	{ profile: { keyCentre } }: Pick<Method, "profile" | "space">,
): Drawn[] {
	const { least, most, scanShare } = SAMPLE.keys;
	const wanted = Math.min(n, Math.max(least, Math.min(most, Math.floor(n / (4 * rowsWanted(n))))));
	const places = spreadOver(n, scanOf(n, wanted, scanShare));
	const key = new Float64Array(d);
	const squares = new Float64Array(places.length);
	for (let l = 0; l < places.length; l++) {
		A2.readRows(places[l], places[l] + 1, key);
		let square = 0;
		for (let b = 0; b < d; b++) square += (key[b] - keyCentre[b]) ** 2;
		squares[l] = square;
	}
	return chosen(places, squares, wanted, n);
}

/** How many rows are scanned for those that are wanted: twice as many at least. */
const scanOf = (n: number, wanted: number, share: number): number =>
	Math.min(n, Math.max(2 * wanted, Math.min(SAMPLE.mostScanned, Math.floor(n / share))));

const rowsWanted = (n: number): number => {
	const { share, least, most } = SAMPLE.rows;
	return Math.min(n, Math.max(least, Math.min(most, Math.floor(n / share))));
};

/** Numbers of `count` of n rows, one in each of as many equal parts, not evenly: rows may have a period. */
function spreadOver(n: number, count: number): Float64Array {
	const places = new Float64Array(count);
	for (let j = 0; j < count; j++)
		places[j] = count === n ? j : Math.floor(((j + ((j * 0.6180339887498949) % 1)) * n) / count);
	return places;
}

/** `wanted` of what was scanned: the largest by themselves, of the others one for as many. */
function chosen(places: Float64Array, sizes: Float64Array, wanted: number, n: number): Drawn[] {
	const each = n / places.length;
	if (places.length === wanted) return Array.from(places, (at) => ({ at, share: each }));
	const order = fromLargest(sizes);
	const top = Math.floor(SAMPLE.top * wanted);
	const rest = places.length - top;
	return Array.from({ length: wanted }, (_, j) => {
		if (j < top) return { at: places[order[j]], share: each };
		const item = top + Math.floor(((j - top + 0.5) * rest) / (wanted - top));
		return { at: places[order[item]], share: (each * rest) / (wanted - top) };
	});
}

/** Numbers of the sizes from the largest on, in which the last bits of a size do not count: sorted as numbers that end with their own number. */
function fromLargest(sizes: Float64Array): Int32Array {
	const bits = 2 * SAMPLE.mostScanned - 1;
	const sorted = sizes.slice();
	const words = new Uint32Array(sorted.buffer);
	for (let l = 0; l < sizes.length; l++) words[2 * l] = (words[2 * l] & ~bits) | l;
	sorted.sort();
	const order = new Int32Array(sizes.length);
	for (let l = 0, word = 2 * sizes.length - 2; l < order.length; l++, word -= 2) order[l] = words[word] & bits;
	return order;
}

/** Sets the centred query of a row; gives at least its largest |score|. */
function readQuery(
	{ d, A1, X, scale }: AttentionProblem<RowSource>,
	{ profile: { queryCentre, keyNorm }, space }: Pick<Method, "profile" | "space">,
	at: number,
	input: Float64Array,
	query: Float64Array,
): number {
	A1.readRows(at, at + 1, input);
	rowsTimes(input, X, scale, 1, query);
	const { data } = space.frame.queryMap;
	let [square, coordinates] = [0, 0];
	for (let b = 0; b < d; b++) {
		query[b] -= queryCentre[b];
		square += query[b] ** 2;
	}
	for (let i = 0; i < d; i++) {
		let mapped = 0;
		for (let b = 0; b < d; b++) mapped += data[i * d + b] * query[b];
		coordinates += Math.abs(mapped) * space.keyReach[i];
	}
	return Math.max(LEAST_REACH, Math.min(coordinates, Math.sqrt(square) * keyNorm, space.radius));
}
