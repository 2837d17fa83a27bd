import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Where the number of a process counts: two processes with equal tables see each other. */
export interface ProcessTable {
	readonly host: string;
	/** Linux's start of the system and namespace of process numbers, which containers have of their own; "" elsewhere. */
	readonly table: string;
}

/** The table that this process is in. */
export function processTable(): ProcessTable {
	return { host: hostname(), table: linuxTable() };
}

function linuxTable(): string {
	try {
		return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
	} catch {
		return "";
	}
}

/** Start of a running process: Linux's clock ticks since boot, "" where the system does not tell; undefined when there is no such process. */
export function startOf(pid: number): string | undefined {
	try {
		process.kill(pid, 0);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
	}
	const stat = statusOf(pid);
	// After the name in brackets, which may hold anything, the 20th field is the start.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return fields[0] === "Z" ? undefined : (fields[19] ?? "");
}

/** Empty where the system has no such file, or does not show it. */
function statusOf(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/stat`, "utf8");
	} catch {
		return "";
	}
}
