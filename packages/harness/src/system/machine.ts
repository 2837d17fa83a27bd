import { execFile } from "node:child_process";
import { arch, platform, release } from "node:os";
import { promisify } from "node:util";
import { processorCount, totalMemory } from "@attgrad/matrix-core";
import harnessPackage from "../../package.json" with { type: "json" };
import { describeProcessor, readProcessor } from "./processor.ts";

/** The machine that measures. */
export interface Machine {
	/** Processor with family and model, number of cores and system in a few words: the `machine` of a row. */
	readonly name: string;
	/** With family, model and widest vector instructions, where the system tells them. */
	readonly cpu: string;
	/** Instructions that the kernels profit from. */
	readonly flags: readonly string[];
	/** Cores that this process may use. */
	readonly cores: number;
	readonly memoryMb: number;
	readonly system: string;
}

/** Reads what the system tells about itself. */
export function readMachine(): Machine {
	const processor = readProcessor();
	const cpu = describeProcessor(processor) || arch();
	const cores = processorCount();
	const system = `${platform()} ${arch()} ${release()}`;
	return {
		name: `${cpu}, ${cores} core${cores === 1 ? "" : "s"}, ${platform()} ${arch()}`,
		cpu,
		flags: processor.flags,
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
		// Files that a sweep writes into the repository do not change the program.
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
