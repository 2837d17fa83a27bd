import type { BackwardProblem } from "@attgrad/attention-problem";
import { Matrix, type RowSource, type Runtime, unitRoundoff } from "@attgrad/matrix-core";
import { normUp, plus, times } from "../error-bound/index.ts";
import { centreRows } from "../polynomial/method/frame.ts";
import { requireFinite } from "../rows/require-finite.ts";
import { type ExactPart, exactPass } from "./hybrid/exact-part.ts";
import type { Part, PartRows } from "./part.ts";

/** Queries of a part that no polynomial serves, all of which see all keys. */
export interface LeftRows {
	/** Their places in the part. */
	readonly rows: readonly number[];
	readonly queryAt: readonly number[];
	readonly queries: number;
	readonly keyAt: number;
	/** The centres of keys and values, as given. */
	readonly keyCentre: Float64Array;
	readonly valueCentre: Float64Array;
	readonly given: PartRows;
}

/** Rows of a part that are left, apart from the memory that the part is in. */
export const leftRows = (
	{ queryAt, queries, keyAt, keyCentre, valueCentre }: Part,
	given: PartRows,
	rows: readonly number[],
): LeftRows => ({
	...{ rows, queryAt, queries, keyAt, given },
	...{ keyCentre: keyCentre.slice(), valueCentre: valueCentre.slice() },
});

/**
 * The gradients and outputs of the rows that are left, in the units of the problem, by the exact pass on the runtime's kernels, with bounds. Keys and values are
 * taken about their centres, which changes no weight and no gradient. O(n) a row.
 * @throws ComputationError (failed) where keys or values about their centres overflow
 */
export async function exactLeftRows(
	{ scale, d, d_v }: BackwardProblem<RowSource>,
	{ rows, queries, keyCentre, valueCentre, given }: LeftRows,
	runtime: Runtime,
): Promise<ExactPart> {
	const { heads, queries: range, keys: seen } = given;
	const [{ K, V }] = heads;
	const keys = centred(K, seen, keyCentre);
	const values = centred(V, seen, valueCentre);
	// Differences of finite numbers may overflow, which is no mistake in the problem.
	requireFinite("polynomial", { keys, values });
	const [own, upstream] = [Matrix.zeros(rows.length, d), Matrix.zeros(rows.length, d_v)];
	for (const [at, row] of rows.entries()) {
		const { Q, dO } = heads[Math.floor(row / queries)];
		const from = range.from + (row % queries);
		Q.readRows(from, from + 1, own.row(at));
		dO?.readRows(from, from + 1, upstream.row(at));
	}
	const made = await exactPass({ Q: own, K: keys, V: values, dO: upstream, scale }, runtime);
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

function centred(source: RowSource, { from, to }: PartRows["keys"], centre: Float64Array): Matrix {
	const made = Matrix.zeros(to - from, source.cols);
	source.readRows(from, to, made.data);
	centreRows(made.data, centre, made.rows, made.data);
	return made;
}

function largestNorm(rows: Matrix): number {
	let most = 0;
	for (let l = 0; l < rows.rows; l++) most = Math.max(most, normUp(rows.row(l)));
	return most;
}
