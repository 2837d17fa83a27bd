// The forward half of kernels/streaming.ts: outputs f A3 Y of a block of rows. Weights are used up a chunk of keys at a time,
// so that no more than a chunk of them is ever held.

import { EXPONENTIAL_TABLE, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { Job, paddedColumns } from "./job";
import { addKeys, addProduct, divideColumns } from "./products";
import { prepareQueries } from "./queries";
import { scores, SHIFTED_WEIGHTS, WEIGHTS } from "./score-tile";

/** Bytes of scratch of a thread. */
// @ts-ignore: decorator
@inline
export function forwardScratch<T>(job: Job): usize {
	const D = paddedColumns(job.d), rows = job.blockRows;
	return EXPONENTIAL_TABLE + (3 * <usize>D * rows + 2 * <usize>rows + <usize>job.chunk * tileColumns<T>()) * sizeof<T>();
}

/** Outputs, height x d, row-major, of `height` rows of A1; the memory after A1 must be readable for COLUMNS numbers. */
// @ts-ignore: decorator
@inline
export function forwardBlock<T>(scratch: usize, job: Job, A1: usize, height: i32, outputs: usize): void {
	const Z = <usize>sizeof<T>(), W = tileColumns<T>();
	const n = job.n, d = job.d, D = paddedColumns(d), step = job.step, chunk = job.chunk;
	const panels = (height + W - 1) / W, panelBytes = <usize>D * step, blockBytes = panelBytes * panels;
	const table = scratch;
	const inputs = table + EXPONENTIAL_TABLE; // A1, later o
	const queries = inputs + blockBytes;
	const attended = queries + blockBytes;
	const starts = attended + blockBytes;
	const sums = starts + panels * step;
	const weights = sums + panels * step;

	prepareExponential<T>(table);
	memory.fill(queries, 0, 2 * blockBytes + 2 * panels * step);
	const safe = prepareQueries<T>(job, A1, height, inputs, queries, starts, sums);

	for (let from = 0; from < n; from += chunk) {
		const to = min(n, from + chunk);
		for (let p = 0; p < panels; p++) {
			// The panel of key 0: the chunk's first key is at `weights`.
			const query = queries + p * panelBytes, w = weights - <usize>from * step, line = p * step;
			if (safe) scores<T>(job.keysByRow, from, to, n, d, query, step, w, starts + line, sums + line, table, WEIGHTS);
			else scores<T>(job.keysByRow, from, to, n, d, query, step, w, starts + line, sums + line, table, SHIFTED_WEIGHTS);
			addKeys<T>(job.valuesByColumn, n, chunk, from, to, w, step, D, attended + p * panelBytes);
		}
	}

	memory.fill(inputs, 0, blockBytes);
	for (let p = 0; p < panels; p++) {
		const at = p * panelBytes;
		divideColumns<T>(attended + at, sums + p * step, D, step);
		addProduct<T>(job.Y, d, 0, d, attended + at, step, D, inputs + at);
		const live = min(W, height - p * W);
		for (let r = 0; r < live; r++)
			for (let l = 0; l < d; l++)
				store<T>(outputs + (<usize>(p * W + r) * d + l) * Z, load<T>(inputs + at + <usize>(l * W + r) * Z));
	}
}
