import { createReadStream } from "node:fs";
import zlib from "node:zlib";
import { fileError, kindOfBytes } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";

/** Bytes of the longest text that is read, compressed or not: no formula that can be solved comes near. */
const LONGEST_TEXT = 2 ** 28;

/**
 * The text of a file, which may be compressed by gzip or Zstandard, in UTF-8 or UTF-16 (with its byte order mark).
 * @throws UsageError naming the path and why it cannot be read: what kind of file it is instead, or that it is too long
 */
export async function readText(path: string): Promise<string> {
	const bytes = decompressed(await readBytes(path), path);
	const kind = kindOfBytes(bytes);
	if (kind === "a UTF-16 text") return new TextDecoder(bytes[0] === 0xff ? "utf-16le" : "utf-16be").decode(bytes);
	if (kind !== undefined) throw new UsageError(`cannot read ${path}: it is ${kind}, not a text`);
	return new TextDecoder().decode(bytes);
}

async function readBytes(path: string): Promise<Buffer> {
	const pieces: Buffer[] = [];
	let length = 0;
	try {
		for await (const piece of createReadStream(path)) {
			pieces.push(piece);
			length += piece.length;
			if (length > LONGEST_TEXT) throw tooLong(path, "");
		}
	} catch (error) {
		throw fileError("read", path, error);
	}
	return Buffer.concat(pieces);
}

const tooLong = (path: string, when: string): UsageError =>
	new UsageError(`cannot read ${path}: more than ${LONGEST_TEXT / 2 ** 20} MiB of text${when}`);

/** Decompression by the kind of a file; Zstandard only where the engine has it. */
const decompressions: Readonly<Record<string, typeof zlib.gunzipSync | undefined>> = {
	"a gzip file": zlib.gunzipSync,
	"a Zstandard file": zlib.zstdDecompressSync as typeof zlib.gunzipSync | undefined,
};

function decompressed(bytes: Buffer, path: string): Uint8Array {
	const decompress = decompressions[kindOfBytes(bytes) ?? ""];
	if (!decompress) return bytes;
	try {
		return decompress(bytes, { maxOutputLength: LONGEST_TEXT });
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		if (code === "ERR_BUFFER_TOO_LARGE") throw tooLong(path, " once it is decompressed");
		throw new UsageError(`cannot read ${path}: damaged compressed data (${message})`);
	}
}
