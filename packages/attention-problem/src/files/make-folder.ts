import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it, where they are missing. (`mkdir` with `recursive` never ends where a file system answers ENOENT for a name below
 * a folder that is there, as /proc does.)
 * @throws an error of the system where that cannot be done
 */
export function makeFolder(folder: string): void {
	if (isFolder(folder)) return;
	const above = dirname(folder);
	if (!existsSync(above) && above !== folder) makeFolder(above);
	try {
		mkdirSync(folder);
	} catch (error) {
		// Somebody else may have made it in the meantime.
		if (!isFolder(folder)) throw error;
	}
}

/** Whether a path is that of a folder; what cannot be looked at is none. */
function isFolder(path: string): boolean {
	try {
		return statSync(path).isDirectory();
	} catch {
		return false;
	}
}
