import { fork } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { moduleBeside } from "@attgrad/matrix-core";
import { type CellOutcome, type CellRequest, readAnswer } from "./cell-message.ts";

/** Last part of what a process wrote to standard error, kept for the reason of its end. */
const keptBytes = 4096;

/** What V8 writes when a process has used up its memory. */
const heapIsFull = /heap out of memory|Array buffer allocation failed|OOM error/;

/**
 * Runs a cell in a process of its own and tells what became of it; never throws. The process is in a group of its own,
 * so that a Ctrl-C at the terminal reaches the sweep alone, and is killed with everything it started.
 * @param wallLimit time after which the process is killed, milliseconds
 * @param signal kills the process; the outcome is then undefined
 */
export function runCell(
	request: CellRequest,
	wallLimit: number,
	signal?: AbortSignal,
): Promise<CellOutcome | undefined> {
	return new Promise((resolve) => {
		const child = fork(moduleBeside(import.meta.url, "cell-process"), [String(process.pid)], {
			stdio: ["ignore", "ignore", "pipe", "ipc"],
			serialization: "advanced",
			detached: true,
			execArgv: [],
			// Halves the time that a process takes to start.
			env: { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"), ...process.env },
		});
		const kill = () => killGroup(child.pid);
		let answer: CellOutcome | undefined;
		let timedOut = false;
		let complaint = "";
		const timer = setTimeout(() => {
			timedOut = true;
			kill();
		}, wallLimit);
		child.stderr!.setEncoding("utf8").on("data", (text: string) => {
			complaint = (complaint + text).slice(-keptBytes);
		});
		child.once("message", (message) => {
			answer = readAnswer(message);
		});
		child.once("error", (error) => {
			answer ??= { status: "failed", reason: `the process of the cell: ${error.message}` };
		});
		signal?.addEventListener("abort", kill, { once: true });
		child.once("exit", kill);
		child.once("close", async (code, signalName) => {
			// The answer may still be in the channel when the process has ended.
			if (child.connected) await once(child, "disconnect");
			clearTimeout(timer);
			signal?.removeEventListener("abort", kill);
			if (answer) resolve(answer);
			else if (signal?.aborted) resolve(undefined);
			else if (timedOut) resolve({ status: "timeout", reason: `stopped after ${wallLimit / 1000} s` });
			else resolve(unansweredEnd(code, signalName, complaint));
		});
		child.send(request, (error) => error && kill());
		if (signal?.aborted) kill();
	});
}

/** Kills a process and all that it started; one that has ended is left alone. */
function killGroup(pid: number | undefined): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, "SIGKILL");
	} catch {}
}

/** What became of a cell whose process ended without an answer. */
function unansweredEnd(code: number | null, signalName: NodeJS.Signals | null, complaint: string): CellOutcome {
	const end = signalName ? `ended by ${signalName}` : `ended with exit code ${code}`;
	if (heapIsFull.test(complaint)) return { status: "out-of-memory", reason: "the heap of the process was full" };
	if (signalName === "SIGKILL")
		return { status: "out-of-memory", reason: "killed by the system, which does so when memory runs out" };
	const lines = complaint.trim().split("\n");
	const said = lines.find((line) => /error|fatal/i.test(line)) ?? lines.at(-1);
	return { status: "failed", reason: `the process of the cell ${end}${said ? `: ${said.trim()}` : ""}` };
}
