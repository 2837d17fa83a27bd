import { Matrix } from "@attgrad/matrix-core";
import { RelativeRounding } from "../../../error-bound/index.ts";
import { type BlockForms, residualForms, rowsAt, symmetricPairs } from "../../../feature-maps/residual-forms.ts";
import { chunksOver } from "../../chunks.ts";
import { SlidingFold, sum } from "../../core/sliding-fold.ts";
import {
	boundedColumns,
	type ColumnPass,
	columnsOf,
	keyBoundsOf,
	keyGradients,
	noColumns,
	noForms,
	queryForms,
} from "../column-pass.ts";
import {
	type ColumnBounds,
	groupOf,
	type QueryWeights,
	querySums,
	queryWeights,
	WEIGHTS,
	type WeighedQueries,
	weighedQueries,
} from "../query-sums.ts";
import type { RowPass } from "../row-pass.ts";
import { keysOfChunk, rowsOfChunk, type SequenceChunks } from "./head-mask.ts";
import { edgeMembers, edgeWeights, type MaskedFeatures } from "./masked-features.ts";
import { multiplyEntries } from "./masked-rows.ts";

/** The queries that are kept, with their weights. */
interface Kept {
	readonly rows: RowPass;
	/** 1 for a query that is kept. */
	readonly isKept: Uint8Array;
	readonly weights: QueryWeights;
	readonly bounds: ColumnBounds;
}

/** The kept queries of a chunk. */
interface KeptChunk {
	/** Indices of the head, and the first row of the chunk. */
	readonly members: readonly number[];
	readonly first: number;
	/** Columns of all queries of the chunk, and sums over them. */
	readonly weighed: WeighedQueries;
	readonly cotangents: Matrix;
}

/** Sums over edges: what they add to dK, dV and to second-order terms of bounds, and the numbers (`WeighedQueries`) of the queries at the edge of each key chunk. */
interface EdgeSums {
	readonly dK: Matrix;
	readonly dV: Matrix;
	readonly extra: Matrix;
	readonly numbers: Float64Array[];
}

/**
 * dK and dV with a mask, as `columnPass` without: features stand for the weights of the queries that have a key in their core, whose residual matrix bounds the first-order errors of its row. Pairs
 * at the edges have weights without error, and share the errors of normalisers and outputs. O(n (K + s) d d_v) for chunks of s rows.
 */
export async function maskedColumns(
	features: MaskedFeatures,
	sequences: readonly SequenceChunks[],
	rows: RowPass,
	kept: readonly number[],
	bounds: ColumnBounds,
): Promise<ColumnPass> {
	const { head } = features;
	const [n, d, d_v] = [head.keys.rows, head.queries.cols, head.values.cols - 1];
	const made = noColumns(n, d, d_v);
	if (kept.length === 0) return made;
	const isKept = new Uint8Array(head.queries.rows);
	for (const j of kept) isKept[j] = 1;
	// Sums over chunks join up to three times, and edges add to them: at most five roundings for each query.
	const weights = queryWeights(head, rows, kept, bounds, 5 * kept.length + rows.rank + 64);
	for (const sequence of sequences) await addSequence(features, sequence, { rows, isKept, weights, bounds }, made);
	return made;
}

async function addSequence(
	features: MaskedFeatures,
	sequence: SequenceChunks,
	kept: Kept,
	made: ColumnPass,
): Promise<void> {
	const { head } = features;
	const { chunks, keys } = sequence;
	const [d, d_v] = [head.queries.cols, head.values.cols - 1];
	const count = keys.to - keys.from;
	const edges: EdgeSums = {
		...{ dK: Matrix.zeros(count, d), dV: Matrix.zeros(count, d_v), extra: Matrix.zeros(count, d_v + d) },
		numbers: Array.from({ length: chunks.keyChunks }, () => new Float64Array(3 * (d_v + d))),
	};
	const core = new CoreQueries(features, kept.bounds);
	for (let c = 0; c < chunks.queryChunks; c++) {
		const own = keptChunk(features, sequence, c, kept);
		await core.add(own);
		await addEdges(features, sequence, c, own, edges);
	}
	for (let k = chunks.keyChunks - 1; k >= 0; k--) {
		const sums = core.at(chunksOver(chunks, k), chunks.queryChunks);
		await finishKeys(features, sequence, k, { sums, edges, kept }, made);
	}
}

function keptChunk(
	{ head }: MaskedFeatures,
	sequence: SequenceChunks,
	c: number,
	{ rows, isKept, weights }: Kept,
): KeptChunk {
	const { from, to } = rowsOfChunk(sequence, c);
	const members: number[] = [];
	for (let j = from; j < to; j++) if (isKept[j] === 1) members.push(j);
	const own = { ...head, queries: head.queries.slice(from, to), upstream: head.upstream.slice(from, to) };
	const ofChunk = weights.weights.subarray(WEIGHTS * from, WEIGHTS * to);
	return {
		...{ members, first: from },
		weighed: weighedQueries(own, { ...weights, weights: ofChunk }),
		cotangents: rows.cotangents.slice(from, to),
	};
}

/** Sums over the queries of a core. */
interface QueryCore {
	/** K x columns of `columnsOf`. */
	readonly sums: Matrix;
	readonly forms: Omit<BlockForms, "cross">;
	readonly numbers: Float64Array;
}

/** Sums over the query chunks that have a key chunk in their core, from the last key chunk to the first. */
class CoreQueries {
	readonly #features: MaskedFeatures;
	readonly #bounds: ColumnBounds;
	/** The sums of each chunk: those with features, forms, numbers, groups and raises. */
	readonly #chunks: Float64Array[] = [];
	readonly #columns: number;
	readonly #forms: number;
	#fold: SlidingFold | undefined;

	constructor(features: MaskedFeatures, bounds: ColumnBounds) {
		const { head } = features;
		const [d, width] = [head.queries.cols, head.values.cols];
		this.#features = features;
		this.#bounds = bounds;
		this.#columns = (d + 1) * width + width - 1 + d;
		this.#forms = bounds === "sizes" ? 0 : (d + 1) * width * width;
	}

	/** Adds the next query chunk. */
	async add({ members, first, weighed, cotangents }: KeptChunk): Promise<void> {
		const { Phi, head, error, product } = this.#features;
		const [d, width] = [head.queries.cols, head.values.cols];
		const rank = Phi.cols;
		const state = new Float64Array(rank * this.#columns + this.#forms + weighed.numbers.length + 2);
		this.#chunks.push(state);
		if (members.length === 0) return;
		const own = rowsAt(Phi, members);
		const local = members.map((j) => j - first);
		const columns = columnsOf(cotangents, weighed, local);
		state.set((await product(own, columns, { transposeA: true })).data);
		const numbersAt = rank * this.#columns + this.#forms;
		state.set(weighed.numbers, numbersAt);
		if (this.#bounds === "sizes") return;
		if (!error.queryResidual) throw new Error("hybrid knows the residual matrix of its queries");
		const residual = error.queryResidual(rowsAt(head.queries, members), own);
		const blocks = { columns, blocks: d + 1, width, group: groupOf(this.#bounds) };
		const forms = await residualForms(blocks, residual, product);
		state.set(forms.own.data, rank * this.#columns);
		state.set([forms.groups, forms.raised], state.length - 2);
	}

	/**
	 * The sums over the chunks from..to-1, neither of which rises from one call to the next.
	 * @param count of all query chunks
	 */
	at({ from, to }: { readonly from: number; readonly to: number }, count: number): QueryCore {
		const { Phi, head } = this.#features;
		const width = head.values.cols;
		this.#fold ??= new SlidingFold(this.#chunks[0]?.length ?? 0, sum, true);
		// From behind both ends move forward.
		this.#fold.move(count - Math.max(from, to), count - from, (chunk, into) =>
			into.set(this.#chunks[count - 1 - chunk]),
		);
		const state = this.#fold.value;
		const formsAt = Phi.cols * this.#columns;
		const numbersAt = formsAt + this.#forms;
		const [groups, raised] = state.subarray(-2);
		return {
			sums: new Matrix(Phi.cols, this.#columns, state.subarray(0, formsAt)),
			forms: {
				own: new Matrix(this.#forms / width, width, state.subarray(formsAt, numbersAt)),
				groups,
				raised: RelativeRounding.roundings(3 * count + 8).atLeast(raised),
			},
			numbers: state.slice(numbersAt, -2),
		};
	}
}

/** Adds the pairs of a query chunk with keys beside its core. */
async function addEdges(
	features: MaskedFeatures,
	sequence: SequenceChunks,
	c: number,
	{ members: rows, first, weighed, cotangents }: KeptChunk,
	edges: EdgeSums,
): Promise<void> {
	const keys = keysOfChunk(sequence, c);
	if (!keys || rows.length === 0) return;
	const { product } = features;
	const { from } = sequence.keys;
	const d = edges.dK.cols;
	const { members, weights, values } = await edgeWeights(features, rows, edgeMembers(keys));
	if (members.length === 0) return;
	const local = rows.map((j) => j - first);
	const [factors, own] = [rowsAt(weighed.factors, local), rowsAt(cotangents, local)];
	// dO / D̃ and the columns of second-order terms.
	const beside = Matrix.zeros(rows.length, edges.dV.cols + edges.extra.cols);
	for (const [i, j] of local.entries()) {
		const row = beside.row(i);
		for (let a = 0; a < edges.dV.cols; a++) row[a] = factors.at(i, d) * own.at(i, a);
		row.set(weighed.extra.row(j), edges.dV.cols);
	}
	const ofValues = await product(weights, beside, { transposeA: true });
	const terms = await product(own, values, { transposeB: true });
	multiplyEntries(terms, weights);
	const ofKeys = await product(terms, rowsAt(factors, Array.from(local.keys()), d), { transposeA: true });
	for (const [i, l] of members.entries()) {
		addTo(edges.dK, l - from, ofKeys.row(i), 0);
		addTo(edges.dV, l - from, ofValues.row(i), 0);
		addTo(edges.extra, l - from, ofValues.row(i), edges.dV.cols);
	}
	for (const k of new Set(members.map((l) => Math.floor((l - from) / sequence.chunks.size))))
		sum(edges.numbers[k], weighed.numbers);
}

/** Adds numbers from an index on to a row. */
function addTo(target: Matrix, row: number, numbers: ArrayLike<number>, from: number): void {
	const own = target.row(row);
	for (let b = 0; b < own.length; b++) own[b] += numbers[from + b];
}

/** The rows of a key chunk from the sums over its queries. */
async function finishKeys(
	{ Psi, head, reach, product }: MaskedFeatures,
	{ keys, chunks: { size } }: SequenceChunks,
	k: number,
	{ sums, edges, kept }: { readonly sums: QueryCore; readonly edges: EdgeSums; readonly kept: Kept },
	made: ColumnPass,
): Promise<void> {
	const [from, to] = [keys.from + k * size, Math.min(keys.to, keys.from + (k + 1) * size)];
	const own = { ...head, values: head.values.slice(from, to) };
	const all = keyGradients(own, await product(Psi.slice(from, to), sums.sums));
	for (let l = 0; l < to - from; l++) {
		const row = all.extra.row(l);
		for (let i = 0; i < row.length; i++) row[i] = Math.max(0, row[i]);
		for (const name of ["dK", "dV", "extra"] as const) addTo(all[name], l, edges[name].row(from - keys.from + l), 0);
	}
	const lost = sums.numbers.slice();
	sum(lost, edges.numbers[k]);
	const weights = { ...kept.weights, count: 4 * kept.weights.count };
	const d_v = head.values.cols - 1;
	const [ofCore, ofAll] = [sums.numbers, lost].map((numbers) => querySums(numbers, weights, d_v));
	const ofKeys = { ...ofCore, valueLost: ofAll.valueLost, keyLost: ofAll.keyLost };
	const forms = kept.bounds === "sizes" ? noForms(head) : queryForms(head, ofCore, sums.forms);
	const squares = await product(symmetricPairs(own.values), forms.moments);
	const ofChunk = { ...reach, beta: reach.beta.subarray(from, to), lengths: reach.lengths.subarray(from, to) };
	const bounded = boundedColumns(ofChunk, keyBoundsOf(ofKeys, forms), { ...all, squares });
	for (const name of ["dK", "dV"] as const) made[name].data.set(bounded[name].data, from * made[name].cols);
	for (const name of ["keyBounds", "valueBounds"] as const) made[name].set(bounded[name], from);
}
