import { execFile } from "node:child_process";
import { arch, cpus, platform, release } from "node:os";
import { promisify } from "node:util";
import { processorCount, totalMemory } from "@attgrad/matrix-core";
import harnessPackage from "../../package.json" with { type: "json" };

/** The machine that measures. */
export interface Machine {
	/** Processor, number of cores and system in a few words: the `machine` of a row. */
	readonly name: string;
	readonly cpu: string;
	/** Cores that this process may use. */
	readonly cores: number;
	readonly memoryMb: number;
	readonly system: string;
}

/** Reads what the system tells about itself. */
export function readMachine(): Machine {
	const cpu = cpus()[0]?.model.replace(/\s+/g, " ").trim() || arch();
	const cores = processorCount();
	const system = `${platform()} ${arch()} ${release()}`;
	return {
		name: `${cpu}, ${cores} core${cores === 1 ? "" : "s"}, ${platform()} ${arch()}`,
		cpu,
		cores,
		memoryMb: Math.round(totalMemory() / 2 ** 20),
		system,
	};
}

/** The state of attgrad's own source in git; undefined where it does not come from a repository. */
export async function readCommit(): Promise<{ commit: string; dirty: boolean } | undefined> {
	const git = async (...args: string[]) =>
		(await promisify(execFile)("git", ["-C", import.meta.dirname, ...args])).stdout.trim();
	try {
		// What a sweep writes into the repository is no change of the program.
		const changes = await git("status", "--porcelain", "--", ":/", ":(top,exclude)results");
		return { commit: await git("rev-parse", "HEAD"), dirty: changes !== "" };
	} catch {
		return undefined;
	}
}

/** Versions of the program and of what it runs on. */
export function readVersions(): Record<string, string> {
	const { node, v8 } = process.versions;
	return { attgrad: harnessPackage.version, node, v8 };
}
