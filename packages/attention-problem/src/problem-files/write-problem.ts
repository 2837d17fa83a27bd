import { bytesPerNumber, nextTurn, type RowSource, UsageError } from "@attgrad/matrix-core";
import { replaceFile } from "#platform";
import { dataBytes } from "../numpy/npy.ts";
import { makeNpyHeader } from "../numpy/npy-header.ts";
import { type AttentionProblem, matrixNames } from "../problem/problem.ts";
import { rowBlocks } from "../problem/row-blocks.ts";
import { ZipWriter } from "../zip/writer.ts";

/** The progress report and the abort signal for writing a problem file. */
export interface WriteOptions {
	/** Called with the rows written so far and in all, over all matrices. */
	onProgress?: (done: number, total: number) => void;
	/** Gives up when aborted: the promise is rejected with the signal's reason, and no file is left. */
	signal?: AbortSignal;
}

/**
 * Writes a problem as an uncompressed `.npz` archive that NumPy and `readProblem` read: A1, A2, A3, E, X, Y, and scale
 * where it is not 1/d. Rows are written in blocks of about a mebibyte, so that the problem may be larger than memory
 * and the archive than 4 GiB. The file has a temporary name until it is complete and on the disk.
 * @throws UsageError when the path does not end in .npz or cannot be written
 */
export async function writeProblem(
	path: string,
	problem: AttentionProblem<RowSource>,
	{ onProgress, signal }: WriteOptions = {},
): Promise<void> {
	if (!path.endsWith(".npz")) throw new UsageError(`cannot write ${path}: the name of a problem must end in .npz`);
	const total = 4 * problem.n + 2 * problem.d;
	let done = 0;
	await replaceFile(path, async (file) => {
		const writer = new ZipWriter(file);
		for (const name of matrixNames) await addMatrix(writer, name, problem[name]);
		if (problem.scale !== 1 / problem.d) await addNumber(writer, "scale", problem.scale);
		writer.finish();
	});

	async function addMatrix(writer: ZipWriter, name: string, source: RowSource): Promise<void> {
		const header = makeNpyHeader(source.dtype, [source.rows, source.cols]);
		const bytes = source.rows * source.cols * bytesPerNumber(source.dtype);
		await writer.add(`${name}.npy`, header.length + bytes, pieces(header, source));
	}

	/** Header and blocks; between blocks others have their turn, so that signals and progress are heard. */
	async function* pieces(header: Uint8Array, source: RowSource): AsyncGenerator<Uint8Array> {
		yield header;
		for (const block of rowBlocks(source)) {
			yield dataBytes(block);
			done += block.rows;
			onProgress?.(done, total);
			await nextTurn();
			signal?.throwIfAborted();
		}
	}
}

async function addNumber(writer: ZipWriter, name: string, value: number): Promise<void> {
	const header = makeNpyHeader("f64", []);
	await writer.add(`${name}.npy`, header.length + 8, [header, new Uint8Array(Float64Array.of(value).buffer)]);
}
