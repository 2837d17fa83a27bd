import {
	type BackwardProblem,
	type BackwardResult,
	defineBackward,
	type Head,
	headsOf,
	type OfEachGradient,
	type Reason,
} from "@attgrad/attention-problem";
import {
	ComputationError,
	Matrix,
	materialise,
	maxAbs,
	moduleBeside,
	type RowSource,
	type Runtime,
	add as sum,
	unitRoundoff,
} from "@attgrad/matrix-core";
import type { z } from "zod";
import { ABSOLUTE_OF_ZERO, bestProved } from "../../accuracy.ts";
import { bounded, maxUp, plus, RelativeRounding, times } from "../../error-bound/index.ts";
import { requireFinite } from "../../rows/require-finite.ts";
import { type ColumnPass, noColumns } from "./column-pass.ts";
import { exactPart } from "./exact-part.ts";
import { withHeadPasses } from "./head-passes.ts";
import { HeadFeatures, type HybridHead, hybridHead } from "./hybrid-head.ts";
import { DEFAULT_RANK, hybridBackwardOptions, SHARE, SURE, whyNotHybrid } from "./hybrid-options.ts";
import { firstRank, GROWS, isHigherRankWorth, isSampled, RANKS } from "./ranks.ts";
import type { RowPass } from "./row-pass.ts";

type Options = z.output<typeof hybridBackwardOptions>;

/**
 * The backward pass of trained heads: low rank in balanced score directions, with a bound of each row from its own terms (`hybridMap`,
 * `DirectBounds`); rows of queries that are not proven are exact. O(n K (K + d d_v)) for each head, on kernels, without a mask.
 */
export const backwardHybrid = defineBackward({
	name: "hybrid",
	summary: "low rank in balanced score directions for trained heads, rows that stick out exactly; no mask",
	exact: false,
	version: 5,
	modules: [
		"hybrid-head",
		"hybrid-options",
		"head-passes",
		"ranks",
		"row-pass",
		"query-sums",
		"column-pass",
		"exact-part",
	].map((name) => moduleBeside(import.meta.url, name).href),
	options: hybridBackwardOptions,
	supports(problem): true | Reason {
		const reason = whyNotHybrid(problem);
		return reason === undefined ? true : { reason };
	},
	run: async (problem, asked, runtime) => {
		const refusal = whyNotHybrid(problem);
		if (refusal !== undefined) throw new ComputationError("invalid", refusal);
		const results = emptyResults(problem);
		for (const head of headsOf(problem)) {
			add(problem, results, head, await gradientsOf(problem, head, asked, runtime));
			runtime.onProgress?.(head.index + 1, problem.batch * problem.heads);
		}
		const result = resultOf(problem, results);
		const { output, dQ, dK, dV } = result;
		requireFinite("hybrid", { ...(output && { output }), dQ, dK, dV });
		return result;
	},
});

/** The gradients of a head with bounds of their rows. */
interface HeadGradients {
	readonly dQ: Matrix;
	readonly dK: Matrix;
	readonly dV: Matrix;
	readonly output: Matrix;
	readonly rows: OfEachGradient<Float64Array>;
	readonly rank: number;
	readonly exactRows: number;
}

async function gradientsOf(
	problem: BackwardProblem<RowSource>,
	given: Head<RowSource>,
	asked: Options,
	runtime: Runtime,
): Promise<HeadGradients> {
	const head = hybridHead(given, problem.scale);
	const values = materialise(given.V).as("f64");
	const { epsilon, relative } = asked;
	const limitOf = (size: number): number =>
		epsilon ?? (relative === undefined ? Infinity : size > 0 ? relative * size : ABSOLUTE_OF_ZERO);
	const isFixed = epsilon === undefined && relative === undefined;
	const bounds = asked.proves === "dQ" ? "sizes" : isFixed ? "small forms" : "forms";
	const sampled = !isFixed && isSampled(head.queries.rows, head.keys.rows);
	const first = isFixed ? (asked.rank ?? DEFAULT_RANK) : RANKS[sampled ? RANKS.length - 1 : 0];
	const features = await HeadFeatures.of(head, asked.seed, first, runtime);
	const exactRows = (rows: RowPass, of: HybridHead) => exactRowsOf(rows, of, (size) => limitOf(GROWS * size)).length;
	const least = sampled ? await firstRank(head, features, exactRows, runtime) : 0;
	if (least === undefined) {
		const made = await allExact({ head, values, runtime });
		if (shareOf(made, asked, limitOf) <= 1) return { ...made, rank: 0 };
	}
	const ranks = isFixed ? [first] : RANKS.filter((rank) => rank >= (least ?? 0));
	let best = Number.POSITIVE_INFINITY;
	for (const [i, rank] of ranks.entries()) {
		const { map, more } = await features.at(rank);
		const isLast = i === ranks.length - 1 || !more;
		const mapped = await withHeadPasses(map, head, runtime, async (passes) => {
			const rows = await passes.rows();
			const exact = exactRowsOf(rows, head, limitOf);
			if (!isLast && isHigherRankWorth(exact.length, head, ranks[i + 1])) return undefined;
			return { rows, exact, columns: await passes.columns(rows, keptOf(rows, exact), bounds) };
		});
		if (mapped === undefined) continue;
		const parts = { head, values, ...mapped, runtime };
		const made = await joined(parts);
		const share = shareOf(made, asked, limitOf);
		if (ranks.length === 1 || share <= 1) return { ...made, rank: map.rank };
		best = Math.min(best, share);
		if (!isLast) continue;
		const exact = await allExact(parts);
		const shareOfExact = shareOf(exact, asked, limitOf);
		if (shareOfExact <= 1) return { ...exact, rank: map.rank };
		best = Math.min(best, shareOfExact);
		break;
	}
	const accuracy = epsilon === undefined ? `relative ${relative}` : `epsilon ${epsilon}`;
	throw new ComputationError(
		"failed",
		`hybrid: no rank up to ${RANKS.at(-1)} proves ${accuracy}; ${bestProved(best)}; use streaming`,
	);
}

/** The largest bound over what is asked of its gradient. */
function shareOf(made: Omit<HeadGradients, "rank">, { proves }: Options, limitOf: (size: number) => number): number {
	const names = proves === "dQ" ? (["dQ"] as const) : (["dQ", "dK", "dV"] as const);
	const shares = names.map(
		(name) => made.rows[name].reduce((most, x) => Math.max(most, x), 0) / limitOf(maxAbs(made[name])),
	);
	return Math.max(...shares.map(bounded));
}

/** Queries whose rows are not proven well enough. */
function exactRowsOf(rows: RowPass, { scale }: HybridHead, limitOf: (size: number) => number): number[] {
	const sure = (j: number) => rows.normaliser[j] > 0 && rows.nu[j] < SURE && Number.isFinite(rows.bounds[j]);
	const { cols, data } = rows.gradients;
	let size = 0;
	// Without an accuracy no size matters.
	for (let j = 0; j < rows.nu.length && limitOf(1) < Infinity; j++) {
		if (!sure(j)) continue;
		for (let at = j * cols; at < (j + 1) * cols; at++) size = Math.max(size, scale * Math.abs(data[at]));
	}
	const limit = SHARE * limitOf(size);
	return Array.from({ length: rows.nu.length }, (_, j) => j).filter((j) => !sure(j) || scale * rows.bounds[j] > limit);
}

/** Queries whose rows are not exact. */
function keptOf({ nu }: RowPass, exact: readonly number[]): number[] {
	const isExact = new Uint8Array(nu.length);
	for (const j of exact) isExact[j] = 1;
	return Array.from(nu.keys()).filter((j) => isExact[j] === 0);
}

interface Parts {
	readonly head: HybridHead;
	readonly values: Matrix;
	readonly rows: Pick<RowPass, "gradients" | "outputs" | "bounds">;
	readonly exact: readonly number[];
	readonly columns: ColumnPass;
	readonly runtime: Runtime;
}

/** All rows exactly, where no rank proves what is asked for, or takes longer. */
function allExact({ head, values, runtime }: Pick<Parts, "head" | "values" | "runtime">) {
	const { rows: n } = head.queries;
	const [d, d_v] = [head.keys.cols, values.cols];
	return joined({
		...{ head, values, runtime },
		rows: { gradients: Matrix.zeros(n, d), outputs: Matrix.zeros(n, d_v), bounds: new Float64Array(n) },
		exact: Array.from({ length: n }, (_, j) => j),
		columns: noColumns(values.rows, d, d_v),
	});
}

/** Low-rank rows and exact ones together. */
async function joined({ head, values, rows, exact, columns, runtime }: Parts) {
	const { scale, valueCentre } = head;
	const dQ = scaled(rows.gradients, scale);
	const output = shifted(rows.outputs, valueCentre);
	const bounds = {
		dQ: scaledUp(rows.bounds, scale),
		dK: columns.keyBounds,
		dV: columns.valueBounds,
	};
	if (exact.length === 0) return { dQ, dK: columns.dK, dV: columns.dV, output, rows: bounds, exactRows: 0 };
	const part = await exactPart(head, values, exact, runtime);
	for (const [at, j] of exact.entries()) {
		dQ.row(j).set(part.dQ.row(at));
		output.row(j).set(part.outputs.row(at));
		bounds.dQ[j] = part.bounds.dQ;
	}
	const [dK, dV] = [sum(columns.dK, part.dK), sum(columns.dV, part.dV)];
	const added = (of: Float64Array, own: number, size: number) => of.map((x) => plus(plus(x, own), 2 ** -52 * size));
	return {
		...{ dQ, dK, dV, output, exactRows: exact.length },
		rows: {
			dQ: bounds.dQ,
			dK: added(bounds.dK, part.bounds.dK, maxAbs(dK)),
			dV: added(bounds.dV, part.bounds.dV, maxAbs(dV)),
		},
	};
}

/** A copy, times a number. */
function scaled(M: Matrix, factor: number): Matrix {
	const made = M.copy();
	for (let at = 0; at < made.data.length; at++) made.data[at] *= factor;
	return made;
}

/** A copy, plus a row. */
function shifted(M: Matrix, row: Float64Array): Matrix {
	const made = M.copy();
	for (let at = 0; at < made.data.length; ) for (let i = 0; i < row.length; i++) made.data[at++] += row[i];
	return made;
}

/** At least bounds times the scale, and what products lose below the normal range. */
function scaledUp(bounds: Float64Array, scale: number): Float64Array {
	const factor = RelativeRounding.roundings(4).atLeast(scale);
	const made = new Float64Array(bounds.length);
	for (let j = 0; j < made.length; j++) made[j] = plus(times(factor, bounds[j]), 2 ** -500);
	return made;
}

/** Gradients of all heads. */
interface Results {
	readonly gradients: OfEachGradient<Matrix>;
	readonly output: Matrix;
	readonly rows: OfEachGradient<Float64Array>;
	readonly ranks: number[];
	exactRows: number;
}

function emptyResults({ batch, heads, keyHeads, n_q, n_k, d, d_v }: BackwardProblem<RowSource>): Results {
	const [queries, keys] = [batch * heads * n_q, batch * keyHeads * n_k];
	return {
		gradients: { dQ: Matrix.zeros(queries, d), dK: Matrix.zeros(keys, d), dV: Matrix.zeros(keys, d_v) },
		output: Matrix.zeros(queries, d_v),
		rows: { dQ: new Float64Array(queries), dK: new Float64Array(keys), dV: new Float64Array(keys) },
		...{ ranks: [], exactRows: 0 },
	};
}

/** Adds a head; heads of a group share their keys. */
function add(
	{ n_q, n_k, heads, keyHeads }: BackwardProblem<RowSource>,
	results: Results,
	{ index, keyIndex }: Head<RowSource>,
	made: HeadGradients,
): void {
	const { gradients, output, rows } = results;
	gradients.dQ.data.set(made.dQ.data, index * n_q * made.dQ.cols);
	output.data.set(made.output.data, index * n_q * made.output.cols);
	rows.dQ.set(made.rows.dQ, index * n_q);
	for (const name of ["dK", "dV"] as const) {
		const { cols, data } = gradients[name];
		const from = keyIndex * n_k;
		if (heads === keyHeads) {
			data.set(made[name].data, from * cols);
			rows[name].set(made.rows[name], from);
			continue;
		}
		for (let at = 0; at < made[name].data.length; at++) data[from * cols + at] += made[name].data[at];
		for (let l = 0; l < n_k; l++) {
			let size = 0;
			for (let at = (from + l) * cols; at < (from + l + 1) * cols; at++) size = Math.max(size, Math.abs(data[at]));
			rows[name][from + l] = plus(plus(rows[name][from + l], made.rows[name][l]), 2 ** -52 * size);
		}
	}
	results.ranks.push(made.rank);
	results.exactRows += made.exactRows;
}

function resultOf({ Q: { dtype } }: BackwardProblem<RowSource>, results: Results): BackwardResult {
	const { gradients, output, rows, ranks, exactRows } = results;
	const ofEach = <Value>(value: (name: keyof OfEachGradient) => Value): OfEachGradient<Value> => ({
		dQ: value("dQ"),
		dK: value("dK"),
		dV: value("dV"),
	});
	// An entry is rounded to the type that was given.
	const rounding = (name: keyof OfEachGradient) =>
		dtype === "f64" ? 0 : plus(times(unitRoundoff(dtype), maxAbs(gradients[name])), 2 ** -126);
	const rowBounds = ofEach((name) => raised(rows[name], rounding(name)));
	const bounds = ofEach((name) => maxUp(rowBounds[name]));
	const proved = Object.values(bounds).every(Number.isFinite);
	return {
		...ofEach((name): Matrix => gradients[name].as(dtype)),
		output: output.as(dtype),
		rank: ranks,
		exactRows,
		certificate: { kind: proved ? "a-posteriori" : "none", bounds, rowBounds },
	};
}

/** Bounds of rows, and a number for each. */
function raised(bounds: Float64Array, by: number): Float64Array {
	const made = new Float64Array(bounds.length);
	for (let j = 0; j < made.length; j++) made[j] = by === 0 ? bounded(bounds[j]) : plus(bounds[j], by);
	return made;
}
