// The backward pass of a block of queries (backward.md A1, strips): the weights of the block are made once, for all keys that it sees.
//
//   pass 1   w = exp(q K^T - m),  D = w 1,  a = w V                          (attended)
//   between  o = a / D,  t = dO / D,  r = <t, o>
//   pass 2   dV += w^T t,  w := w o (t V^T - r),  dQ = w K,  dK += w^T q
//
// q is scale · Q. dK and dV of a stripe of blocks are sums over its queries; join.ts adds the stripes in their order.

import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { paddedColumns } from "../job";
import { addKeys } from "../products";
import { COTANGENTS, scores } from "../score-tile";
import { Block, chunkEnd, finishOutputs, prepareBlock, rowCorrections, shiftScores, weightsAt, weightsOfPanel } from "./block";
import { BackwardJob, paddedWidth, placeInTiles } from "./job";
import { addTransposedProduct } from "./transposed";
import { PANEL_KEYS, PanelKeys } from "./visible";

/**
 * The output and all gradients of `rows` queries from `first` on: rows of Q, of dO and of the results at their addresses, row-major.
 * `rowSums` has 16 bytes a row (see `finishOutputs`). Their part of dK and dV goes to `part`: for each key from..to-1 a row of dK, then of
 * dV, padded to half tiles. Gives half the squared norm of the upstream gradients where they are residuals.
 */
export function backwardStripe<T>(
	scratch: usize, job: BackwardJob, Q: usize, dO: usize, first: i32, rows: i32,
	dQ: usize, outputs: usize, rowSums: usize, part: usize, from: i32, to: i32,
): f64 {
	const Z = <usize>sizeof<T>(), d = job.d, dv = job.dv;
	const partRow = <usize>(paddedWidth<T>(d) + paddedWidth<T>(dv)) * Z;
	memory.fill(part, 0, <usize>(to - from) * partRow);
	let loss: f64 = 0;
	for (let row = 0; row < rows; row += job.blockRows) {
		const height = min(job.blockRows, rows - row), at = <usize>row * d * Z, valueAt = <usize>row * dv * Z;
		const block = prepareBlock<T>(scratch, job, Q + at, first + row, height);
		attend<T>(job, block);
		finishOutputs<T>(job, block, outputs + valueAt, rowSums + <usize>row * 16);
		loss += prepareCotangents<T>(job, block, dO + valueAt, outputs + valueAt, first + row);
		passBack<T>(job, block, part - <usize>from * partRow, partRow);
		writeQueryGradients<T>(job, block, dQ + at);
	}
	return 0.5 * loss;
}

/** `addKeys`, as a function of its own: the code of a tile stands once. */
function addWeighted<T>(job: BackwardJob, matrix: usize, from: i32, to: i32, weights: usize, columns: i32, sums: usize): void {
	if (from < to) addKeys<T>(matrix, job.keys, job.chunk, from, to, weights, job.step, columns, sums);
}

/** weights := dS over the sums' weights, of keys from..to-1. A function of its own: V8 joins vectors of a function all or none. */
function cotangentScores<T>(job: BackwardJob, from: i32, to: i32, cotangent: usize, weights: usize, starts: usize): void {
	scores<T>(job.valuesByRow, from, to, job.keys, job.dv, cotangent, job.step, weights, starts, 0, 0, COTANGENTS);
}

/** Pass 1: weights, their sums, attended values. */
function attend<T>(job: BackwardJob, block: Block): void {
	shiftScores<T>(job, block);
	const step = job.step, columns = paddedColumns(job.dv);
	for (let from = block.from, to = 0; from < block.to; from = to) {
		to = min(block.to, chunkEnd(job, from));
		for (let p = 0; p < block.panels; p++) {
			const keys = changetype<PanelKeys>(block.panelKeys + <usize>p * PANEL_KEYS);
			const first = min(to, max(from, keys.from)), last = max(first, min(to, keys.to));
			const w = weightsAt(job, block, from, p);
			memory.fill(w + <usize>from * step, 0, <usize>(first - from) * step);
			memory.fill(w + <usize>last * step, 0, <usize>(to - last) * step);
			weightsOfPanel<T>(job, block, p, from, to, w);
			addWeighted<T>(job, job.valuesByColumn, first, last, w, columns, block.attended + <usize>p * columns * step);
		}
	}
}

/**
 * t = dO / D as rows and as panels, and starts = - <t, o>. A row that sees one key gets t = 0 in the panels: its scores have no
 * gradient, whatever rounding makes of its output.
 */
function prepareCotangents<T>(job: BackwardJob, block: Block, dO: usize, outputs: usize, first: i32): f64 {
	const Z = <usize>sizeof<T>(), W = tileColumns<T>(), step = job.step, dv = job.dv;
	const rows = block.panels * W, panelBytes = <usize>paddedColumns(dv) * step;
	let squares: f64 = 0;
	for (let j = 0; j < block.height; j++) {
		const panel = block.cotangents + <usize>(j / W) * panelBytes + <usize>(j % W) * Z;
		const inverse = load<T>(block.sums + <usize>j * Z);
		const at = <usize>(first + j) * 4, several = load<i32>(job.hi + at) - load<i32>(job.lo + at) > 1;
		for (let i = 0; i < dv; i++) {
			const shift = (<usize>j * dv + i) * Z;
			let upstream = load<T>(dO + shift);
			if (job.residual) {
				upstream = load<T>(outputs + shift) - upstream;
				squares += <f64>upstream * <f64>upstream;
			}
			const t = upstream * inverse;
			store<T>(block.upstreamRows + placeInTiles<T>(j, i, rows, dv), t);
			store<T>(panel + <usize>(i * W) * Z, several ? t : <T>0);
		}
	}
	for (let p = 0; p < block.panels; p++) {
		const at = <usize>p * panelBytes;
		rowCorrections<T>(block.attended + at, block.cotangents + at, dv, step, block.starts + <usize>p * step);
	}
	return squares;
}

/** Pass 2; `part` is the row of key 0. */
function passBack<T>(job: BackwardJob, block: Block, part: usize, partRow: usize): void {
	const step = job.step, columns = paddedColumns(job.d), width = paddedWidth<T>(job.d);
	const panels = block.panels, panelBytes = <usize>job.chunk * step;
	for (let from = block.from, to = 0; from < block.to; from = to) {
		to = min(block.to, chunkEnd(job, from));
		const weights = weightsAt(job, block, from, 0) + <usize>from * step, sums = part + <usize>from * partRow;
		addTransposedProduct<T>(
			weights, to - from, panelBytes, panels, block.upstreamRows, paddedWidth<T>(job.dv), sums + <usize>width * sizeof<T>(), partRow,
		);
		for (let p = 0; p < panels; p++) {
			const keys = changetype<PanelKeys>(block.panelKeys + <usize>p * PANEL_KEYS);
			const first = max(from, keys.from), last = min(to, keys.to);
			if (first >= last) continue;
			const w = weightsAt(job, block, from, p);
			const cotangent = block.cotangents + <usize>p * paddedColumns(job.dv) * step;
			cotangentScores<T>(job, first, last, cotangent, w, block.starts + <usize>p * step);
			addWeighted<T>(job, job.keysByColumn, first, last, w, columns, block.queryGradients + <usize>p * columns * step);
		}
		addTransposedProduct<T>(weights, to - from, panelBytes, panels, block.queryRows, width, sums, partRow);
	}
}

/** Rows of scale · dS K. */
function writeQueryGradients<T>(job: BackwardJob, block: Block, dQ: usize): void {
	const Z = <usize>sizeof<T>(), W = tileColumns<T>(), d = job.d, factor = <T>load<f64>(job.numbers);
	for (let j = 0; j < block.height; j++) {
		const panel = block.queryGradients + <usize>(j / W) * paddedColumns(d) * job.step + <usize>(j % W) * Z;
		for (let b = 0; b < d; b++) store<T>(dQ + (<usize>j * d + b) * Z, factor * load<T>(panel + <usize>(b * W) * Z));
	}
}

/** The output alone of `rows` queries from `first` on: weights are used up a chunk of keys at a time. */
export function forwardStripe<T>(
	scratch: usize, job: BackwardJob, Q: usize, first: i32, rows: i32, outputs: usize, rowSums: usize,
): void {
	const Z = <usize>sizeof<T>(), step = job.step, columns = paddedColumns(job.dv);
	for (let row = 0; row < rows; row += job.blockRows) {
		const height = min(job.blockRows, rows - row);
		const block = prepareBlock<T>(scratch, job, Q + <usize>row * job.d * Z, first + row, height);
		shiftScores<T>(job, block);
		for (let from = block.from, to = 0; from < block.to; from = to) {
			to = min(block.to, chunkEnd(job, from));
			const w = block.weights - <usize>from * step;
			for (let p = 0; p < block.panels; p++) {
				const keys = changetype<PanelKeys>(block.panelKeys + <usize>p * PANEL_KEYS);
				const begin = max(from, keys.from), end = min(to, keys.to);
				if (begin >= end) continue;
				weightsOfPanel<T>(job, block, p, from, to, w);
				addWeighted<T>(job, job.valuesByColumn, begin, end, w, columns, block.attended + <usize>p * columns * step);
			}
		}
		finishOutputs<T>(job, block, outputs + <usize>row * job.dv * Z, rowSums + <usize>row * 16);
	}
}
