import { execFileSync } from "node:child_process";
import { onTestFinished } from "vitest";

/** A file system of its own in a folder, for tests that need one that is full or cannot be written. */
export interface SmallDisk {
	/** Makes it read-only, or writable again. */
	setReadOnly(readOnly: boolean): void;
}

/**
 * Mounts a file system in memory on a folder, until the test has ended.
 * @returns undefined where this process may not mount: elsewhere than on Linux, and without root's rights
 */
export function mountSmallDisk(folder: string, kibibytes: number): SmallDisk | undefined {
	const run = (program: string, ...words: string[]) => execFileSync(program, words, { stdio: "pipe" });
	try {
		run("mount", "-t", "tmpfs", "-o", `size=${kibibytes}k`, "tmpfs", folder);
	} catch {
		return undefined;
	}
	onTestFinished(() => {
		run("umount", folder);
	});
	return { setReadOnly: (readOnly) => run("mount", "-o", `remount,${readOnly ? "ro" : "rw"}`, folder) };
}
