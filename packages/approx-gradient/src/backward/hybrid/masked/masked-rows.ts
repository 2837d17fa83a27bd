import { Matrix } from "@attgrad/matrix-core";
import type { RelativeRounding } from "../../../error-bound/index.ts";
import type { HybridHead } from "../hybrid-head.ts";
import type { FeatureReach, RowPass } from "../row-pass.ts";
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
		for (let c = 0; c < chunks.queryChunks; c++) {
			const keys = keysOfChunk(sequence, c);
			if (!keys) continue;
			const [first, last] = [chunks.first[c], chunks.last[c]];
			const sums = await core.at(first, last);
			const chunk = { rows: rowsOfChunk(sequence, c), keys, chunks: last - first, core: sums };
			put(made, chunk.rows.from, await chunkRows(head, chunk));
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

async function chunkRows(masked: MaskedHead, chunk: QueryChunk): Promise<RowPass> {
	const { head, reach } = masked;
	const { rows, keys } = chunk;
	const ofChunk: HybridHead = {
		...head,
		queries: head.queries.slice(rows.from, rows.to),
		upstream: head.upstream.slice(rows.from, rows.to),
		keys: head.keys.slice(keys.from, keys.to),
	};
	const relative = reach.relative.and(edgeRounding(masked, rows, edgeMembers(keys)));
	const made = await masked.rows(chunk, ofChunk, chunkReach(reach, chunk, relative));
	for (const [i, D] of made.normaliser.entries()) if (!(D >= LEAST_NORMALISER)) made.nu[i] = Infinity;
	return made;
}

/**
 * Sizes of the rows of a chunk and of the keys that they see, of which those of the edge have no error. Sums over chunks have a few more roundings than sums over as many keys, which count as
 * roundings of the features.
 */
function chunkReach(
	{ alpha, beta, lengths, rank }: FeatureReach,
	{ rows, keys, chunks }: QueryChunk,
	relative: RelativeRounding,
): FeatureReach {
	const ofCore = beta.slice(keys.from, keys.to);
	ofCore.fill(0, 0, keys.core.from - keys.from);
	ofCore.fill(0, keys.core.to - keys.from);
	return {
		alpha: alpha.subarray(rows.from, rows.to),
		beta: ofCore,
		lengths: lengths.subarray(keys.from, keys.to),
		rank: rank + 4 * chunks + 64,
		relative,
	};
}
