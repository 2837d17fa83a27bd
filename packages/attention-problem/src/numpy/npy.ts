import { type Dtype, Matrix, type RowSource, UsageError } from "@attgrad/matrix-core";
import { replaceFile, writeAll } from "../files/replace-file.ts";
import { rowBlocks } from "../problem/row-blocks.ts";
import { convertElements } from "./elements.ts";
import { makeNpyHeader, type NpyHeader, readNpyHeader } from "./npy-header.ts";

/** The matrix as the bytes of a `.npy` file (format 1.0, row-major, its own number type). */
export function encodeNpy(matrix: Matrix): Uint8Array {
	const header = makeNpyHeader(matrix.dtype, [matrix.rows, matrix.cols]);
	const bytes = new Uint8Array(header.length + matrix.data.byteLength);
	bytes.set(header);
	bytes.set(dataBytes(matrix), header.length);
	return bytes;
}

/**
 * The matrix in the bytes of a `.npy` file: float32 stays float32, float64, integers and bool become float64.
 * @param where names file and array in errors
 * @throws UsageError when the bytes are no `.npy` array of two axes, do not have the length that the header asks for,
 * or hold NaN or infinity
 */
export function decodeNpy(bytes: Uint8Array, where = "npy"): Matrix {
	const header = readNpyHeader(bytes, where);
	if (header.shape.length !== 2)
		throw new UsageError(`${where}: must have two axes, got shape (${header.shape.join(", ")})`);
	checkLength(header, bytes.length, where);
	return decodeData(bytes.subarray(header.headerLength), header, where);
}

/** @throws UsageError when an array's bytes are not as many as its header asks for */
export function checkLength({ headerLength, dataLength, shape, element }: NpyHeader, got: number, where: string): void {
	if (got !== headerLength + dataLength)
		throw new UsageError(
			`${where}: shape (${shape.join(", ")}) of ${element.name} needs ${headerLength + dataLength} bytes, got ${got}`,
		);
}

/** The matrix in the data of an array; an array of no axes is 1 x 1. */
export function decodeData(data: Uint8Array, { element, shape, fortranOrder }: NpyHeader, where: string): Matrix {
	const [rows = 1, cols = 1] = shape;
	const stored = fortranOrder ? Matrix.zeros(cols, rows, element.dtype) : Matrix.zeros(rows, cols, element.dtype);
	const name = entryName(where, shape, fortranOrder);
	convertElements(data, element, rows * cols, stored.data, 0, name, 0);
	return fortranOrder ? Matrix.build(rows, cols, (i, j) => stored.at(j, i), element.dtype) : stored;
}

/** Names elements in the order of the file by their row and column. */
export function entryName(where: string, [rows, cols]: readonly number[], fortranOrder: boolean) {
	return (index: number): string => {
		if (rows === undefined || cols === undefined) return where;
		const [i, j] = fortranOrder ? [index % rows, Math.floor(index / rows)] : [Math.floor(index / cols), index % cols];
		return `${where}[${i}, ${j}]`;
	};
}

/** The bytes of a matrix's numbers where they are. */
export function dataBytes({ data }: Matrix): Uint8Array {
	return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Writes a matrix as a `.npy` file, under a temporary name that is then changed: the file is there whole or not at all.
 * @throws UsageError when the file cannot be written
 */
export async function writeNpy(path: string, matrix: RowSource): Promise<void> {
	await replaceFile(path, (file) => {
		writeAll(file, makeNpyHeader(matrix.dtype, [matrix.rows, matrix.cols]));
		for (const block of rowBlocks(matrix)) writeAll(file, dataBytes(block));
	});
}

/**
 * Writes a `.npy` file of rows that `make` hands over block by block, in order, under a temporary name as `writeNpy` does.
 * @returns what `make` returns
 * @throws UsageError when the file cannot be written; what `make` throws is passed on, and no file is left
 */
export async function writeNpyRows<Result>(
	path: string,
	{ rows, cols, dtype }: { readonly rows: number; readonly cols: number; readonly dtype: Dtype },
	make: (write: (block: Matrix) => void) => Promise<Result>,
): Promise<Result> {
	let result: Result | undefined;
	await replaceFile(path, async (file) => {
		writeAll(file, makeNpyHeader(dtype, [rows, cols]));
		result = await make((block) => writeAll(file, dataBytes(block)));
	});
	return result as Result;
}
