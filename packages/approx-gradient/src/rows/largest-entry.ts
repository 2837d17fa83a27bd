import { Matrix, maxAbs, type RowSource } from "@attgrad/matrix-core";

const BLOCK_ROWS = 512;

/** Largest |entry| of the rows of a source. One pass. */
export function largestEntry(source: RowSource): number {
	const block = Matrix.zeros(Math.min(BLOCK_ROWS, source.rows), source.cols);
	let largest = 0;
	for (let from = 0; from < source.rows; from += BLOCK_ROWS) {
		const to = Math.min(source.rows, from + BLOCK_ROWS);
		source.readRows(from, to, block.data);
		largest = Math.max(largest, maxAbs(block.slice(0, to - from)));
	}
	return largest;
}
