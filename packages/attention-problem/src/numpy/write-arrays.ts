import { type Numbers, UsageError } from "@attgrad/matrix-core";
import { replaceFile, writeAll } from "#platform";
import { ZipWriter } from "../zip/writer.ts";
import { makeNpyHeader } from "./npy-header.ts";

/** An array to be written: numbers in row-major order. */
export interface ArrayToWrite {
	readonly shape: readonly number[];
	readonly data: Numbers;
}

/**
 * Writes arrays by their names as an uncompressed `.npz` archive that NumPy reads, each in its own number type. The file has a
 * temporary name until it is complete and on the disk.
 * @throws UsageError when the path does not end in .npz or cannot be written
 */
export async function writeArrays(path: string, arrays: Readonly<Record<string, ArrayToWrite>>): Promise<void> {
	if (!path.endsWith(".npz")) throw new UsageError(`cannot write ${path}: the name of an archive must end in .npz`);
	await replaceFile(path, async (file) => {
		const writer = new ZipWriter(file);
		for (const [name, { shape, data }] of Object.entries(arrays)) {
			const header = makeNpyHeader(data instanceof Float64Array ? "f64" : "f32", shape);
			const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
			await writer.add(`${name}.npy`, header.length + bytes.length, [header, bytes]);
		}
		writer.finish();
	});
}

/** Writes an array of any shape as a `.npy` file, under a temporary name first. @throws UsageError when the file cannot be written */
export async function writeArray(path: string, { shape, data }: ArrayToWrite): Promise<void> {
	await replaceFile(path, (file) => {
		writeAll(file, makeNpyHeader(data instanceof Float64Array ? "f64" : "f32", shape));
		writeAll(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
	});
}
