import { spawn } from "node:child_process";
import { ComputationError } from "@attgrad/matrix-core";
import { groupMemory } from "./group-memory.ts";
import { LastLine } from "./last-line.ts";
import { startTimer } from "./long-timer.ts";
import { shorten } from "./words.ts";

/** A command to run with everything that it starts. */
export interface GroupRequest {
	/** As a shell takes it. */
	readonly command: string;
	/** Words put behind it. */
	readonly words: readonly string[];
	/** Variables added to the environment. */
	readonly environment: Readonly<Record<string, string>>;
	/** A folder for its files, removed when this process is gone, however it ended. */
	readonly folder: string;
	/** Milliseconds. */
	readonly timeLimit: number;
	/** Resident memory of all its processes together, MiB. */
	readonly memoryLimit: number;
}

/** The end of a command that succeeded. */
export interface GroupEnd {
	/** The last line of standard output that is not empty. */
	readonly lastLine: string;
	/** Largest resident memory that was seen, all its processes together, MiB. */
	readonly peakRssMb: number;
}

/**
 * The leader of the group. Its first child waits until this program lets go of descriptor 3, which happens when the command
 * has ended and also when this program is killed; it then removes the folder ($1) and kills the group.
 */
const guarded = (command: string) =>
	`( read -r _ <&3; rm -rf -- "$1"; kill -KILL 0 ) >/dev/null 2>&1 & exec 3<&-; shift; ${command} "$@"`;

/** How often the memory is looked at, milliseconds. */
const interval = 100;

/** Last part of standard error that is kept, so that a command that prints for ever does no harm. */
const keptLength = 65_536;

/**
 * Runs a command by the shell, in a process group of its own: nothing of it outlives the command's end, a limit, or this process.
 * The memory is watched on Linux only.
 * @throws ComputationError `timeout`, `out-of-memory`, `skipped` where there is no such command, `failed` for an exit code that is not 0
 */
export function runInGroup(request: GroupRequest): Promise<GroupEnd> {
	const { command, words, environment, folder, timeLimit, memoryLimit } = request;
	return new Promise((resolve, reject) => {
		const child = spawn("/bin/sh", ["-c", guarded(command), "sh", folder, ...words], {
			stdio: ["ignore", "pipe", "pipe", "pipe"],
			detached: true,
			env: { ...process.env, ...environment },
		});
		const answer = new LastLine();
		child.stdout?.setEncoding("utf8").on("data", (text: string) => answer.add(text));
		let complaint = "";
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			complaint = (complaint + text).slice(-keptLength);
		});
		let peakRssMb = 0;
		let stopped: ComputationError | undefined;
		const stop = (reason: ComputationError) => {
			stopped ??= reason;
			killGroup(child.pid);
		};
		const timer = startTimer(timeLimit, () =>
			stop(new ComputationError("timeout", `the command was stopped after ${timeLimit / 1000} s`)),
		);
		const watch = setInterval(() => {
			const memory = child.pid === undefined ? undefined : groupMemory(child.pid);
			if (!memory) return clearInterval(watch);
			peakRssMb = Math.max(peakRssMb, memory.peakMb);
			if (memory.nowMb > memoryLimit)
				stop(
					new ComputationError(
						"out-of-memory",
						`the command took ${Math.round(memory.nowMb)} MiB, over its limit of ${Math.round(memoryLimit)} MiB`,
					),
				);
		}, interval);
		const settle = (action: () => void) => {
			clearTimeout(timer);
			clearInterval(watch);
			action();
		};
		// The group may have been killed before it took hold of the descriptor.
		const guard = child.stdio[3] as NodeJS.WritableStream;
		guard.on("error", () => {});
		child.once("error", (error) => settle(() => reject(new ComputationError("failed", `the shell: ${error.message}`))));
		child.once("exit", () => settle(() => killGroup(child.pid)));
		child.once("close", (code, signal) => {
			const failure = stopped ?? failureOf(command, code, signal, complaint);
			if (failure) reject(failure);
			else resolve({ lastLine: answer.text, peakRssMb });
		});
	});
}

/** Exit code of a shell that has not found the command. */
const notFound = 127;

function failureOf(
	command: string,
	code: number | null,
	signal: NodeJS.Signals | null,
	stderr: string,
): ComputationError | undefined {
	if (code === 0) return undefined;
	// A stack is indented; what went wrong stands before it or after.
	const lines = stderr.split("\n").filter((line) => /^\S/.test(line));
	const said = shorten(lines.findLast((line) => /error|fatal/i.test(line)) ?? lines.at(-1) ?? "");
	const told = said ? `: ${said}` : "";
	if (code === notFound) return new ComputationError("skipped", `there is no such command as ${command}${told}`);
	// A shell gives 128 + its number for a signal that ended what it ran.
	const end = signal ?? (code !== null && code > 128 ? `signal ${code - 128}` : undefined);
	if (end === "SIGKILL" || end === "signal 9")
		return new ComputationError(
			"out-of-memory",
			"the command was killed by the system, which does so when memory runs out",
		);
	return new ComputationError("failed", `the command ended ${end ? `by ${end}` : `with exit code ${code}`}${told}`);
}

/** Kills a process group, by the process that leads it; one that has ended is left alone. */
export function killGroup(leader: number | undefined): void {
	if (leader === undefined) return;
	try {
		process.kill(-leader, "SIGKILL");
	} catch {
		// It is gone; macOS says EPERM instead where its processes have ended and nobody has asked how.
	}
}
