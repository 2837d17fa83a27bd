import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readOrEmpty } from "@attgrad/algorithms/processes";

/** How long the processors are watched, milliseconds. */
const watched = 250;

/** A machine of which this part works for others is busy. */
const busyShare = 0.2;

/** Time that the processors have worked, and all of their time; milliseconds. */
interface Work {
	readonly busy: number;
	readonly all: number;
}

/** Warnings about states of the machine that distort times, a line each; none where all is well or the system does not tell. */
export async function machineWarnings(): Promise<string[]> {
	const before = workOf(cpus());
	await sleep(watched);
	return [...busyWarning(before, workOf(cpus())), ...powerWarnings()];
}

/** Times of all processors since the machine was started. */
export function workOf(processors: readonly Pick<ReturnType<typeof cpus>[number], "times">[]): Work {
	let [busy, all] = [0, 0];
	for (const { times } of processors) {
		const total = Object.values(times).reduce((sum, time) => sum + time, 0);
		all += total;
		busy += total - times.idle;
	}
	return { busy, all };
}

/** Whether others use the machine, from two readings between which this program did nothing. */
export function busyWarning(before: Work, after: Work): string[] {
	const share = (after.busy - before.busy) / Math.max(1, after.all - before.all);
	if (share <= busyShare) return [];
	return [
		`warning: the machine is busy with other work (${Math.round(100 * share)} % of its processors); times will be too long`,
	];
}

/**
 * Whether the processor is slowed down, as Linux tells.
 * @param root where the file system starts
 */
export function powerWarnings(root = "/"): string[] {
	const supplies = join(root, "sys/class/power_supply");
	const read = (...parts: string[]) => readOrEmpty(join(...parts));
	const onBattery = list(supplies).some((name) => read(supplies, name, "status") === "Discharging");
	const processors = list(join(root, "sys/devices/system/cpu")).filter((name) => /^cpu\d+$/.test(name));
	const held = processors.find((name) => {
		const frequencies = join(root, "sys/devices/system/cpu", name, "cpufreq");
		return Number(read(frequencies, "scaling_max_freq")) < Number(read(frequencies, "cpuinfo_max_freq"));
	});
	return [
		...(onBattery ? ["warning: the machine runs on battery, which may slow it down"] : []),
		...(held ? [`warning: processor ${held} is held below its full frequency; times will be too long`] : []),
	];
}

/**
 * How often the processor was slowed down for heat since the machine was started, as Linux tells; 0 elsewhere.
 * @param root where the file system starts
 */
export function throttleCount(root = "/"): number {
	const folder = join(root, "sys/devices/system/cpu");
	return list(folder)
		.filter((name) => /^cpu\d+$/.test(name))
		.reduce((sum, name) => sum + Number(readOrEmpty(join(folder, name, "thermal_throttle/core_throttle_count"))), 0);
}

function list(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}
