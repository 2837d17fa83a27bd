import { Matrix } from "@attgrad/matrix-core";
import { nativeNumbers } from "./elements.ts";
import { checkLength, decodeData, matrixShape } from "./npy.ts";
import { makeNpyHeader, readNpyHeader } from "./npy-header.ts";
import type { ArrayToWrite } from "./write-arrays.ts";

/** An array of any shape: its axes, and its numbers as a matrix with a row for each vector of its last axis. */
export interface DecodedArray {
	readonly shape: readonly number[];
	/** 1 x 1 for an array of no axes, a column for one axis. */
	readonly rows: Matrix;
}

/**
 * The array in the bytes of a `.npy` file: float32 stays float32, float64, float16, integers and bool become float64. Numbers that are as they lie in
 * memory are not copied, and not looked at: the array changes with the bytes, and may hold NaN.
 * @param where names the array in errors
 * @throws UsageError when the bytes are no `.npy` array or do not have the length that the header asks for, or where numbers that are converted are
 * NaN, infinite or integers without a double
 */
export function decodeArray(bytes: Uint8Array, where: string): DecodedArray {
	const header = readNpyHeader(bytes, where);
	checkLength(header, bytes.length, where);
	const { shape, element, fortranOrder } = header;
	const data = bytes.subarray(header.headerLength);
	if (!element.native || fortranOrder) return { shape, rows: decodeData(data, header, where) };
	const [rows, cols] = matrixShape(shape);
	return { shape, rows: new Matrix(rows, cols, nativeNumbers(data, element, rows * cols)) };
}

/** The bytes of an array as a `.npy` file: its header, and its numbers where they are, not copied. */
export function encodeArray({ shape, data }: ArrayToWrite): readonly [header: Uint8Array, numbers: Uint8Array] {
	const header = makeNpyHeader(data instanceof Float64Array ? "f64" : "f32", shape);
	return [header, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}
