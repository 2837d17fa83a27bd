import { UsageError } from "@attgrad/matrix-core";
import { Inflate } from "fflate";
import type { ReadableFile } from "../files/readable-file.ts";
import type { ZipEntry } from "./directory.ts";

/** Compressed bytes given to the decompressor at once. They can grow to 64 MiB: no more than that is ever inflated in vain. */
const STEP = 2 ** 16;

/**
 * The bytes of a deflated entry, piece by piece, as they are asked for; never more than the entry declares, plus a piece.
 * @throws UsageError for bytes that are not deflated data, or are more or fewer than declared
 */
export function* inflateEntry(file: ReadableFile, entry: ZipEntry): Generator<Uint8Array> {
	const { name, compressedSize, size, dataStart } = entry;
	const pieces: Uint8Array[] = [];
	const inflater = new Inflate((piece) => pieces.push(piece));
	let total = 0;
	for (let done = 0; done < compressedSize; ) {
		const step = Math.min(STEP, compressedSize - done);
		const compressed = file.read(dataStart + done, step);
		done += step;
		try {
			inflater.push(compressed, done === compressedSize);
		} catch (error) {
			throw new UsageError(`${file.path}: ${name}: damaged compressed data (${(error as Error).message})`);
		}
		for (const piece of pieces.splice(0)) {
			total += piece.length;
			if (total > size)
				throw new UsageError(`${file.path}: ${name}: inflates to more than the ${size} bytes it declares`);
			yield piece;
		}
	}
	if (total !== size) throw new UsageError(`${file.path}: ${name}: inflates to ${total} bytes, declares ${size}`);
}
