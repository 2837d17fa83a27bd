import { fstatSync, fsyncSync, ftruncateSync, writeSync } from "node:fs";

/**
 * Adds text to a file and waits until it is on the disk: all of it or nothing.
 * @param file descriptor, open for appending
 * @throws Error of the file system; the file is then as it was
 */
export function appendWhole(file: number, text: string): void {
	const { size } = fstatSync(file);
	try {
		const bytes = Buffer.from(text);
		for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
		fsyncSync(file);
	} catch (error) {
		ftruncateSync(file, size);
		throw error;
	}
}
