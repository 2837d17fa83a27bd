import type { BackwardProblem, KeyIntervals, RowRange } from "@attgrad/attention-problem";
import { Matrix, type RowSource, type Runtime, unitRoundoff } from "@attgrad/matrix-core";
import { normUp, plus, times } from "../error-bound/index.ts";
import { centreRows } from "../polynomial/method/frame.ts";
import { requireFinite } from "../rows/require-finite.ts";
import { isWhole } from "./chunks.ts";
import { type ExactPart, exactPass } from "./hybrid/exact-part.ts";
import type { Part, PartRows } from "./part.ts";

/** Queries of a part that no polynomial serves, all of which see some keys. */
export interface LeftRows {
	/** Their places in the part, by what they see. */
	readonly rows: readonly number[];
	readonly queryAt: readonly number[];
	readonly queries: number;
	readonly keyAt: number;
	/** The keys of the part that some of them see, in order. */
	readonly seen: readonly RowRange[];
	/** The centres of keys and values, as given. */
	readonly keyCentre: Float64Array;
	readonly valueCentre: Float64Array;
	readonly given: PartRows;
}

/** Multiply-adds of rows below which a pass of their own costs more than plain TypeScript: about 0.1 ms. */
const LEAST_WORK = 2 ** 14;

/** Rows of a part that are left, apart from the memory that the part is in; undefined where they are too few to be worth a pass. */
export function leftRows(part: Part, given: PartRows, unserved: readonly number[]): LeftRows | undefined {
	const { queryAt, queries, keyAt, keys, keyCentre, valueCentre, intervals, d, d_v } = part;
	const { lo, hi } = intervals;
	const place = (row: number): number => row % queries;
	// Ends of intervals never fall from a query to the next: heads of a group are taken together, so that rows beside each other see much the same keys.
	const rows = unserved.filter((row) => lo[place(row)] < hi[place(row)]).sort((a, b) => place(a) - place(b) || a - b);
	const pairs = rows.reduce((sum, row) => sum + hi[place(row)] - lo[place(row)], 0);
	if (keys <= 1 || (!isWhole(intervals, keys) && pairs * (d + d_v) < LEAST_WORK)) return;
	return {
		...{ rows, queryAt, queries, keyAt, given },
		seen: rangesOf(rows.map((row) => ({ from: lo[place(row)], to: hi[place(row)] }))),
		...{ keyCentre: keyCentre.slice(), valueCentre: valueCentre.slice() },
	};
}

/** The rows of some ranges whose ends never fall, as ranges apart from each other. */
function rangesOf(ranges: readonly RowRange[]): RowRange[] {
	const made: { from: number; to: number }[] = [];
	for (const { from, to } of ranges) {
		const last = made.at(-1);
		if (last && from <= last.to) last.to = to;
		else made.push({ from, to });
	}
	return made;
}

/**
 * The gradients and outputs of the rows that are left, in the units of the problem, by the exact pass on the runtime's kernels, with bounds. Keys and values are
 * taken about their centres, which changes no weight and no gradient. dK and dV are of the keys that some row sees. O(n) a row.
 * @throws ComputationError (failed) where keys or values about their centres overflow
 */
export async function exactLeftRows(
	{ scale, d, d_v }: BackwardProblem<RowSource>,
	left: LeftRows,
	runtime: Runtime,
): Promise<ExactPart> {
	const { rows, queries, seen, keyCentre, valueCentre, given } = left;
	const { heads, queries: range, keys: ofPart } = given;
	const [{ K, V }] = heads;
	const ranges = seen.map(({ from, to }) => ({ from: ofPart.from + from, to: ofPart.from + to }));
	const keys = centred(K, ranges, keyCentre);
	const values = centred(V, ranges, valueCentre);
	// Differences of finite numbers may overflow, which is no mistake in the problem.
	requireFinite("polynomial", { keys, values });
	const [own, upstream] = [Matrix.zeros(rows.length, d), Matrix.zeros(rows.length, d_v)];
	for (const [at, row] of rows.entries()) {
		const { Q, dO } = heads[Math.floor(row / queries)];
		const from = range.from + (row % queries);
		Q.readRows(from, from + 1, own.row(at));
		dO?.readRows(from, from + 1, upstream.row(at));
	}
	const intervals = intervalsOf(left);
	const operands = { Q: own, K: keys, V: values, dO: upstream, scale };
	const made = await exactPass({ ...operands, ...(isWhole(intervals, keys.rows) ? {} : { intervals }) }, runtime);
	for (let at = 0; at < rows.length; at++) {
		const output = made.outputs.row(at);
		for (let i = 0; i < d_v; i++) output[i] += valueCentre[i];
		for (let b = 0; b < d; b++) made.lse[at] += scale * own.at(at, b) * keyCentre[b];
	}
	// A mean is not longer than what it is of, and its centre is added.
	const length = plus(normUp(valueCentre), values.rows > 0 ? largestNorm(values) : 0);
	const output = plus(made.bounds.output, times(times(2, unitRoundoff("f64")), length));
	return { ...made, bounds: { ...made.bounds, output } };
}

/** The interval of each row among the keys that some row sees. */
function intervalsOf({ rows, queries, seen, given: { intervals } }: LeftRows): KeyIntervals {
	const [lo, hi] = [new Int32Array(rows.length), new Int32Array(rows.length)];
	let [range, before] = [0, 0];
	for (const [at, row] of rows.entries()) {
		const [from, to] = [intervals.lo[row % queries], intervals.hi[row % queries]];
		for (; to > seen[range].to; range++) before += seen[range].to - seen[range].from;
		lo[at] = before + from - seen[range].from;
		hi[at] = before + to - seen[range].from;
	}
	return { lo, hi };
}

function centred(source: RowSource, ranges: readonly RowRange[], centre: Float64Array): Matrix {
	const made = Matrix.zeros(
		ranges.reduce((sum, { from, to }) => sum + to - from, 0),
		source.cols,
	);
	let at = 0;
	for (const { from, to } of ranges) {
		source.readRows(from, to, made.slice(at, at + to - from).data);
		at += to - from;
	}
	centreRows(made.data, centre, made.rows, made.data);
	return made;
}

function largestNorm(rows: Matrix): number {
	let most = 0;
	for (let l = 0; l < rows.rows; l++) most = Math.max(most, normUp(rows.row(l)));
	return most;
}
