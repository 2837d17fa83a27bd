import { execFileSync, spawnSync } from "node:child_process";
import {
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { joinRounds } from "@attgrad/harness";
import { ComputationError, UsageError } from "@attgrad/matrix-core";

/** The project's root. */
const root = fileURLToPath(new URL("../../../../../", import.meta.url));

/** Two commits to measure in turn. */
export interface CommitsRequest {
	readonly commits: readonly [first: string, second: string];
	readonly experiments: readonly string[];
	/** How often each is measured. */
	readonly rounds: number;
	/** Words for each sweep: `--n`, `2^10..2^12`. */
	readonly words: readonly string[];
	/** Takes a line about what is going on. */
	tell(line: string): void;
}

/**
 * Measures two commits of this repository in turn: each in a working tree of its own, with its own kernels, round by
 * round, the second first in every other round, so that a drift of the machine hits both alike.
 * @returns the results folders of both, in results/commits
 * @throws UsageError where this is no repository, a commit is none, or a sweep refuses its words
 * @throws ComputationError where a commit cannot be built or measured
 */
export function measureCommits({ commits, experiments, rounds, words, tell }: CommitsRequest): [string, string] {
	const [first, second] = commits.map(resolveCommit) as [string, string];
	if (first === second) throw new UsageError(`${commits.join(" and ")} are the same commit`);
	const folder = mkdtempSync(join(tmpdir(), "attgrad-commits-"));
	const trees = [first, second].map((commit, i) => ({ commit, tree: join(folder, String(i)) }));
	try {
		for (const { commit, tree } of trees) {
			tell(`${short(commit)}: building`);
			makeTree(commit, tree);
		}
		for (let round = 0; round < rounds; round++)
			for (const { commit, tree } of round % 2 === 0 ? trees : trees.toReversed()) {
				tell(`${short(commit)}: round ${round + 1} of ${rounds}`);
				sweepTree(tree, experiments, join(folder, "rounds", String(round), commit), words);
			}
		return trees.map(({ commit }) => joined(folder, commit, rounds)) as [string, string];
	} finally {
		for (const { tree } of trees) removeTree(tree);
		rmSync(folder, { recursive: true, force: true });
	}
}

const short = (commit: string): string => commit.slice(0, 9);

function git(...words: string[]): string {
	return execFileSync("git", ["-C", root, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

function resolveCommit(name: string): string {
	try {
		return git("rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`);
	} catch {
		throw new UsageError(`--commits: no commit ${name} in ${root}`);
	}
}

/** A working tree of a commit, installed and built. */
function makeTree(commit: string, tree: string): void {
	git("worktree", "add", "--detach", "--quiet", tree, commit);
	const sameLock = readFileSync(join(root, "package-lock.json")).equals(readFileSync(join(tree, "package-lock.json")));
	if (sameLock) linkModules(tree);
	else runIn(tree, "npm", ["ci", "--ignore-scripts"]);
	runIn(tree, "npm", ["run", "build", "--silent", "--", "--output-logs=errors-only"]);
}

/** Packages from the registry are those of this tree; the project's own are those of the other. */
function linkModules(tree: string): void {
	const folders = git("ls-files", "package.json", "*/package.json").split("\n").map(dirname);
	for (const folder of folders) {
		const [from, to] = [join(root, folder, "node_modules"), join(tree, folder, "node_modules")];
		if (!existsSync(from) || !existsSync(join(tree, folder))) continue;
		linkAll(from, to);
	}
}

/** Folders whose links lead to what stands beside them. */
const ownFolders = ["@attgrad", ".bin"];

/** Relative links within the tree are recreated, so that they lead to the other tree; everything else is shared. */
function linkAll(from: string, to: string): void {
	mkdirSync(to, { recursive: true });
	for (const name of readdirSync(from)) {
		const [here, there] = [join(from, name), join(to, name)];
		if (lstatSync(here).isSymbolicLink()) symlinkSync(readlinkSync(here), there);
		else if (ownFolders.includes(name)) linkAll(here, there);
		else if (!name.startsWith(".")) symlinkSync(here, there);
	}
}

/** @throws ComputationError with the end of what the program said */
function runIn(tree: string, program: string, words: readonly string[]): void {
	const env = { ...process.env, PATH: `${join(tree, "node_modules/.bin")}:${process.env["PATH"] ?? ""}` };
	const { status, stdout, stderr, error } = spawnSync(program, words, { cwd: tree, env, encoding: "utf8" });
	if (status === 0) return;
	const said = `${stdout ?? ""}${stderr ?? ""}`.trim().split("\n").slice(-3).join("; ");
	throw new ComputationError("failed", `${program} ${words[0]} of a commit: ${error?.message ?? said}`);
}

function sweepTree(tree: string, experiments: readonly string[], out: string, words: readonly string[]): void {
	const program = join(tree, "packages/attgrad/bin/attgrad.mjs");
	const call = [program, "sweep", ...experiments, "--fresh", "--out", out, ...words];
	const { status, stderr } = spawnSync(process.execPath, call, { cwd: tree, encoding: "utf8" });
	if (status === 0) return;
	const said = stderr.trim().split("\n").slice(-3).join("; ");
	if (status === 2) throw new UsageError(`sweep of a commit: ${said}`);
	throw new ComputationError("failed", `sweep of a commit ended with ${status}: ${said}`);
}

/** The rounds of a commit in one results folder for each experiment. */
function joined(folder: string, commit: string, rounds: number): string {
	const target = join("results/commits", short(commit));
	rmSync(target, { recursive: true, force: true });
	const runs = Array.from({ length: rounds }, (_, round) => join(folder, "rounds", String(round), commit));
	for (const experiment of readdirSync(runs[0] as string).filter((name) =>
		existsSync(join(runs[0] as string, name, "run.json")),
	))
		joinRounds(
			runs.map((run) => join(run, experiment)),
			join(target, experiment),
		);
	return target;
}

function removeTree(tree: string): void {
	try {
		git("worktree", "remove", "--force", tree);
	} catch {
		// It was not made, or is not git's any more; the folder goes with its parent.
	}
}
