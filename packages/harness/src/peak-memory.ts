import { readFileSync } from "node:fs";

/**
 * Largest resident memory of this process so far, MiB. Linux's own mark (`VmHWM`) is preferred to getrusage's: the
 * latter starts a child at the size that its parent had when it forked.
 */
export function peakRssMb(): number {
	return (markOfLinux() ?? process.resourceUsage().maxRSS) / 1024;
}

/** KiB; undefined on other systems. */
function markOfLinux(): number | undefined {
	try {
		const mark = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
		return mark === undefined ? undefined : Number(mark);
	} catch {
		return undefined;
	}
}
