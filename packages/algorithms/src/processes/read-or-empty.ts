import { readFileSync } from "node:fs";

/** The text of a file that a system may not have, or that may just have gone, like those of /proc and /sys; empty then. */
export function readOrEmpty(path: string): string {
	try {
		return readFileSync(path, "utf8").trim();
	} catch {
		return "";
	}
}
