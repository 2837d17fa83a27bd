// The exact gradient in row blocks (paper.md 4.3), fused: the weights of a block of rows are made once, stay in the cache
// for both passes over the keys, and nothing of size n x n exists.
//
//   pass 1   w = exp(q K^T - m),  D = w 1,  a = w A3                        (attended)
//   between  a := a / D,  c = a Y - E,  t = c Y^T,  r = <t, a>
//   pass 2   w := w o (t A3^T - r) / D,  G = w K                            (query gradients)
//   at last  gradient in X += A1^T G,  gradient in Y += a^T c
//
// o Y is what f A3 Y is: taking Y after the sum over the keys makes the gradient in Y a product of n x d matrices.

import { multiplyAdd } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { forwardBlock, forwardScratch } from "./forward";
import { Job, paddedColumns, paddedRows } from "./job";
import { fromPanel, packRows, packSquare } from "./pack";
import { addKeys, addOuterProducts, addProduct, divideColumns } from "./products";
import { prepareQueries } from "./queries";
import { COTANGENTS, scores, SHIFTED_WEIGHTS, WEIGHTS } from "./score-tile";

/** Bytes of scratch of a thread. */
// @ts-ignore: decorator
@inline
function scratchBytes<T>(job: Job): usize {
	const D = paddedColumns(job.d), rows = job.blockRows;
	const panels = 6 * <usize>D * rows + 2 * <usize>rows + <usize>job.n * rows;
	const byRow = 3 * <usize>paddedRows<T>(D) * rows;
	return EXPONENTIAL_TABLE + (panels + byRow) * sizeof<T>();
}

/**
 * One block of rows: the loss of the rows is given, and their part of the gradients in X and Y goes to `gradients`,
 * 2 x D x D' numbers (D = paddedColumns, D' = D padded to whole panels). A1 and E: `height` rows, row-major; the
 * memory after A1 must be readable for COLUMNS numbers.
 */
// @ts-ignore: decorator
@inline
function rowBlock<T>(scratch: usize, job: Job, A1: usize, E: usize, height: i32, gradients: usize): f64 {
	const Z = <usize>sizeof<T>(), W = tileColumns<T>();
	const n = job.n, d = job.d, D = paddedColumns(d), step = job.step, chunk = job.chunk;
	const panels = (height + W - 1) / W, panelBytes = <usize>D * step, blockBytes = panelBytes * panels;
	const table = scratch;
	const inputs = table + EXPONENTIAL_TABLE; // A1, later o
	const queries = inputs + blockBytes;
	const attended = queries + blockBytes;
	const residuals = attended + blockBytes;
	const cotangents = residuals + blockBytes;
	const queryGradients = cotangents + blockBytes;
	const starts = queryGradients + blockBytes;
	const sums = starts + panels * step;
	const weights = sums + panels * step;
	const attendedRows = weights + <usize>n * panels * step;
	const width = paddedRows<T>(D), rowBytes = <usize>width * Z, rowsBytes = rowBytes * (panels * W);
	const residualRows = attendedRows + rowsBytes;
	const queryGradientRows = residualRows + rowsBytes;

	prepareExponential<T>(table);
	memory.fill(queries, 0, blockBytes);
	memory.fill(attended, 0, blockBytes);
	memory.fill(queryGradients, 0, blockBytes);
	memory.fill(starts, 0, 2 * panels * step);

	const safe = prepareQueries<T>(job, A1, height, inputs, queries, starts, sums);

	for (let from = 0; from < n; from += chunk) {
		const to = min(n, from + chunk);
		for (let p = 0; p < panels; p++) {
			const query = queries + p * panelBytes, w = weights + <usize>n * p * step, line = p * step;
			if (safe) scores<T>(job.keysByRow, from, to, n, d, query, step, w, starts + line, sums + line, table, WEIGHTS);
			else scores<T>(job.keysByRow, from, to, n, d, query, step, w, starts + line, sums + line, table, SHIFTED_WEIGHTS);
			addKeys<T>(job.valuesByColumn, n, chunk, from, to, w, step, D, attended + p * panelBytes);
		}
	}

	let loss: f64 = 0;
	memory.fill(inputs, 0, blockBytes);
	memory.fill(cotangents, 0, blockBytes);
	for (let p = 0; p < panels; p++) {
		const at = p * panelBytes, sum = sums + p * step, start = starts + p * step;
		divideColumns<T>(attended + at, sum, D, step);
		addProduct<T>(job.Y, d, 0, d, attended + at, step, D, inputs + at);
		loss += subtractTargets<T>(inputs + at, E + <usize>p * W * d * Z, height - p * W, d, D, residuals + at);
		addProduct<T>(job.transposedY, d, 0, d, residuals + at, step, D, cotangents + at);
		rowCorrections<T>(attended + at, cotangents + at, d, step, sum, start);
		divideColumns<T>(cotangents + at, sum, D, step);
	}

	for (let from = 0; from < n; from += chunk) {
		const to = min(n, from + chunk);
		for (let p = 0; p < panels; p++) {
			const cotangent = cotangents + p * panelBytes, w = weights + <usize>n * p * step;
			scores<T>(job.valuesByRow, from, to, n, d, cotangent, step, w, starts + p * step, 0, table, COTANGENTS);
			addKeys<T>(job.keysByColumn, n, chunk, from, to, w, step, D, queryGradients + p * panelBytes);
		}
	}

	memory.fill(attendedRows, 0, 3 * rowsBytes);
	for (let p = 0; p < panels; p++) {
		const at = p * panelBytes, row = p * W * rowBytes;
		fromPanel<T>(attended + at, D, attendedRows + row, width);
		fromPanel<T>(residuals + at, D, residualRows + row, width);
		fromPanel<T>(queryGradients + at, D, queryGradientRows + row, width);
	}
	memory.fill(gradients, 0, 2 * <usize>D * rowBytes);
	addOuterProducts<T>(A1, <usize>d * Z, queryGradientRows, rowBytes, height, D, width, gradients);
	addOuterProducts<T>(attendedRows, rowBytes, residualRows, rowBytes, height, D, width, gradients + <usize>D * rowBytes);
	return 0.5 * loss;
}

/** residuals = outputs - E on `live` rows, 0 on the others; gives their sum of squares. */
// @ts-ignore: decorator
@inline
function subtractTargets<T>(outputs: usize, E: usize, live: i32, d: i32, D: i32, residuals: usize): f64 {
	const W = tileColumns<T>();
	let squares: f64 = 0;
	memory.fill(residuals, 0, <usize>(D * W) * sizeof<T>());
	for (let r = 0; r < min(W, live); r++)
		for (let l = 0; l < d; l++) {
			const at = <usize>(l * W + r) * sizeof<T>();
			const c = load<T>(outputs + at) - load<T>(E + (<usize>r * d + l) * sizeof<T>());
			store<T>(residuals + at, c);
			squares += <f64>c * <f64>c;
		}
	return squares;
}

/**
 * start = - <cotangent, attended> / sum, for each row; summed as the score tile sums, so that a row with one weight
 * that is not 0 has a gradient of exactly 0.
 */
// @ts-ignore: decorator
@inline
function rowCorrections<T>(attended: usize, cotangents: usize, d: i32, step: usize, sum: usize, start: usize): void {
	for (let v: usize = 0; v < step; v += 16) {
		let r = v128.splat<T>(<T>0);
		for (let l = 0; l < d; l++) {
			const at = <usize>l * step + v;
			r = multiplyAdd<T>(v128.load(attended + at), v128.load(cotangents + at), r);
		}
		v128.store(start + v, v128.neg<T>(v128.div<T>(r, v128.load(sum + v))));
	}
}

// each BITS: 64, 32
/** Rows of a panel. */
export function panelRows$BITS(_scratch: usize): i32 {
	return tileColumns<f$BITS>();
}

// each BITS: 64, 32
/** Bytes of scratch of a thread for `rowBlock`. */
export function scratchBytes$BITS(_scratch: usize, job: usize): f64 {
	return <f64>scratchBytes<f$BITS>(changetype<Job>(job));
}

// each BITS: 64, 32
/** Packs rows from..to-1, at A2 and A3: see `packRows`. Gives the largest squared length of a key. */
export function packRows$BITS(_scratch: usize, job: usize, A2: usize, A3: usize, centre: usize, from: i32, to: i32): f64 {
	return packRows<f$BITS>(changetype<Job>(job), A2, A3, centre, from, to);
}

// each BITS: 64, 32
/** Packs a d x d matrix by column. */
export function packSquare$BITS(_scratch: usize, matrix: usize, d: i32, packed: usize): void {
	packSquare<f$BITS>(matrix, d, packed);
}

// each BITS: 64, 32
/** Gradients of a block of `height` rows: see `rowBlock`. Gives their loss. */
export function rowBlock$BITS(scratch: usize, job: usize, A1: usize, E: usize, height: i32, gradients: usize): f64 {
	return rowBlock<f$BITS>(scratch, changetype<Job>(job), A1, E, height, gradients);
}

// each BITS: 64, 32
/** Bytes of scratch of a thread for `forwardBlock`. */
export function forwardScratch$BITS(_scratch: usize, job: usize): f64 {
	return <f64>forwardScratch<f$BITS>(changetype<Job>(job));
}

// each BITS: 64, 32
/** Outputs of a block of `height` rows: see `forwardBlock`. */
export function forwardBlock$BITS(scratch: usize, job: usize, A1: usize, height: i32, outputs: usize): void {
	forwardBlock<f$BITS>(scratch, changetype<Job>(job), A1, height, outputs);
}
