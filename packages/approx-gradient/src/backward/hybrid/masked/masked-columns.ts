import { chunksOver, isConstant } from "../../chunks.ts";
import { sum } from "../../core/sliding-fold.ts";
import { type ColumnPass, keyBoundsOf, noColumns, noForms, queryForms } from "../column-pass.ts";
import {
	type ColumnBounds,
	type QueryWeights,
	querySums,
	queryWeights,
	WEIGHTS,
	weighedQueries,
} from "../query-sums.ts";
import type { RowPass } from "../row-pass.ts";
import { CoreQueries } from "./core-queries.ts";
import { keysOfChunk, rowsOfChunk, type SequenceChunks } from "./head-mask.ts";
import type { KeptChunk, MaskedHead, QueryCore } from "./masked-head.ts";

/** The queries that are kept, with their weights. */
interface Kept {
	readonly rows: RowPass;
	/** 1 for a query that is kept. */
	readonly isKept: Uint8Array;
	readonly weights: QueryWeights;
	readonly bounds: ColumnBounds;
}

/**
 * dK and dV with a mask, as `columnPass` without: features stand for the weights of the queries that have a key in their core, whose residual matrix bounds the first-order errors of its row. Pairs
 * at the edges have weights without error, and share the errors of normalisers and outputs. O(n (K + s) d d_v) for chunks of s rows.
 */
export async function maskedColumns(
	masked: MaskedHead,
	sequences: readonly SequenceChunks[],
	rows: RowPass,
	kept: readonly number[],
	bounds: ColumnBounds,
): Promise<ColumnPass> {
	const { head } = masked;
	const made = noColumns(head.keys.rows, head.queries.cols, head.values.cols - 1);
	if (kept.length === 0) return made;
	const isKept = new Uint8Array(head.queries.rows);
	for (const j of kept) isKept[j] = 1;
	// Sums over chunks join up to three times, and edges add to them: at most five roundings for each query.
	const weights = queryWeights(head, rows, kept, bounds, 5 * kept.length + rows.rank + 64);
	for (const sequence of sequences) await addSequence(masked, sequence, { rows, isKept, weights, bounds }, made);
	return made;
}

async function addSequence(masked: MaskedHead, sequence: SequenceChunks, kept: Kept, made: ColumnPass): Promise<void> {
	const { chunks } = sequence;
	const core = new CoreQueries(masked, kept.bounds, !isConstant(chunks.first));
	const queries: KeptChunk[] = [];
	for (let c = 0; c < chunks.queryChunks; c++) {
		const own = keptChunk(masked, sequence, c, kept);
		queries.push(own);
		await core.add(own);
	}
	for (let k = chunks.keyChunks - 1; k >= 0; k--) {
		const edge = queries.filter((own, c) => own.members.length > 0 && isAtEdge(sequence, c, k));
		await addKeys(masked, sequence, k, { core: core.at(chunksOver(chunks, k)), edge, kept }, made);
	}
}

/** The kept queries of a chunk with their columns. */
function keptChunk({ head }: MaskedHead, sequence: SequenceChunks, c: number, kept: Kept): KeptChunk {
	const rows = rowsOfChunk(sequence, c);
	const members: number[] = [];
	for (let j = rows.from; j < rows.to; j++) if (kept.isKept[j] === 1) members.push(j);
	const own = {
		...head,
		queries: head.queries.slice(rows.from, rows.to),
		upstream: head.upstream.slice(rows.from, rows.to),
	};
	const weights = kept.weights.weights.subarray(WEIGHTS * rows.from, WEIGHTS * rows.to);
	return {
		...{ rows, members },
		weighed: weighedQueries(own, { ...kept.weights, weights }),
		cotangents: kept.rows.cotangents.slice(rows.from, rows.to),
	};
}

/** Whether a query chunk sees some of a key chunk beside its core. */
function isAtEdge(sequence: SequenceChunks, c: number, k: number): boolean {
	const keys = keysOfChunk(sequence, c);
	const { first, last, size } = sequence.chunks;
	if (!keys || (k >= first[c] && k < last[c])) return false;
	const from = sequence.keys.from + k * size;
	return keys.from < from + size && keys.to > from;
}

/** Puts the rows of a key chunk in their place. */
async function addKeys(
	masked: MaskedHead,
	{ keys, chunks: { size } }: SequenceChunks,
	k: number,
	{ core, edge, kept }: { readonly core: QueryCore; readonly edge: readonly KeptChunk[]; readonly kept: Kept },
	made: ColumnPass,
): Promise<void> {
	const { head, reach } = masked;
	const rows = { from: keys.from + k * size, to: Math.min(keys.to, keys.from + (k + 1) * size) };
	const lost = core.numbers.slice();
	for (const { weighed } of edge) sum(lost, weighed.numbers);
	const weights = { ...kept.weights, count: 4 * kept.weights.count };
	const d_v = head.values.cols - 1;
	const [ofCore, ofAll] = [core.numbers, lost].map((numbers) => querySums(numbers, weights, d_v));
	const ofKeys = { ...ofCore, valueLost: ofAll.valueLost, keyLost: ofAll.keyLost };
	const forms = kept.bounds === "sizes" ? noForms(head) : queryForms(head, ofCore, core.forms);
	const chunk = { rows, core, edge, moments: forms.moments, known: keyBoundsOf(ofKeys, forms) };
	const own = await masked.columns(chunk, {
		...reach,
		beta: reach.beta.subarray(rows.from, rows.to),
		lengths: reach.lengths.subarray(rows.from, rows.to),
	});
	for (const name of ["dK", "dV"] as const) made[name].data.set(own[name].data, rows.from * made[name].cols);
	for (const name of ["keyBounds", "valueBounds"] as const) made[name].set(own[name], rows.from);
}
