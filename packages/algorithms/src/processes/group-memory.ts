import { readdirSync, readFileSync } from "node:fs";

/** The memory of a process group. */
export interface GroupMemory {
	/** Resident memory of its processes together now, MiB. Pages that they share count for each. */
	readonly nowMb: number;
	/** Sum of the largest that each of them has had, MiB; at least `nowMb`. */
	readonly peakMb: number;
}

/** Reads the memory of a process group off Linux's /proc; undefined on other systems. */
export function groupMemory(group: number): GroupMemory | undefined {
	let processes: string[];
	try {
		processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
	} catch {
		return undefined;
	}
	const members = processes.flatMap((pid) => (groupOf(pid) === group ? [memoryOf(pid)] : []));
	const sum = (name: "nowMb" | "peakMb") => members.reduce((total, member) => total + member[name], 0);
	return { nowMb: sum("nowMb"), peakMb: sum("peakMb") };
}

/** The process group of a process, which may have ended meanwhile. */
function groupOf(pid: string): number | undefined {
	const stat = readOrEmpty(`/proc/${pid}/stat`);
	// After the name in brackets, which may hold anything: state, parent, group.
	const group = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2];
	return group ? Number(group) : undefined;
}

function memoryOf(pid: string): GroupMemory {
	const status = readOrEmpty(`/proc/${pid}/status`);
	const mebibytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) / 1024;
	return { nowMb: mebibytes("VmRSS"), peakMb: mebibytes("VmHWM") };
}

/** The text of a file that a system may not have, or that may just have gone, like those of /proc and /sys; empty then. */
export function readOrEmpty(path: string): string {
	try {
		return readFileSync(path, "utf8").trim();
	} catch {
		return "";
	}
}
