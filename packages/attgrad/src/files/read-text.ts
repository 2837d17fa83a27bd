import { readFile } from "node:fs/promises";
import { UsageError } from "@attgrad/matrix-core";

/**
 * The text of a file.
 * @throws UsageError naming the path and why it cannot be read
 */
export async function readText(path: string): Promise<string> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		const reason = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : message;
		throw new UsageError(`cannot read ${path}: ${reason}`);
	}
}
