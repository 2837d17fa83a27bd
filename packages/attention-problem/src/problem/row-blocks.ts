import { allocateNumbers, Matrix, type RowSource } from "@attgrad/matrix-core";

/** Numbers a block: a mebibyte of doubles. */
const BLOCK = 2 ** 17;

/** Blocks of whole rows of a source, from the first to the last; each is good until the next is asked for. */
export function* rowBlocks(source: RowSource): Generator<Matrix> {
	const { rows, cols } = source;
	const step = Math.max(1, Math.floor(BLOCK / Math.max(1, cols)));
	const read = source instanceof Matrix ? source.slice.bind(source) : readerOf(source, Math.min(step, rows));
	for (let from = 0; from < rows; from += step) yield read(from, Math.min(rows, from + step));
}

/** Reads up to `most` rows at a time, into the same storage every time. */
function readerOf(source: RowSource, most: number): (from: number, to: number) => Matrix {
	const storage = allocateNumbers(source.dtype, most * source.cols);
	return (from, to) => {
		const block = new Matrix(to - from, source.cols, storage.subarray(0, (to - from) * source.cols));
		source.readRows(from, to, block.data);
		return block;
	};
}
