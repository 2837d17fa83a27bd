import { Matrix, multiply, nextTurn } from "@attgrad/matrix-core";
import { plus } from "../../error-bound/index.ts";
import { requirePositive } from "../../rows/softmax-rows.ts";
import { centred } from "../../rows/spans.ts";
import type { FeatureMap } from "../feature-map.ts";
import { rowsOfBlock } from "../feature-map-gradient.ts";
import { ExactQueries } from "./exact-queries.ts";
import { HeadBounds } from "./head-bounds.ts";
import { type HeadSpans, headSpans } from "./head-spans.ts";
import type { HeadGradients, PlainHead } from "./plain-head.ts";

/**
 * The backward pass with any factorisation φ(q_j)·ψ(k_l) in place of the exponentials: f̃ in place of f in dS = f ∘ (dO Vᵀ − Δ 1ᵀ),
 * dQ = scale · dS K, dK = scale · dSᵀ Q, dV = fᵀ dO. Three passes in blocks of rows: sums over keys of ψ ⊗ (v, 1) ⊗ (k, 1), over queries of
 * φ ⊗ (dO, −Δ)/D ⊗ (q, 1), and the keys again. 6 (n_q + n_k) K (d + 1) (d_v + 1) flops, memory O(K (d + 1) (d_v + 1)). The factor of a row
 * that a map leaves open cancels.
 * @throws ComputationError (invalid) where a row's normaliser is not > 0
 */
export async function featureMapHead(head: PlainHead, map: FeatureMap, algorithm: string): Promise<HeadGradients> {
	const { Q, K, V, scale } = head;
	const spans = headSpans(head);
	const made = {
		output: Matrix.zeros(Q.rows, V.cols),
		dQ: Matrix.zeros(Q.rows, Q.cols),
		dK: Matrix.zeros(K.rows, K.cols),
		dV: Matrix.zeros(K.rows, V.cols),
	};
	const rows = rowsOfBlock(map.rank);
	const keys = await keySums(head, map, spans, rows);
	const bounds = map.error ? new HeadBounds(head, map.error, spans, { ...keys, rank: map.rank, rows }) : undefined;
	const exact = new ExactQueries(head, spans, made);
	const querySums = Matrix.zeros(map.rank, (V.cols + 1) * Q.cols);
	const valueSums = Matrix.zeros(map.rank, V.cols);
	for (let from = 0; from < Q.rows; from += rows) {
		const to = Math.min(Q.rows, from + rows);
		const queries = scaledRows(Q.slice(from, to), scale);
		const outside = map.outside?.(queries);
		const features = map.queryFeatures(queries);
		const all = multiply(features, keys.sums);
		const adjoint = Matrix.zeros(to - from, V.cols + 1);
		const normalisers = new Float64Array(to - from);
		for (let j = 0; j < to - from; j++)
			if (outside?.[j] === 1) {
				features.row(j).fill(0);
				exact.add(from + j);
			} else normalisers[j] = queryRow({ head, spans, made, algorithm }, all.row(j), from + j, adjoint.row(j));
		bounds?.add(from, queries, features, normalisers);
		addTo(valueSums, multiply(features, columns(adjoint, V.cols), { transposeA: true }));
		addTo(querySums, multiply(features, outerRows(adjoint, Q.slice(from, to)), { transposeA: true }));
		await nextTurn();
	}
	await keyGradients(head, map, spans, { querySums, valueSums }, made, rows);
	return { ...made, exactRows: exact.count, ...(bounds && { errors: bounds.result() }) };
}

/** Output and dQ of a query from its sums Σ_l Ã_jl v'_i k'_b; puts (dO, −Δ)/D into `adjoint`, and gives D. */
function queryRow(
	{
		head,
		spans,
		made,
		algorithm,
	}: {
		readonly head: PlainHead;
		readonly spans: HeadSpans;
		readonly made: Pick<HeadGradients, "output" | "dQ">;
		readonly algorithm: string;
	},
	sums: ArrayLike<number>,
	row: number,
	adjoint: Matrix["data"],
): number {
	const { dO, scale, K, V } = head;
	const [d, d_v] = [K.cols, V.cols];
	const width = d + 1;
	const D = sums[d_v * width + d] as number;
	requirePositive(algorithm, row, D, "it takes more features");
	let delta = 0;
	for (let i = 0; i < d_v; i++) {
		const o = sums[i * width + d] / D;
		made.output.data[row * d_v + i] = o + spans.valueCentre[i];
		delta += dO.at(row, i) * o;
		adjoint[i] = dO.at(row, i) / D;
	}
	adjoint[d_v] = -delta / D;
	for (let b = 0; b < d; b++) {
		let sum = 0;
		for (let i = 0; i <= d_v; i++) sum += adjoint[i] * sums[i * width + b];
		made.dQ.data[row * d + b] = scale * sum;
	}
	return D;
}

/** Σ_l ψ_l ⊗ (v'_l, 1) ⊗ (k'_l, 1) over all keys, Σ_l |ψ_lm|, max_l |ψ_lm|, and Σ_l β_l of the map's error. */
async function keySums({ K, V }: PlainHead, map: FeatureMap, spans: HeadSpans, rows: number) {
	const { rank } = map;
	const sums = Matrix.zeros(rank, (V.cols + 1) * (K.cols + 1));
	const [absolute, largest] = [new Float64Array(rank), new Float64Array(rank)];
	let error = 0;
	for (let from = 0; from < K.rows; from += rows) {
		const to = Math.min(K.rows, from + rows);
		const keys = K.slice(from, to);
		const all = map.keyFeatures(keys, from);
		const features = columns(all, rank);
		const values = withOne(centred(V.slice(from, to), spans.valueCentre));
		addTo(sums, multiply(features, outerRows(values, withOne(centred(keys, spans.keyCentre))), { transposeA: true }));
		for (let l = 0, at = 0; l < to - from; l++)
			for (let m = 0; m < rank; m++, at++) {
				const size = Math.abs(features.data[at]);
				absolute[m] = absolute[m] + size;
				largest[m] = Math.max(largest[m] as number, size);
			}
		if (map.error?.kind === "product") for (const beta of map.error.keys(keys, all)) error = plus(error, beta);
		await nextTurn();
	}
	return { sums, absolute, largest, error };
}

/** Adds what the covered queries give to dK and dV. */
async function keyGradients(
	{ K, V, scale }: PlainHead,
	map: FeatureMap,
	spans: HeadSpans,
	{ querySums, valueSums }: { readonly querySums: Matrix; readonly valueSums: Matrix },
	{ dK, dV }: Pick<HeadGradients, "dK" | "dV">,
	rows: number,
): Promise<void> {
	const [d, d_v] = [K.cols, V.cols];
	for (let from = 0; from < K.rows; from += rows) {
		const to = Math.min(K.rows, from + rows);
		const features = columns(map.keyFeatures(K.slice(from, to), from), map.rank);
		const values = withOne(centred(V.slice(from, to), spans.valueCentre));
		const all = multiply(features, querySums);
		addTo(dV.slice(from, to), multiply(features, valueSums));
		for (let l = 0; l < to - from; l++)
			for (let b = 0; b < d; b++) {
				let sum = 0;
				for (let i = 0; i <= d_v; i++) sum += values.at(l, i) * all.at(l, i * d + b);
				dK.data[(from + l) * d + b] = dK.data[(from + l) * d + b] + scale * sum;
			}
		await nextTurn();
	}
}

const scaledRows = (rows: Matrix, factor: number): Matrix =>
	Matrix.build(rows.rows, rows.cols, (j, b) => factor * rows.at(j, b));

/** Rows with a 1 behind. */
const withOne = (rows: Matrix): Matrix =>
	Matrix.build(rows.rows, rows.cols + 1, (l, i) => (i < rows.cols ? rows.at(l, i) : 1));

/** The first columns. */
const columns = (rows: Matrix, count: number): Matrix =>
	rows.cols === count ? rows : Matrix.build(rows.rows, count, (l, m) => rows.at(l, m));

/** Rows a_l ⊗ b_l. */
const outerRows = (a: Matrix, b: Matrix): Matrix =>
	Matrix.build(a.rows, a.cols * b.cols, (l, at) => a.at(l, Math.floor(at / b.cols)) * b.at(l, at % b.cols));

function addTo(target: Matrix, terms: Matrix): void {
	for (let at = 0; at < terms.data.length; at++) target.data[at] = target.data[at] + terms.data[at];
}
