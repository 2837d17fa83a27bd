import type { Head, OfEachGradient } from "@attgrad/attention-problem";
import {
	ComputationError,
	Matrix,
	materialise,
	maxAbs,
	type RowSource,
	type Runtime,
	scale as scaled,
	add as sum,
} from "@attgrad/matrix-core";
import type { z } from "zod";
import { ABSOLUTE_OF_ZERO, bestProved } from "../../accuracy.ts";
import { bounded, plus, RelativeRounding, times } from "../../error-bound/index.ts";
import { type ColumnPass, noColumns } from "./column-pass.ts";
import { exactPart } from "./exact-part.ts";
import { withHeadPasses } from "./head-passes.ts";
import { HeadFeatures, type HybridHead, hybridHead } from "./hybrid-head.ts";
import { DEFAULT_RANK, type hybridBackwardOptions, SHARE, SURE } from "./hybrid-options.ts";
import type { HeadMask } from "./masked/head-mask.ts";
import { firstTry, growthOf, isNextTried, isSampled, keysByConcentration, keysOfShare, RANKS } from "./ranks.ts";
import type { RowPass } from "./row-pass.ts";

type Options = z.output<typeof hybridBackwardOptions>;

/** The gradients of a head with bounds of their rows. */
export interface HeadGradients {
	readonly dQ: Matrix;
	readonly dK: Matrix;
	readonly dV: Matrix;
	readonly output: Matrix;
	readonly rows: OfEachGradient<Float64Array>;
	/** Features of the last rank that was tried, 0 where none was. */
	readonly rank: number;
	readonly exactRows: number;
}

/**
 * The gradients of a head by low rank, with the rows that are not proved well enough exactly: at the given rank, or at one that proves the accuracy. All rows
 * are exact where a sample tells that this takes less time, or no rank proves the accuracy.
 * @throws ComputationError (failed) where exact rows do not prove it either
 */
export async function headGradients(
	given: Head<RowSource>,
	{ scale, mask }: { readonly scale: number; readonly mask: HeadMask | undefined },
	asked: Options,
	runtime: Runtime,
): Promise<HeadGradients> {
	const head = hybridHead(given, scale, mask);
	const values = materialise(given.V).as("f64");
	const { epsilon, relative } = asked;
	const limitOf = (size: number): number =>
		epsilon ?? (relative === undefined ? Infinity : size > 0 ? relative * size : ABSOLUTE_OF_ZERO);
	const isFixed = epsilon === undefined && relative === undefined;
	const bounds = asked.proves === "dQ" ? "sizes" : isFixed ? "small forms" : "forms";
	const sampled = !isFixed && !mask && isSampled(head.queries.rows, head.keys.rows);
	const first = isFixed ? (asked.rank ?? DEFAULT_RANK) : RANKS[sampled ? RANKS.length - 1 : 0];
	const takesKeys = asked.proves === "dQ" && !mask;
	const features = await HeadFeatures.of(head, asked.seed, first, runtime, sampled && takesKeys);
	const growth = sampled ? await growthOf(head, values, runtime) : 1;
	const needs = (rows: RowPass, of: HybridHead) => needsOf(rows, of, (size) => limitOf(growth * size));
	const begin = sampled ? await firstTry(head, features, needs, takesKeys, runtime) : undefined;
	const least = sampled ? (begin?.rank ?? Number.POSITIVE_INFINITY) : 0;
	const exactKeys = begin ? keysOfShare(begin.share) : keysByConcentration(head);
	const ranks = isFixed ? [first] : RANKS.filter((rank) => rank >= least);
	let [tried, best] = [0, Number.POSITIVE_INFINITY];
	for (const [i, rank] of ranks.entries()) {
		const { map, more } = await features.at(rank, isFixed ? "fixed" : "proved");
		const isLast = i === ranks.length - 1 || !more;
		const mapped = await withHeadPasses(
			map,
			head,
			runtime,
			async (passes) => {
				const rows = await passes.rows();
				const exact = exactRowsOf(rows, head, limitOf);
				if (!isLast && isNextTried(exact.length, head, ranks[i + 1])) return undefined;
				return { rows, exact, columns: await passes.columns(rows, keptOf(rows, exact), bounds) };
			},
			takesKeys ? exactKeys : undefined,
		);
		if (mapped === undefined) continue;
		const made = await joined({ head, values, ...mapped, runtime });
		const share = shareOf(made, asked, limitOf);
		if (isFixed || share <= 1) return { ...made, rank: map.rank };
		[tried, best] = [map.rank, Math.min(best, share)];
		if (isLast) break;
	}
	const exact = await allExact({ head, values, runtime });
	const share = shareOf(exact, asked, limitOf);
	if (share <= 1) return { ...exact, rank: tried };
	best = Math.min(best, share);
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
function exactRowsOf(rows: RowPass, head: HybridHead, limitOf: (size: number) => number): number[] {
	const needs = needsOf(rows, head, limitOf);
	return Array.from(needs.keys()).filter((j) => needs[j] > 1);
}

/** Bounds of rows over what they may be; Infinity where nothing is said of a row. */
function needsOf(rows: RowPass, { scale }: HybridHead, limitOf: (size: number) => number): Float64Array {
	const sure = (j: number) => rows.normaliser[j] > 0 && rows.nu[j] < SURE && Number.isFinite(rows.bounds[j]);
	const { cols, data } = rows.gradients;
	let size = 0;
	// Without an accuracy no size matters.
	for (let j = 0; j < rows.nu.length && limitOf(1) < Infinity; j++) {
		if (!sure(j)) continue;
		for (let at = j * cols; at < (j + 1) * cols; at++) size = Math.max(size, scale * Math.abs(data[at]));
	}
	const limit = SHARE * limitOf(size);
	return rows.bounds.map((bound, j) => (sure(j) ? (scale * bound) / limit : Number.POSITIVE_INFINITY));
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
	const added = (of: Float64Array, name: "dK" | "dV", size: number) =>
		of.map((x, l) => plus(plus(x, part.keyBounds?.[name][l] ?? part.bounds[name]), 2 ** -52 * size));
	return {
		...{ dQ, dK, dV, output, exactRows: exact.length },
		rows: {
			dQ: bounds.dQ,
			dK: added(bounds.dK, "dK", maxAbs(dK)),
			dV: added(bounds.dV, "dV", maxAbs(dV)),
		},
	};
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
