import { readFileSync } from "node:fs";

/** A command of the shell that never ends, like what it has started; it writes the numbers of both processes to a file. */
export function hangingCommand(pids: string): string {
	return `hang() { sleep 600 & echo "$$ $!" > '${pids}.new' && mv '${pids}.new' '${pids}'; wait; }; hang`;
}

/** Those of the processes in the file that have not ended. */
export function stillRunning(pids: string): number[] {
	return readFileSync(pids, "utf8").trim().split(" ").map(Number).filter(isRunning);
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		// One that was killed may not have been waited for by whoever took it over.
		return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
