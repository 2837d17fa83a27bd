import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killGroup, startTimer } from "@attgrad/algorithms/processes";
import { moduleBeside } from "@attgrad/matrix-core";
import { residentMb } from "../../system/index.ts";
import { type CellOutcome, type CellRequest, proceed, readAnswer, waiting } from "./cell-message.ts";

/** Last part of what a process wrote to standard error, kept for the reason of its end. */
const keptBytes = 4096;

/** How often the memory of a process is looked at while it computes, milliseconds. */
const memoryInterval = 100;

/** The messages of V8 when a process has used up its memory. */
const heapIsFull = /heap out of memory|Array buffer allocation failed|OOM error/;

/** The limits at which a cell is stopped. */
export interface CellLimits {
	/** Time that its process works, turns of others not counted; milliseconds. */
	readonly time: number;
	/** Resident memory of its process, MiB; watched on Linux. @default no limit */
	readonly memory?: number | undefined;
}

/** The process of a cell. */
export interface RunningCell {
	/**
	 * Lets it work until it waits for its next turn or ends. Undefined when it was aborted; never throws.
	 */
	proceed(): Promise<typeof waiting | CellOutcome | undefined>;
	/** Resident memory now, MiB; 0 where the system does not tell. */
	memory(): number;
	/** Kills it with all that it started. */
	kill(): void;
}

/**
 * Runs a cell in a process of its own, without turns for others, and tells what became of it; never throws.
 * @param signal kills the process; the outcome is then undefined
 */
export async function runCell(
	request: CellRequest,
	limits: CellLimits,
	signal?: AbortSignal,
): Promise<CellOutcome | undefined> {
	const cell = startCell(request, limits, signal);
	while (true) {
		const answer = await cell.proceed();
		if (answer?.status !== "waiting") return answer;
	}
}

/**
 * Starts the process of a cell. It is in a group of its own, so that a Ctrl-C at the terminal reaches the sweep alone, and
 * is killed with everything it started. It does nothing before its first turn.
 * @param signal kills the process
 */
export function startCell(request: CellRequest, limits: CellLimits, signal?: AbortSignal): RunningCell {
	const child = fork(moduleBeside(import.meta.url, "cell-process"), [String(process.pid)], {
		stdio: ["ignore", "ignore", "pipe", "ipc"],
		serialization: "advanced",
		detached: true,
		execArgv: [],
		// Halves the time that a process takes to start.
		env: { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"), ...process.env },
	});
	const kill = () => killGroup(child.pid);
	let stopped: CellOutcome | undefined;
	const stop = (outcome: CellOutcome) => {
		stopped ??= outcome;
		kill();
	};
	let listener = (_answer: typeof waiting | CellOutcome | undefined) => {};
	const end = endOf(child).then((end) => {
		signal?.removeEventListener("abort", kill);
		return end.answer ?? (signal?.aborted ? undefined : (stopped ?? end.unanswered));
	});
	void end.then((outcome) => listener(outcome));
	child.on("message", (message) => {
		if ((message as typeof waiting).status === "waiting") listener(waiting);
	});
	signal?.addEventListener("abort", kill, { once: true });
	if (signal?.aborted) kill();
	let timeLeft = limits.time;
	let isNew = true;
	return {
		proceed() {
			const begin = performance.now();
			const timer = startTimer(timeLeft, () =>
				stop({ status: "timeout", reason: `stopped after ${limits.time / 1000} s` }),
			);
			const watch = limits.memory === undefined ? undefined : watchMemory(child, limits.memory, stop);
			const answer = new Promise<typeof waiting | CellOutcome | undefined>((resolve) => {
				listener = resolve;
				void end.then(resolve);
			});
			child.send(isNew ? request : proceed, (error) => error && kill());
			isNew = false;
			return answer.finally(() => {
				clearTimeout(timer);
				clearInterval(watch);
				timeLeft -= performance.now() - begin;
			});
		},
		memory: () => residentMb(child.pid) ?? 0,
		kill,
	};
}

/** Waits until a process has ended and its channel is read: its answer, and what its end means without one. */
async function endOf(child: ChildProcess): Promise<{ answer: CellOutcome | undefined; unanswered: CellOutcome }> {
	let answer: CellOutcome | undefined;
	let complaint = "";
	// A process that could not start has no standard error.
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		complaint = (complaint + text).slice(-keptBytes);
	});
	child.on("message", (message) => {
		if ((message as typeof waiting).status !== "waiting") answer ??= readAnswer(message);
	});
	child.once("error", (error) => {
		answer ??= { status: "failed", reason: `the process of the cell: ${error.message}` };
	});
	child.once("exit", () => killGroup(child.pid));
	const [code, signalName] = (await new Promise((resolve) => child.once("close", (...end) => resolve(end)))) as [
		number | null,
		NodeJS.Signals | null,
	];
	// The answer may still be in the channel when the process has ended.
	if (child.connected) await once(child, "disconnect");
	return { answer, unanswered: unansweredEnd(code, signalName, complaint) };
}

function watchMemory(child: ChildProcess, limit: number, stop: (outcome: CellOutcome) => void): NodeJS.Timeout {
	return setInterval(() => {
		const resident = residentMb(child.pid);
		if (resident !== undefined && resident > limit)
			stop({
				status: "out-of-memory",
				reason: `the cell took ${Math.round(resident)} MiB, over its limit of ${Math.round(limit)} MiB; for more: --memory-limit`,
			});
	}, memoryInterval);
}

/** The outcome of a cell whose process ended without an answer. */
function unansweredEnd(code: number | null, signalName: NodeJS.Signals | null, complaint: string): CellOutcome {
	const end = signalName ? `ended by ${signalName}` : `ended with exit code ${code}`;
	if (heapIsFull.test(complaint)) return { status: "out-of-memory", reason: "the heap of the process was full" };
	if (signalName === "SIGKILL")
		return { status: "out-of-memory", reason: "killed by the system, which does so when memory runs out" };
	const lines = complaint.trim().split("\n");
	const said = lines.find((line) => /error|fatal/i.test(line)) ?? lines.at(-1);
	return { status: "failed", reason: `the process of the cell ${end}${said ? `: ${said.trim()}` : ""}` };
}
