import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Row } from "../cells/row.ts";
import { readRows } from "../store/rows-file.ts";

/** A sweep of the tiny experiment in a process of its own, with what it has written so far. */
export type SweepProcess = ChildProcess & {
	/** On standard error. */
	said: string;
	/** On standard output: its summary. */
	printed: string;
};

/**
 * Starts a sweep of the tiny experiment in a process of its own.
 * @param options as `sweep` takes them
 */
export function startSweep(
	out: string,
	options: Readonly<Record<string, unknown>> = {},
	environment: Readonly<Record<string, string>> = {},
): SweepProcess {
	const program = join(import.meta.dirname, "sweep-tiny.ts");
	const child = spawn(process.execPath, [program, out, JSON.stringify(options)], {
		stdio: ["ignore", "pipe", "pipe"],
		env: { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"), ...process.env, ...environment },
	});
	const watched = Object.assign(child, { said: "", printed: "" });
	child.stderr.on("data", (text) => (watched.said += text));
	child.stdout.on("data", (text) => (watched.printed += text));
	return watched;
}

/** Waits for the end of a process and of its output. */
export function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
	return new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
}

/** Waits until a condition holds, thirty seconds at most: a machine may be busy. */
export async function until(condition: () => boolean): Promise<void> {
	const end = performance.now() + 30_000;
	while (!condition()) {
		if (performance.now() > end) throw new Error("waited in vain");
		await sleep(20);
	}
}

/** The rows of the tiny experiment; none where its sweep was stopped before it wrote the file. */
export function tinyRows(out: string): readonly Row[] {
	return readRows(join(out, "tiny/rows.csv")).rows;
}

/** Processes that a process has started, on Linux. */
export function childrenOf(pid: number): number[] {
	return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

/** Whether a process is there and has not ended, on Linux. */
export function isRunning(pid: number): boolean {
	return existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}
