import { open, realpath, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { temporaryName } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";

/** Requirements on a file to be written. */
export interface OutputDemand {
	/** How its name must end: ".npy". */
	readonly ending: string;
	/** The file or folder that is read, which must not be written over. */
	readonly input?: string;
}

/**
 * Finds out before any work whether a file can be written at `path`, by making and removing a file beside it. A file that is
 * there is replaced; a device, a pipe, or what the problem is read from is not.
 * @returns where to write: what `path` leads to, where that is a link
 * @throws UsageError naming the path and why not
 */
export async function outputPath(path: string, { ending, input }: OutputDemand): Promise<string> {
	const found = await stat(path).catch(() => undefined);
	if (found?.isDirectory()) throw new UsageError(`cannot write ${path}: it is a folder`);
	if (!path.endsWith(ending)) throw new UsageError(`--out must end in ${ending}, got ${path}`);
	if (found && !found.isFile()) throw new UsageError(`cannot write ${path}: it is not a file but a device or a pipe`);
	const target = found ? await realpath(path) : path;
	if (found && input !== undefined && (await isPartOf(target, input)))
		throw new UsageError(`cannot write ${path}: it is what the problem is read from; give another name`);
	const probe = temporaryName(target);
	try {
		await (await open(probe, "wx")).close();
		await rm(probe);
	} catch (error) {
		throw new UsageError(`cannot write ${path}: ${await reason(error as NodeJS.ErrnoException, path)}`);
	}
	return target;
}

/** Whether a file that is there is the input, or lies in the input's folder. */
async function isPartOf(file: string, input: string): Promise<boolean> {
	const at = await realpath(input).catch(() => undefined);
	return at !== undefined && (at === file || at === dirname(file));
}

async function reason({ code, message }: NodeJS.ErrnoException, path: string): Promise<string> {
	if (code === "ENOTDIR") return `${await fileAbove(path)} is a file, not a folder`;
	if (code === "ENOENT") {
		// The folders of /proc are there and take no files.
		const isThere = await stat(dirname(path)).catch(() => undefined);
		return isThere ? "its folder takes no new files" : "its folder does not exist; make it first";
	}
	if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "its folder is not writable";
	return message;
}

/** The part of a path that names something other than a folder, as `p.npz` of `p.npz/x.npy`. */
async function fileAbove(path: string): Promise<string> {
	const above = dirname(path);
	const found = await stat(above).catch(() => undefined);
	return found || above === path ? above : fileAbove(above);
}
