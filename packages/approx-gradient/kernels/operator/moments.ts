// Sums of monomials over a chunk of keys or of queries.

import { blockFeatures, RUN_SIZE } from "../features/features";
import { addMoments } from "../features/key-moments";
import { panelBytes, panelRows } from "../panels/panel";
import { headPanels, levelOf, OperatorPart, rowAt } from "./part";
import { loadColumns, scalePanel } from "./rows";

/** Bytes between the rows of a block's features: a panel more than the block, so that they do not meet in the cache. */
// @ts-ignore: decorator
@inline
function blockRow(part: OperatorPart): usize {
	return <usize>(part.blockPanels + 1) * panelBytes();
}

/** Bytes of scratch of both functions here. */
export function momentBytes(part: OperatorPart): usize {
	const P = panelBytes(), values = max(part.dv + 3, (part.degree + 1) * (part.dv + 1)) + part.dv + 3;
	return <usize>(part.d + part.nodes + 1) * blockRow(part) + <usize>(values * part.blockPanels) * P + <usize>(2 * MOMENT_COLUMNS + part.dv + 2) * P;
}

/** Runs whose features are made of a block: all, or those of degree <= g where the others are products of values. */
// @ts-ignore: decorator
@inline
function madeRuns(part: OperatorPart): i32 {
	return part.products ? part.innerRuns : part.runs;
}

/** out = x · values for the first `columns` of the panels that are `step` bytes a panel of rows. */
function scaleColumns(columns: i32, x: usize, values: usize, step: usize, length: usize, out: usize): void {
	const P = panelBytes(), own = <usize>columns * P;
	for (const last = x + length; x < last; x += P, values += step) {
		// unroll v: TILE_VECTORS
		const x$v = v128.load(x, $v * 16);
		for (let from = values; from < values + own; from += P, out += P) {
			// unroll v: TILE_VECTORS
			const s$v = v128.mul<f64>(x$v, v128.load(from, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(out, s$v, $v * 16);
		}
	}
}

/**
 * S += the moments of the monomials of degree g + 1, which are runs of a factor and of monomials before: the factor is multiplied to the values, so that
 * their features need not be made. scaled: room for the values.
 */
function addHighest(
	part: OperatorPart, columns: i32, features: usize, values: usize, step: usize, length: usize, row: usize, tile: usize, scaled: usize, S: usize,
): void {
	const moments = <usize>part.nodes << 3, end = part.runTable + <usize>part.runs * RUN_SIZE;
	let to = S + (<usize>part.inner << 3);
	for (let run = part.runTable + <usize>part.innerRuns * RUN_SIZE; run < end; run += RUN_SIZE) {
		const factor = features + <usize>load<i32>(run) * row, parent = features + <usize>load<i32>(run, 4) * row, count = load<i32>(run, 8);
		scaleColumns(columns, factor, values, step, length, scaled);
		addMoments<f64>(columns, count, parent, scaled, length, row, tile, to, moments);
		to += <usize>count << 3;
	}
}

/** S (columns x nodes: values, 1, ‖v‖², ‖k‖²) += Σ_l ω_l k_l^α times those, over the keys of a chunk. */
export function addKeyChunk(part: OperatorPart, chunk: i32, S: usize, scratch: usize): void {
	const P = panelBytes(), d = part.d, dv = part.dv, columns = dv + 3, row = blockRow(part), step = <usize>columns * P;
	const features = scratch + <usize>d * row, values = features + <usize>(part.nodes + 1) * row;
	const tile = values + <usize>part.blockPanels * step, weights = tile + 2 * MOMENT_COLUMNS * P, scaled = weights + P;
	const end = min(part.keys, (chunk + 1) * part.size), block = part.blockPanels * panelRows<f64>();
	for (let from = chunk * part.size; from < end; from += block) {
		const last = min(end, from + block);
		let length: usize = 0, value = values;
		for (let at = from; at < last; at += panelRows<f64>(), length += P) {
			const count = min(panelRows<f64>(), last - at);
			loadColumns(rowAt(part.k, at, d), count, d, scratch + length, row);
			loadColumns(rowAt(part.v, at, dv + 1), count, dv + 1, value, P);
			loadColumns(rowAt(part.squares, at, 2), count, 2, value + <usize>(dv + 1) * P, P);
			loadColumns(rowAt(part.omega, at, 1), count, 1, weights, P);
			for (const to = value + step; value < to; value += P) scalePanel(weights, value, value);
		}
		blockFeatures<f64>(features, madeRuns(part), part.runTable, length, row);
		addMoments<f64>(columns, part.products ? part.inner : part.nodes, features, values, length, row, tile, S, <usize>part.nodes << 3);
		// Squares are read up to degree 2 r.
		if (part.products) addHighest(part, 2 * part.roots > part.degree ? columns : dv + 1, features, values, step, length, row, tile, scaled, S);
	}
}

/**
 * M (columns x nodes, twice) += Σ_j a_|α| q_j^α c'_j, and behind it Σ_j a_|α|-1 q_j^α c'_j, over the queries of a chunk and all heads. Columns
 * are those of c' = (dO, -Δ)/D.
 */
export function addQueryChunk(part: OperatorPart, chunk: i32, M: usize, scratch: usize): void {
	const end = min(part.queries, (chunk + 1) * part.size), block = part.blockPanels * panelRows<f64>();
	for (let head = 0; head < part.group; head++)
		for (let from = chunk * part.size; from < end; from += block) addQueryBlock(part, head, from, min(end, from + block), M, scratch);
}

function addQueryBlock(part: OperatorPart, head: i32, from: i32, last: i32, M: usize, scratch: usize): void {
	const P = panelBytes(), d = part.d, columns = part.dv + 1, g = part.degree, row = blockRow(part), step = <usize>columns * P;
	const features = scratch + <usize>d * row, values = features + <usize>(part.nodes + 1) * row, ofDegree = <usize>part.blockPanels * step;
	const tile = values + <usize>(g + 1) * ofDegree, cotangents = tile + 2 * MOMENT_COLUMNS * P, scaled = cotangents + step;
	const moments = <usize>part.nodes << 3, raised = M + <usize>columns * moments;
	let length: usize = 0, value = values;
	for (let at = from; at < last; at += panelRows<f64>(), length += P, value += step) {
		const count = min(panelRows<f64>(), last - at), j = head * part.queries + at;
		const panel = head * headPanels(part) + at / panelRows<f64>();
		loadColumns(rowAt(part.q, j, d), count, d, scratch + length, row);
		loadColumns(rowAt(part.cotangents, j, columns), count, columns, cotangents, P);
		for (let k = 0, a = part.coefficients + <usize>(panel * (g + 1)) * P, to = value; k <= g; k++, a += P, to += ofDegree)
			for (let i: usize = 0; i < step; i += P) scalePanel(a, cotangents + i, to + i);
	}
	blockFeatures<f64>(features, madeRuns(part), part.runTable, length, row);
	for (let k = 0, own = values, last = part.products ? g : g + 1; k <= last; k++, own += ofDegree) {
		const first = levelOf(part, k), count = levelOf(part, k + 1) - first, at = <usize>first << 3, f = features + <usize>first * row;
		if (k <= g) addMoments<f64>(columns, count, f, own, length, row, tile, M + at, moments);
		if (k > 0) addMoments<f64>(columns, count, f, own - ofDegree, length, row, tile, raised + at, moments);
	}
	if (part.products) addHighest(part, columns, features, values + <usize>g * ofDegree, step, length, row, tile, scaled, raised);
}
