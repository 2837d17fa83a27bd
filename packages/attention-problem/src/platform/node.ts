import { readdirSync, statSync } from "node:fs";
import { platform } from "node:os";
import zlib from "node:zlib";
import { RandomAccessFile } from "../files/random-access.ts";
import type { ReadableFile } from "../files/readable-file.ts";

export { makeFolder } from "../files/make-folder.ts";
export { readIfThere } from "../files/read-if-there.ts";
export { replaceFile, temporaryName, writeAll, writeAtomically } from "../files/replace-file.ts";

/**
 * The CRC-32 of zip and gzip.
 * @param before that of the bytes that come before
 */
export const crc32 = (bytes: Uint8Array, before = 0): number => zlib.crc32(bytes, before);

/** Opens a file on the disk. @throws UsageError for one that is not there, is not a regular file, or cannot be read */
export const openFile = (path: string): ReadableFile => new RandomAccessFile(path);

/** Bytes of C's long, as NumPy takes it on this machine. */
export const longBytes = (): number => (platform() === "win32" ? 4 : 8);

/** Whether a path is that of a folder. @throws an error of the system where there is nothing */
export const isFolder = (path: string): boolean => statSync(path).isDirectory();

/** Names in a folder. @throws an error of the system where it cannot be read */
export const namesInFolder = (path: string): string[] => readdirSync(path);
