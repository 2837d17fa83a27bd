import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const executable = fileURLToPath(new URL("../../bin/attgrad.mjs", import.meta.url));

/** The end of a run of the command. */
export interface Ended {
	/** Exit code; 128 + 2 for an end by SIGINT, as a shell tells it. */
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs the real command in a process of its own, without standard input. */
export function attgrad(words: readonly string[], node: readonly string[] = [process.execPath]): Promise<Ended> {
	const child = start(words, node);
	const output = { stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const)
		child[name].setEncoding("utf8").on("data", (text: string) => {
			output[name] += text;
		});
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (code, signal) => resolve({ code: code ?? (signal === "SIGINT" ? 130 : 1), ...output }));
	});
}

/** Starts the command, for tests that interfere with it. */
export function start(words: readonly string[], [node, ...flags]: readonly string[] = [process.execPath]) {
	return spawn(node, [...flags, executable, ...words], { stdio: ["ignore", "pipe", "pipe"] });
}

/** A folder for the files of a test file, removed after its tests. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "attgrad-test-"));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}
