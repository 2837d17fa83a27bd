import { readFileSync } from "node:fs";

/**
 * Largest resident memory of this process so far, MiB. Linux's own mark (`VmHWM`) is preferred to getrusage's: the
 * latter starts a child at the size that its parent had when it forked.
 */
export function peakRssMb(): number {
	return readStatus("self", "VmHWM") ?? process.resourceUsage().maxRSS / 1024;
}

/** Resident memory of a process now, MiB; undefined where it has ended, and on other systems than Linux. */
export function residentMb(pid: number | undefined): number | undefined {
	return pid === undefined ? undefined : readStatus(String(pid), "VmRSS");
}

/** MiB; undefined where there is no such process, and on other systems than Linux. */
function readStatus(pid: string, name: string): number | undefined {
	try {
		const kibibytes = new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
		return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
	} catch {
		return undefined;
	}
}
