import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { fileError } from "./file-error.ts";

/**
 * Writes a file under a temporary name beside it, makes sure that it is on the disk, and then gives it its name:
 * whatever happens, the file is there complete or as it was before. The temporary name is random and must be new, so
 * that nobody can put a link in its place.
 * @throws UsageError when the system refuses; what `write` throws is passed on; the temporary file is removed
 */
export async function replaceFile(path: string, write: (file: number) => void | Promise<void>): Promise<void> {
	const temporary = openTemporary(path);
	try {
		await write(temporary.file);
	} catch (error) {
		discard(temporary);
		throw fileError("write", path, error);
	}
	putInPlace(temporary, path);
}

/**
 * `replaceFile` for content that is there, without waiting for others.
 * @throws UsageError when the system refuses
 */
export function writeAtomically(path: string, content: string | Uint8Array): void {
	const temporary = openTemporary(path);
	try {
		writeAll(temporary.file, typeof content === "string" ? Buffer.from(content) : content);
	} catch (error) {
		discard(temporary);
		throw fileError("write", path, error);
	}
	putInPlace(temporary, path);
}

interface Temporary {
	readonly file: number;
	readonly name: string;
}

/** Closes a file that is written, on the disk, and gives it its name. */
function putInPlace({ file, name }: Temporary, path: string): void {
	try {
		try {
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
		renameSync(name, path);
	} catch (error) {
		rmSync(name, { force: true });
		throw fileError("write", path, error);
	}
}

function discard({ file, name }: Temporary): void {
	try {
		closeSync(file);
	} finally {
		rmSync(name, { force: true });
	}
}

/** A name beside a file that nobody can guess: `rows.csv.0f3a….tmp`. */
export function temporaryName(path: string): string {
	return `${path}.${randomBytes(8).toString("hex")}.tmp`;
}

/** Opens a new file for writing: O_CREAT with O_EXCL, which follows no link. */
function openTemporary(path: string): Temporary {
	const name = temporaryName(path);
	try {
		return { file: openSync(name, "wx"), name };
	} catch (error) {
		throw fileError("write", path, error);
	}
}

/** Writes all of `bytes`, at a position or after what was written last. */
export function writeAll(file: number, bytes: Uint8Array, position: number | null = null): void {
	for (let done = 0; done < bytes.length; )
		done += writeSync(file, bytes, done, bytes.length - done, position === null ? null : position + done);
}
