import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { availableMemory, groupLimits, processorCount, totalMemory } from "./machine-limits.ts";

let root: string;
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "attgrad-groups-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
}

const GIB = 2 ** 30;

test("version 2: the least limit of a group and those around it counts", () => {
	write({
		"proc/self/cgroup": "0::/job/step\n",
		"proc/self/mountinfo": "34 25 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
		"sys/fs/cgroup/job/memory.max": `${4 * GIB}\n`,
		"sys/fs/cgroup/job/memory.current": `${GIB}\n`,
		"sys/fs/cgroup/job/memory.stat": `anon 5\ninactive_file ${GIB / 2}\n`,
		"sys/fs/cgroup/job/step/memory.max": "max\n",
		"sys/fs/cgroup/job/step/memory.current": `${GIB}\n`,
		"sys/fs/cgroup/job/cpu.max": "150000 100000\n",
		"sys/fs/cgroup/job/step/cpu.max": "max 100000\n",
	});
	expect(groupLimits(root)).toEqual({ memory: 4 * GIB, memoryLeft: 3.5 * GIB, processors: 1.5 });
});

test("version 1 in a container: the mount is the container's own group", () => {
	write({
		"proc/self/cgroup": "4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n0::/\n",
		"proc/self/mountinfo": [
			"30 25 0:26 /docker/abc /sys/fs/cgroup/my\\040memory ro - cgroup cgroup rw,memory",
			"31 25 0:27 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct",
		].join("\n"),
		"sys/fs/cgroup/my memory/memory.limit_in_bytes": `${GIB}\n`,
		"sys/fs/cgroup/my memory/memory.usage_in_bytes": `${GIB}\n`,
		"sys/fs/cgroup/my memory/memory.stat": `inactive_file 7\ntotal_inactive_file 4096\n`,
		"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
		"sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
	});
	expect(groupLimits(root)).toEqual({ memory: GIB, memoryLeft: 4096, processors: 0.5 });
});

test("a group outside of what is mounted: the mount itself counts", () => {
	write({
		"proc/self/cgroup": "0::/../other\n",
		"proc/self/mountinfo": "34 25 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
		"sys/fs/cgroup/memory.max": `${GIB}\n`,
	});
	expect(groupLimits(root).memory).toBe(GIB);
});

test.each([
	["no quota, version 1", { "sys/fs/cgroup/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu.cfs_period_us": "100000\n" }],
	["no quota, version 2", { "sys/fs/cgroup/cpu.max": "max 100000\n" }],
	["no files", {}],
])("nothing is limited: %s", (_, files) => {
	write({
		"proc/self/cgroup": "1:cpu:/\n0::/\n",
		"proc/self/mountinfo": [
			"30 25 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu",
			"31 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw",
		].join("\n"),
		...files,
	});
	const none = Number.POSITIVE_INFINITY;
	expect(groupLimits(root)).toEqual({ memory: none, memoryLeft: none, processors: none });
});

test("a system without control groups has no limits", () => {
	const none = Number.POSITIVE_INFINITY;
	expect(groupLimits(root)).toEqual({ memory: none, memoryLeft: none, processors: none });
});

test("this process has at most the machine's memory and processors", () => {
	expect(totalMemory()).toBeGreaterThan(0);
	expect(totalMemory()).toBeLessThanOrEqual(totalmem());
	expect(availableMemory()).toBeGreaterThan(0);
	expect(availableMemory()).toBeLessThanOrEqual(totalMemory());
	expect(processorCount()).toBeGreaterThanOrEqual(1);
	expect(processorCount()).toBeLessThanOrEqual(availableParallelism());
});
