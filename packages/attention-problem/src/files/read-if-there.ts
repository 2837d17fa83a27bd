import { readFileSync } from "node:fs";
import { fileError, isAbsence } from "./file-error.ts";

/**
 * The content of a file; undefined where there is none.
 * @throws UsageError where there is one that cannot be read: that is not the same as none
 */
export function readIfThere(path: string): Buffer | undefined {
	try {
		return readFileSync(path);
	} catch (error) {
		if (isAbsence(error)) return undefined;
		throw fileError("read", path, error);
	}
}
