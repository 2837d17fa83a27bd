import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileError, makeFolder, temporaryName } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import { runFiles, runsIn } from "../store/index.ts";

/** Where baselines are kept, in the current directory. */
const baselinesFolder = join("results", "baselines");

/**
 * Keeps a results folder, or all that a folder holds, under a name; a baseline of that name is replaced.
 * @returns the folder of the baseline
 * @throws UsageError for a name that is none, or a folder without results
 */
export function saveBaseline(name: string, folder: string, parent = baselinesFolder): string {
	if (!/^[\w][\w.-]*$/.test(name))
		throw new UsageError(`--save must be a name of letters, digits, dots and dashes, got ${name}`);
	const runs = runsIn(folder);
	if (runs.length === 0) throw new UsageError(`${folder}: no results; give a folder that a sweep has written`);
	const target = join(parent, name);
	const prepared = temporaryName(target);
	try {
		makeFolder(parent);
		mkdirSync(prepared);
	} catch (error) {
		throw fileError("write", prepared, error);
	}
	try {
		for (const run of runs)
			for (const file of runFiles.filter((one) => existsSync(join(run, one))))
				cpSync(join(run, file), join(prepared, basename(resolve(run)), file));
		rmSync(target, { recursive: true, force: true });
		renameSync(prepared, target);
	} finally {
		rmSync(prepared, { recursive: true, force: true });
	}
	return target;
}

/**
 * The folder that a word of the call means: a folder that is there, otherwise a baseline of that name.
 * @throws UsageError where there is neither, naming the baselines
 */
export function findRun(word: string, parent = baselinesFolder): string {
	if (existsSync(word)) return word;
	const baseline = join(parent, word);
	if (existsSync(baseline)) return baseline;
	const known = existsSync(parent) ? readdirSync(parent) : [];
	throw new UsageError(`${word}: no such folder or baseline (baselines: ${known.join(", ") || "none"})`);
}
