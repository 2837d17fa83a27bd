import { open, rm, stat } from "node:fs/promises";
import { UsageError } from "@attgrad/matrix-core";

/**
 * Finds out before any work whether a file can be written at `path`, by making and removing a file beside it.
 * @throws UsageError naming the path and why not
 */
export async function checkWritable(path: string): Promise<void> {
	const found = await stat(path).catch(() => undefined);
	if (found?.isDirectory()) throw new UsageError(`cannot write ${path}: it is a folder`);
	const probe = `${path}.${process.pid}.tmp`;
	try {
		await (await open(probe, "wx")).close();
		await rm(probe);
	} catch (error) {
		throw new UsageError(`cannot write ${path}: ${reason(error as NodeJS.ErrnoException)}`);
	}
}

function reason({ code, message }: NodeJS.ErrnoException): string {
	if (code === "ENOENT" || code === "ENOTDIR") return "its folder does not exist; make it first";
	if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "its folder is not writable";
	return message;
}
