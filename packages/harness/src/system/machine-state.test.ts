import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import { busyWarning, machineWarnings, powerWarnings, throttleCount, workOf } from "./machine-state.ts";

const parent = temporaryFolder();
let root: string;
beforeEach(() => {
	root = folderIn(parent);
});

/** A file as the system has it. */
function system(path: string, content: string) {
	mkdirSync(join(root, "sys", path, ".."), { recursive: true });
	writeFileSync(join(root, "sys", path), `${content}\n`);
}

const times = (busy: number, idle: number) => [
	{ times: { user: busy, nice: 0, sys: 0, irq: 0, idle } },
	{ times: { user: 0, nice: 0, sys: busy, irq: 0, idle } },
];

test("a machine that works for others is busy, an idle one is not", () => {
	expect(busyWarning(workOf(times(100, 100)), workOf(times(180, 120)))).toEqual([
		"warning: the machine is busy with other work (80 % of its processors); times will be too long",
	]);
	expect(busyWarning(workOf(times(100, 100)), workOf(times(110, 190)))).toEqual([]);
});

test("a battery that is discharged is told, one that is charged is not", () => {
	system("class/power_supply/BAT0/status", "Discharging");
	expect(powerWarnings(root)).toEqual(["warning: the machine runs on battery, which may slow it down"]);
	system("class/power_supply/BAT0/status", "Charging");
	expect(powerWarnings(root)).toEqual([]);
});

test("a processor that may not go as fast as it can is told", () => {
	system("devices/system/cpu/cpu0/cpufreq/scaling_max_freq", "1200000");
	system("devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3600000");
	expect(powerWarnings(root)).toEqual([
		"warning: processor cpu0 is held below its full frequency; times will be too long",
	]);
	system("devices/system/cpu/cpu0/cpufreq/scaling_max_freq", "3600000");
	expect(powerWarnings(root)).toEqual([]);
});

test("slow-downs for heat are counted over all processors", () => {
	expect(throttleCount(root)).toBe(0);
	for (const [cpu, count] of [
		[0, 3],
		[1, 4],
	])
		system(`devices/system/cpu/cpu${cpu}/thermal_throttle/core_throttle_count`, String(count));
	expect(throttleCount(root)).toBe(7);
});

test("this machine is asked without complaint, whatever its system tells", async () => {
	for (const warning of await machineWarnings()) expect(warning).toMatch(/^warning: /);
});
