import { Matrix } from "@attgrad/matrix-core";
import type { RelativeRounding } from "../../../error-bound/index.ts";
import type { HybridHead } from "../hybrid-head.ts";
import { boundedRows, type FeatureReach, type RowPass, type RowSums } from "../row-pass.ts";
import { CoreKeys, type CoreSums } from "./core-keys.ts";
import { type ChunkKeys, keysOfChunk, rowsOfChunk, type SequenceChunks } from "./head-mask.ts";
import { type EdgeWeights, edgeMembers, edgeRounding, edgeWeights, type MaskedFeatures } from "./masked-features.ts";

/** Rows with a smaller normaliser are exact: what weights lose below the normal range is nothing beside a larger one. */
const LEAST_NORMALISER = 2 ** -300;

/** A query chunk with the keys that its rows see. */
interface QueryChunk {
	readonly rows: { readonly from: number; readonly to: number };
	readonly keys: ChunkKeys;
	/** Key chunks of the core. */
	readonly chunks: number;
	readonly core: CoreSums;
}

/**
 * The rows of queries with a mask, as `rowPass` without: features stand for the weights of the core, e_jl, and those of other visible keys are computed as they are: e_jl = 0. Every bound is
 * of sums Σ_l e_jl z_l over the core then, with the residuals of its keys alone. Rows without a core have an infinite bound. O(n (K + s) d d_v) for chunks of s rows.
 */
export async function maskedRows(features: MaskedFeatures, sequences: readonly SequenceChunks[]): Promise<RowPass> {
	const made = noRows(features);
	for (const sequence of sequences) {
		const { chunks } = sequence;
		const core = new CoreKeys(features, sequence.keys, chunks);
		for (let c = 0; c < chunks.queryChunks; c++) {
			const keys = keysOfChunk(sequence, c);
			if (!keys) continue;
			const [first, last] = [chunks.first[c], chunks.last[c]];
			const sums = await core.at(first, last);
			const chunk = { rows: rowsOfChunk(sequence, c), keys, chunks: last - first, core: sums };
			put(made, chunk.rows.from, await chunkRows(features, chunk));
		}
	}
	return made;
}

/** Rows of which nothing is known. */
function noRows({ head: { queries, middleKeys, values }, reach }: MaskedFeatures): RowPass {
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

async function chunkRows(features: MaskedFeatures, chunk: QueryChunk): Promise<RowPass> {
	const { head, reach, product } = features;
	const { rows, keys } = chunk;
	const members = edgeMembers(keys);
	const own = Array.from({ length: rows.to - rows.from }, (_, i) => rows.from + i);
	const edge = await edgeWeights(features, own, members);
	const ofChunk: HybridHead = {
		...head,
		queries: head.queries.slice(rows.from, rows.to),
		upstream: head.upstream.slice(rows.from, rows.to),
		keys: head.keys.slice(keys.from, keys.to),
	};
	const relative = reach.relative.and(edgeRounding(features, rows, members));
	const sums = await rowSums(features, ofChunk, chunk, edge);
	const made = await boundedRows(ofChunk, chunkReach(reach, chunk, relative), sums, chunk.core.direct, product);
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

/** The sums of the rows of a chunk over their core and its edges. */
async function rowSums(
	{ Phi, product }: MaskedFeatures,
	head: HybridHead,
	{ rows, core }: QueryChunk,
	edge: EdgeWeights,
): Promise<RowSums> {
	const { middleKeys, values, upstream } = head;
	const [n, d, width] = [upstream.rows, middleKeys.cols, values.cols];
	const all = await product(Phi.slice(rows.from, rows.to), core.sums);
	const ofEdge = edge.members.length > 0 ? await product(edge.weights, edge.values) : Matrix.zeros(n, width);
	const made = (columns: number) => Matrix.zeros(n, columns);
	const sums = {
		...{ N: made(width), outputs: made(width - 1), cotangents: made(width), gradients: made(d), keyMeans: made(d) },
		normaliser: new Float64Array(n),
	};
	addOutputs(sums, upstream, all, ofEdge);
	if (d > 0) addGradients(sums, all, await edgeGradients(sums.cotangents, edge, product));
	return sums;
}

/** N, D̃, õ and c' from the sums over the core and over the edges. */
function addOutputs(
	{ N, outputs, cotangents, normaliser }: RowSums,
	upstream: Matrix,
	all: Matrix,
	edge: Matrix,
): void {
	const [d_v, width] = [outputs.cols, N.cols];
	for (let j = 0; j < N.rows; j++) {
		const ofCore = (j + 1) * all.cols - width;
		for (let i = 0; i < width; i++) N.data[j * width + i] = all.data[ofCore + i] + edge.data[j * width + i];
		const D = N.data[j * width + d_v];
		normaliser[j] = D;
		let delta = 0;
		for (let i = 0; i < d_v; i++) {
			const output = N.data[j * width + i] / D;
			const given = upstream.data[j * d_v + i];
			outputs.data[j * d_v + i] = output;
			cotangents.data[j * width + i] = given;
			delta += given * output;
		}
		cotangents.data[j * width + d_v] = -delta;
	}
}

/** Σ_l W_jl <c'_j, v_l> k_l and Σ_l W_jl k_l over the edge of each row. */
async function edgeGradients(
	cotangents: Matrix,
	{ members, weights, values, keys }: EdgeWeights,
	product: MaskedFeatures["product"],
): Promise<{ readonly gradients: Matrix; readonly keys: Matrix }> {
	const [n, d] = [cotangents.rows, keys.cols];
	if (members.length === 0) return { gradients: Matrix.zeros(n, d), keys: Matrix.zeros(n, d) };
	const terms = await product(cotangents, values, { transposeB: true });
	multiplyEntries(terms, weights);
	return { gradients: await product(terms, keys), keys: await product(weights, keys) };
}

/** Multiplies the entries of a matrix by those of another. */
export function multiplyEntries({ data }: Matrix, by: Matrix): void {
	for (let at = 0; at < data.length; at++) data[at] *= by.data[at];
}

/** dQ / scale and m̃. */
function addGradients(
	{ cotangents, gradients, keyMeans, normaliser }: RowSums,
	all: Matrix,
	edge: { readonly gradients: Matrix; readonly keys: Matrix },
): void {
	const [d, width] = [gradients.cols, cotangents.cols];
	for (let j = 0; j < gradients.rows; j++) {
		for (let b = 0, at = j * all.cols; b < d; b++) {
			let total = edge.gradients.data[j * d + b];
			for (let i = 0; i < width; i++) total += cotangents.data[j * width + i] * all.data[at++];
			gradients.data[j * d + b] = total / normaliser[j];
			keyMeans.data[j * d + b] = (all.data[at - 1] + edge.keys.data[j * d + b]) / normaliser[j];
		}
	}
}
