/** Bytes at the start of a file by which `kindOfBytes` tells its kind. */
export const KIND_BYTES = 512;

/** Signatures at the start of a file, in bytes; the first that fits counts. */
const signatures: readonly (readonly [kind: string, bytes: readonly number[] | string, at?: number])[] = [
	["a gzip file", [0x1f, 0x8b]],
	["a bzip2 file", "BZh"],
	["an xz file", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
	["a Zstandard file", [0x28, 0xb5, 0x2f, 0xfd]],
	["an LZMA file", [0x5d, 0x00, 0x00]],
	["a compress (.Z) file", [0x1f, 0x9d]],
	["an LZ4 file", [0x04, 0x22, 0x4d, 0x18]],
	["a 7-Zip archive", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
	["a RAR archive", "Rar!"],
	["a zip archive", "PK\u0003\u0004"],
	["a tar archive", "ustar", 257],
	["a .npy array", [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]],
	["an HDF5 file", [0x89, 0x48, 0x44, 0x46]],
	["a MATLAB file", "MATLAB 5.0"],
	["a Parquet file", "PAR1"],
	["an Arrow file", "ARROW1"],
	["a GGUF file", "GGUF"],
	["a Python pickle", [0x80, 0x02]],
	["a Python pickle", [0x80, 0x03]],
	["a Python pickle", [0x80, 0x04]],
	["a Python pickle", [0x80, 0x05]],
	["a PDF", "%PDF"],
	["a PNG image", [0x89, 0x50, 0x4e, 0x47]],
	["a program", [0x7f, 0x45, 0x4c, 0x46]],
	["an HTML page", "<!DOCTYPE"],
	["an HTML page", "<!doctype"],
	["an HTML page", "<html"],
	["a UTF-32 text", [0xff, 0xfe, 0x00, 0x00]],
	["a UTF-32 text", [0x00, 0x00, 0xfe, 0xff]],
	["a UTF-16 text", [0xff, 0xfe]],
	["a UTF-16 text", [0xfe, 0xff]],
	["a Git LFS pointer (run git lfs pull)", "version https://git-lfs"],
];

/**
 * The kind of a file by its first bytes, with its article: `a gzip file`; undefined where they are not known.
 * @param start the first `KIND_BYTES` bytes of the file, or all
 */
export function kindOfBytes(start: Uint8Array): string | undefined {
	const [kind] =
		signatures.find(([, mark, at = 0]) => {
			const bytes = typeof mark === "string" ? Array.from(mark, (character) => character.charCodeAt(0)) : mark;
			return bytes.every((byte, i) => start[at + i] === byte);
		}) ?? [];
	return kind;
}
