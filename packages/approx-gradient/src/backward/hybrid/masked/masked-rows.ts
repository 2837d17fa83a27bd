import { Matrix } from "@attgrad/matrix-core";
import { plus } from "../../../error-bound/index.ts";
import type { HybridHead } from "../hybrid-head.ts";
import { type FeatureReach, type ReachTotals, type RowPass, totalsOf } from "../row-pass.ts";
import { CoreKeys } from "./core-keys.ts";
import { keysOfChunk, rowsOfChunk, type SequenceChunks } from "./head-mask.ts";
import { edgeMembers, edgeRounding, type MaskedHead, type QueryChunk } from "./masked-head.ts";

/** Rows with a smaller normaliser are exact: what weights lose below the normal range is nothing beside a larger one. */
const LEAST_NORMALISER = 2 ** -300;

/**
 * The rows of queries with a mask, as `rowPass` without: features stand for the weights of the core, e_jl, and those of other visible keys are computed as they are: e_jl = 0. Every bound is
 * of sums Σ_l e_jl z_l over the core then, with the residuals of its keys alone. Rows without a core have an infinite bound. O(n (K + s) d d_v) for chunks of s rows.
 */
export async function maskedRows(head: MaskedHead, sequences: readonly SequenceChunks[]): Promise<RowPass> {
	const made = noRows(head);
	for (const sequence of sequences) {
		const { chunks } = sequence;
		const core = new CoreKeys(head, sequence.keys, chunks);
		const totals = chunkTotals(head.reach, sequence);
		for (let c = 0; c < chunks.queryChunks; c++) {
			const keys = keysOfChunk(sequence, c);
			if (!keys) continue;
			const [first, last] = [chunks.first[c], chunks.last[c]];
			const sums = await core.at(first, last);
			const chunk = { rows: rowsOfChunk(sequence, c), keys, chunks: last - first, core: sums };
			put(made, chunk.rows.from, await chunkRows(head, chunk, totals.slice(first, last)));
		}
	}
	return made;
}

/** Rows of which nothing is known. */
function noRows({ head: { queries, middleKeys, values }, reach }: MaskedHead): RowPass {
	const [n, d, width] = [queries.rows, middleKeys.cols, values.cols];
	const endless = () => new Float64Array(n).fill(Infinity);
	return {
		...reach,
		...{ gradients: Matrix.zeros(n, d), outputs: Matrix.zeros(n, width - 1), cotangents: Matrix.zeros(n, width) },
		...{ normaliser: new Float64Array(n), nu: endless(), theta: endless(), reach: endless() },
		...{ deltaError: endless(), bounds: endless(), outputBounds: endless() },
	};
}

/** Puts the rows of a chunk in their place. */
function put(made: RowPass, from: number, chunk: RowPass): void {
	for (const name of ["gradients", "outputs", "cotangents"] as const)
		made[name].data.set(chunk[name].data, from * made[name].cols);
	for (const name of ["normaliser", "nu", "theta", "reach", "deltaError", "bounds", "outputBounds"] as const)
		made[name].set(chunk[name], from);
}

/** @param totals of the key chunks of the core */
async function chunkRows(masked: MaskedHead, chunk: QueryChunk, totals: readonly ReachTotals[]): Promise<RowPass> {
	const { head, reach } = masked;
	const { rows, keys } = chunk;
	const ofChunk: HybridHead = {
		...head,
		queries: head.queries.slice(rows.from, rows.to),
		upstream: head.upstream.slice(rows.from, rows.to),
		keys: head.keys.slice(keys.from, keys.to),
	};
	const members = edgeMembers(keys);
	const relative = reach.relative.and(edgeRounding(masked, rows, members));
	const ofKeys = [...totals, edgeTotals(reach, members)].reduce(added);
	const made = await masked.rows(chunk, ofChunk, { ...chunkReach(reach, chunk), relative, totals: ofKeys });
	for (const [i, D] of made.normaliser.entries()) if (!(D >= LEAST_NORMALISER)) made.nu[i] = Infinity;
	return made;
}

/** Sizes of the rows of a chunk and of its core. Sums over chunks have a few more roundings than sums over as many keys, which count as roundings of the features. */
function chunkReach(
	{ alpha, beta, lengths, rank }: FeatureReach,
	{ rows, keys: { core }, chunks }: QueryChunk,
): Pick<FeatureReach, "alpha" | "beta" | "lengths" | "rank"> {
	return {
		alpha: alpha.subarray(rows.from, rows.to),
		beta: beta.subarray(core.from, core.to),
		lengths: lengths.subarray(core.from, core.to),
		rank: rank + 4 * chunks + 64,
	};
}

/** Sums over each key chunk of a sequence. */
const chunkTotals = ({ beta, lengths }: FeatureReach, { keys, chunks }: SequenceChunks): ReachTotals[] =>
	Array.from({ length: chunks.keyChunks }, (_, k) => {
		const [from, to] = [keys.from + k * chunks.size, Math.min(keys.to, keys.from + (k + 1) * chunks.size)];
		return totalsOf({ beta: beta.subarray(from, to), lengths: lengths.subarray(from, to) });
	});

/** Sums over the keys of an edge, whose weights have no error. */
const edgeTotals = ({ lengths }: FeatureReach, members: readonly number[]): ReachTotals => ({
	...{ count: members.length, ones: 0, spread: 0 },
	weights: members.reduce((sum, l) => plus(sum, lengths[l]), 0),
});

const added = (a: ReachTotals, b: ReachTotals): ReachTotals => ({
	count: a.count + b.count,
	ones: plus(a.ones, b.ones),
	spread: plus(a.spread, b.spread),
	weights: plus(a.weights, b.weights),
});
