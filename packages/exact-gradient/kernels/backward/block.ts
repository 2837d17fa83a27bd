// A block of queries: where its panels lie, and what is made of it before keys are looked at.

import { multiplyAdd } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { paddedColumns } from "../job";
import { MAXIMUM, SHIFTED_WEIGHTS, WEIGHTS } from "../score-tile";
import { BackwardJob, paddedWidth, panelsOf, placeInTiles } from "./job";
import { findPanelKeys, PANEL_KEYS, PanelKeys, visibleScores } from "./visible";

/** Addresses in the scratch of a thread. Panels are d or dv columns, padded; a line is a number for each row of a panel. */
@unmanaged
export class Block {
	panels: i32;
	/** Rows of the block; those after them, to whole panels, are zeros and see every key. */
	height: i32;
	/** Keys that some row sees. */
	from: i32;
	to: i32;
	/** 1: all scores are small enough for exponentials as they are. */
	safe: i32;
	table: usize;
	/** A `PanelKeys` for each panel. */
	panelKeys: usize;
	/** Lines. */
	lows: usize;
	highs: usize;
	starts: usize;
	sums: usize;
	/** Panels of d columns. */
	queries: usize;
	queryGradients: usize;
	/** Panels of dv columns. */
	attended: usize;
	cotangents: usize;
	/** Rows of scaled queries, and of upstream gradients over the row's sum, in tiles (see `placeInTiles`). */
	queryRows: usize;
	upstreamRows: usize;
	/** Weights: chunk by chunk of the keys from `from` on, panel by panel in a chunk, a line for each key. */
	weights: usize;
}

/** Bytes for a `Block`. */
// @ts-ignore: decorator
@inline
const BLOCK: usize = 128;

/** Bytes of scratch of a thread, for weights of `keys` keys. */
// @ts-ignore: decorator
@inline
export function scratchBytes<T>(job: BackwardJob, keys: i32): usize {
	const rows = <usize>job.blockRows, panels = <usize>panelsOf<T>(job.blockRows);
	const columns = 2 * <usize>paddedColumns(job.d) + 2 * <usize>paddedColumns(job.dv);
	const widths = <usize>paddedWidth<T>(job.d) + <usize>paddedWidth<T>(job.dv);
	const lines = <usize>((keys + 2 * job.chunk - 2) / job.chunk * job.chunk);
	return BLOCK + EXPONENTIAL_TABLE + panels * PANEL_KEYS + rows * (4 + columns + widths + lines) * sizeof<T>();
}

/** Lays out a block of `height` queries from `first` on (rows of d numbers at Q), and makes its panels of queries. */
export function prepareBlock<T>(scratch: usize, job: BackwardJob, Q: usize, first: i32, height: i32): Block {
	const Z = <usize>sizeof<T>(), W = tileColumns<T>(), step = job.step;
	const block = changetype<Block>(scratch);
	const panels = panelsOf<T>(height), lines = <usize>panels * step, rows = <usize>(panels * W);
	const columns = <usize>paddedColumns(job.d) * lines, valueColumns = <usize>paddedColumns(job.dv) * lines;
	block.panels = panels;
	block.height = height;
	block.table = scratch + BLOCK;
	block.panelKeys = block.table + EXPONENTIAL_TABLE;
	block.lows = block.panelKeys + <usize>panels * PANEL_KEYS;
	block.highs = block.lows + lines;
	block.starts = block.highs + lines;
	block.sums = block.starts + lines;
	block.queries = block.sums + lines;
	block.queryGradients = block.queries + columns;
	block.attended = block.queryGradients + columns;
	block.cotangents = block.attended + valueColumns;
	block.queryRows = block.cotangents + valueColumns;
	block.upstreamRows = block.queryRows + <usize>paddedWidth<T>(job.d) * rows * Z;
	block.weights = block.upstreamRows + <usize>paddedWidth<T>(job.dv) * rows * Z;
	memory.fill(block.starts, 0, block.weights - block.starts);
	prepareExponential<T>(block.table);

	let from = job.keys, to = 0;
	for (let p = 0; p < panels; p++) {
		const keys = changetype<PanelKeys>(block.panelKeys + <usize>p * PANEL_KEYS), line = <usize>p * step;
		findPanelKeys<T>(job, first + p * W, height - p * W, keys, block.lows + line, block.highs + line);
		if (keys.from < keys.to) {
			from = min(from, keys.from);
			to = max(to, keys.to);
		}
	}
	block.from = min(from, to);
	block.to = to;

	const longest = scaleQueries<T>(job, Q, height, block);
	const safe = longest * load<f64>(job.numbers + 8) <= (sizeof<T>() == 8 ? 200 : 16);
	block.safe = safe ? 1 : 0;
	return block;
}

/** Rows and panels of scale · Q; gives the largest length of a row. */
function scaleQueries<T>(job: BackwardJob, Q: usize, height: i32, block: Block): f64 {
	const Z = <usize>sizeof<T>(), W = tileColumns<T>(), d = job.d;
	const factor = <T>load<f64>(job.numbers), panelBytes = <usize>paddedColumns(d) * job.step, rows = block.panels * W;
	let longest: f64 = 0;
	for (let j = 0; j < height; j++) {
		let squares: f64 = 0;
		const panel = block.queries + <usize>(j / W) * panelBytes;
		for (let b = 0; b < d; b++) {
			const q = factor * load<T>(Q + (<usize>j * d + b) * Z);
			store<T>(block.queryRows + placeInTiles<T>(j, b, rows, d), q);
			store<T>(panel + <usize>(b * W + j % W) * Z, q);
			squares += <f64>q * <f64>q;
		}
		longest = max(longest, squares);
	}
	return sqrt<f64>(longest);
}

/** The end of the chunk of key `from`. */
// @ts-ignore: decorator
@inline
export function chunkEnd(job: BackwardJob, from: i32): i32 {
	return (from / job.chunk + 1) * job.chunk;
}

/** Weights of panel p in the chunk of key `from`: the address that a line of key 0 would have. */
// @ts-ignore: decorator
@inline
export function weightsAt(job: BackwardJob, block: Block, from: i32, p: i32): usize {
	const chunk = job.chunk, before = (from / chunk - block.from / chunk) * block.panels + p;
	return block.weights + <usize>(before * chunk - from / chunk * chunk) * job.step;
}

/** starts = minus the largest visible score of each row, where they are needed; uses the weights of a chunk. */
export function shiftScores<T>(job: BackwardJob, block: Block): void {
	if (block.safe) return;
	const step = job.step, end = <usize>block.panels * step, panelBytes = <usize>paddedColumns(job.d) * step;
	const lowest = v128.splat<T>(-<T>Infinity);
	for (let at: usize = 0; at < end; at += 16) v128.store(block.sums + at, lowest);
	for (let from = block.from, to = 0; from < block.to; from = to) {
		to = min(block.to, chunkEnd(job, from));
		for (let p = 0; p < block.panels; p++) {
			const keys = changetype<PanelKeys>(block.panelKeys + <usize>p * PANEL_KEYS), line = <usize>p * step;
			const weights = block.weights - <usize>from * step;
			visibleScores<T>(
				job, keys, from, to, block.queries + <usize>p * panelBytes, weights, block.starts + line, block.sums + line,
				block.lows + line, block.highs + line, block.table, MAXIMUM,
			);
		}
	}
	for (let at: usize = 0; at < end; at += 16) v128.store(block.starts + at, v128.neg<T>(v128.load(block.sums + at)));
	memory.fill(block.sums, 0, end);
}

/** Weights of keys from..to-1 for panel p, at `weights` for key 0, and their sums. */
export function weightsOfPanel<T>(job: BackwardJob, block: Block, p: i32, from: i32, to: i32, weights: usize): void {
	const keys = changetype<PanelKeys>(block.panelKeys + <usize>p * PANEL_KEYS), line = <usize>p * job.step;
	const query = block.queries + <usize>p * paddedColumns(job.d) * job.step;
	const lows = block.lows + line, highs = block.highs + line, starts = block.starts + line, sums = block.sums + line;
	const mode = block.safe ? WEIGHTS : SHIFTED_WEIGHTS;
	visibleScores<T>(job, keys, from, to, query, weights, starts, sums, lows, highs, block.table, mode);
}

/**
 * Attended values over the sums: outputs less the centre of the values. Writes outputs, a row of dv numbers each, and for each row
 * at `rowSums`, 8 bytes each, the number that was subtracted from its scores and the sum of their exponentials after. A row that sees no key has output 0 and sum 0. Sums become their inverses.
 */
export function finishOutputs<T>(job: BackwardJob, block: Block, outputs: usize, rowSums: usize): void {
	const Z = <usize>sizeof<T>(), W = tileColumns<T>(), step = job.step, dv = job.dv;
	const panelBytes = <usize>paddedColumns(dv) * step, end = <usize>block.panels * step;
	for (let j = 0; j < block.height; j++) {
		const at = <usize>j * Z, query = block.queries + <usize>(j / W * paddedColumns(job.d) * W + j % W) * Z;
		let subtracted = -<f64>load<T>(block.starts + at);
		for (let b = 0; b < job.d; b++)
			subtracted += <f64>load<T>(query + <usize>(b * W) * Z) * <f64>load<T>(job.keyCentre + <usize>b * Z);
		store<f64>(rowSums + <usize>j * 16, subtracted);
		store<f64>(rowSums + <usize>j * 16 + 8, <f64>load<T>(block.sums + at));
	}
	const one = v128.splat<T>(<T>1);
	for (let at: usize = 0; at < end; at += 16) {
		const sum = v128.load(block.sums + at), none = v128.eq<T>(sum, v128.splat<T>(<T>0));
		v128.store(block.sums + at, v128.andnot(v128.div<T>(one, sum), none));
	}
	for (let p = 0; p < block.panels; p++)
		for (let i = 0; i < dv; i++)
			for (let v: usize = 0; v < step; v += 16) {
				const at = block.attended + <usize>p * panelBytes + <usize>i * step + v;
				v128.store(at, v128.mul<T>(v128.load(at), v128.load(block.sums + <usize>p * step + v)));
			}
	for (let j = 0; j < block.height; j++) {
		const seen = load<f64>(rowSums + <usize>j * 16 + 8) > 0;
		const panel = block.attended + <usize>(j / W) * panelBytes + <usize>(j % W) * Z;
		for (let i = 0; i < dv; i++) {
			const o = load<T>(panel + <usize>(i * W) * Z) + load<T>(job.valueCentre + <usize>i * Z);
			store<T>(outputs + (<usize>j * dv + i) * Z, seen ? o : <T>0);
		}
	}
}

/** starts = - <cotangent, attended> for each row of a panel, summed as the score tile sums. */
export function rowCorrections<T>(attended: usize, cotangents: usize, columns: i32, step: usize, starts: usize): void {
	for (let v: usize = 0; v < step; v += 16) {
		let r = v128.splat<T>(<T>0);
		for (let i = 0; i < columns; i++) {
			const at = <usize>i * step + v;
			r = multiplyAdd<T>(v128.load(attended + at), v128.load(cotangents + at), r);
		}
		v128.store(starts + v, v128.neg<T>(r));
	}
}
