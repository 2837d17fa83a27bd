import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { fileError } from "@attgrad/attention-problem";

/**
 * Writes a file under a temporary name, syncs it, and renames it: a reader sees the old file or the whole new one.
 * @throws UsageError when the system refuses
 */
export function writeAtomically(path: string, content: string | Uint8Array): void {
	const temporary = `${path}.${process.pid}.tmp`;
	try {
		const file = openSync(temporary, "w");
		try {
			const bytes = typeof content === "string" ? Buffer.from(content) : content;
			for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
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
