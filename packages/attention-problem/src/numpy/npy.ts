import { type Dtype, Matrix, type RowSource, UsageError } from "@attgrad/matrix-core";
import { replaceFile, writeAll } from "#platform";
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

/**
 * The matrix in the data of an array; an array of no axes is 1 x 1, one of more than two has a row for each vector of its last axis.
 */
export function decodeData(data: Uint8Array, { element, shape, fortranOrder }: NpyHeader, where: string): Matrix {
	const [rows, cols] = matrixShape(shape);
	const name = entryName(where, shape, fortranOrder);
	if (!fortranOrder) {
		const made = Matrix.zeros(rows, cols, element.dtype);
		convertElements(data, element, rows * cols, made.data, 0, name, 0);
		return made;
	}
	const stored = Matrix.zeros(1, rows * cols, element.dtype);
	convertElements(data, element, rows * cols, stored.data, 0, name, 0);
	return fromFortranOrder(stored, shape);
}

/** Rows and columns of an array as a matrix: all axes but the last are its rows. */
export function matrixShape(shape: readonly number[]): [rows: number, cols: number] {
	if (shape.length <= 2) return [shape[0] ?? 1, shape[1] ?? 1];
	return [shape.slice(0, -1).reduce((product, axis) => product * axis, 1), shape.at(-1) ?? 1];
}

/** The matrix of an array whose numbers are given in Fortran order: the first index runs fastest. */
export function fromFortranOrder({ data, dtype }: Matrix, shape: readonly number[]): Matrix {
	const [rows, cols] = matrixShape(shape);
	const made = Matrix.zeros(rows, cols, dtype);
	for (let at = 0; at < data.length; at++) made.data[runningIndex(indexAt(at, shape, true), shape)] = data[at];
	return made;
}

/** Names elements in the order of the file by their indices. */
export function entryName(where: string, shape: readonly number[], fortranOrder: boolean) {
	return (index: number): string =>
		shape.length < 2 ? where : `${where}[${indexAt(index, shape, fortranOrder).join(", ")}]`;
}

/** Indices of the element at a place in the file. */
function indexAt(place: number, shape: readonly number[], fortranOrder: boolean): number[] {
	const indices = (fortranOrder ? shape : shape.toReversed()).map((axis) => {
		const index = place % axis;
		place = Math.floor(place / axis);
		return index;
	});
	return fortranOrder ? indices : indices.reverse();
}

/** Place of an element in row-major order. */
const runningIndex = (indices: readonly number[], shape: readonly number[]): number =>
	indices.reduce((place, index, axis) => place * shape[axis] + index, 0);

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
