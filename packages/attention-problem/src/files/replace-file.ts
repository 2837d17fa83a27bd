import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { fileError } from "./file-error.ts";

/**
 * Writes a file under a temporary name beside it (`NAME.PID.tmp`), makes sure that it is on the disk, and then gives it
 * its name: whatever happens, the file is there whole or as it was before.
 * @throws UsageError when the system refuses; what `write` throws is passed on; the temporary file is removed
 */
export async function replaceFile(path: string, write: (file: number) => void | Promise<void>): Promise<void> {
	const temporary = `${path}.${process.pid}.tmp`;
	const file = openTemporary(temporary, path);
	try {
		try {
			await write(file);
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
		renameSync(temporary, path);
	} catch (error) {
		rmSync(temporary, { force: true });
		throw fileError("write", path, error);
	}
}

function openTemporary(temporary: string, path: string): number {
	try {
		return openSync(temporary, "w");
	} catch (error) {
		throw fileError("write", path, error);
	}
}

/** Writes all of `bytes`, at a position or after what was written last. */
export function writeAll(file: number, bytes: Uint8Array, position: number | null = null): void {
	for (let done = 0; done < bytes.length; )
		done += writeSync(file, bytes, done, bytes.length - done, position === null ? null : position + done);
}
