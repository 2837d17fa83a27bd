import { createHash, randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { cpus, homedir, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { makeFolder } from "@attgrad/attention-problem";

let processor: string | undefined;

/** Name of the processor. */
export function processorName(): string {
	processor ??= cpus()[0]?.model.trim() ?? "unknown CPU";
	return processor;
}

/** A clock of the processor time of this process: gives the milliseconds since it was started. */
export function startProcessorClock(): () => number {
	const before = process.cpuUsage();
	return () => {
		const { user, system } = process.cpuUsage(before);
		return (user + system) / 1000;
	};
}

/**
 * The user's cache of this project: in XDG_CACHE_HOME, or in ~/.cache. Paths that depend on the current folder do not count, as the XDG base directory
 * specification has it.
 * @throws an error of the system where the user has no home
 */
export function cacheFolder(): string {
	const given = process.env["XDG_CACHE_HOME"] ?? "";
	if (isAbsolute(given)) return join(given, "attgrad");
	const home = homedir();
	return join(isAbsolute(home) ? home : userInfo().homedir, ".cache", "attgrad");
}

const fileOf = (key: string): string =>
	join(cacheFolder(), `costs-${createHash("sha256").update(key).digest("hex").slice(0, 16)}.json`);

/** Reads the text that is cached under a key. @throws an error of the system where there is none */
export const readCached = (key: string): Promise<string> => readFile(fileOf(key), "utf8");

/** Caches a text under a key. @throws an error of the system where that cannot be done */
export async function writeCached(key: string, text: string): Promise<void> {
	const file = fileOf(key);
	const temporary = `${file}.${randomUUID()}`;
	makeFolder(cacheFolder());
	await writeFile(temporary, text);
	await rename(temporary, file);
}
