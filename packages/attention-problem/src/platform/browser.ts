import { UsageError } from "@attgrad/matrix-core";
import type { ReadableFile } from "../files/readable-file.ts";

export { crc32 } from "./crc32.ts";

/** @throws UsageError always: a page has no paths */
export const openFile = (path: string): ReadableFile => refuse("read", path);

/** Bytes of C's long, as NumPy takes it on most machines. */
export const longBytes = (): number => 8;

/** @throws UsageError always: a page has no paths */
export const isFolder = (path: string): boolean => refuse("read", path);

/** @throws UsageError always: a page has no paths */
export const namesInFolder = (path: string): string[] => refuse("read", path);

/** @throws UsageError always: a page has no paths */
export const makeFolder = (path: string): void => refuse("write", path);

/** @throws UsageError always: a page has no paths */
export const readIfThere = (path: string): undefined => refuse("read", path);

/** @throws UsageError always: a page has no paths */
export async function replaceFile(path: string, _write: (file: number) => void | Promise<void>): Promise<void> {
	refuse("write", path);
}

/** @throws UsageError always: a page has no paths */
export const writeAtomically = (path: string, _content: string | Uint8Array): void => refuse("write", path);

/** @throws UsageError always: a page has no paths */
export const temporaryName = (path: string): string => refuse("write", path);

/** Nothing calls it: there is no open file. */
export const writeAll = (_file: number, _bytes: Uint8Array, _position: number | null = null): void => {};

function refuse(action: "read" | "write", path: string): never {
	throw new UsageError(`cannot ${action} ${path}: a browser opens no files by path`);
}
