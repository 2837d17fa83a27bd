import { readFileSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";
import { dirname, join, relative, sep } from "node:path";

/** Limits of the control groups that a process is in; infinite where none says anything. */
export interface GroupLimits {
	/** Most memory, bytes. */
	readonly memory: number;
	/** Memory that may still be taken, bytes; files that the system keeps in memory and would give up are not counted. */
	readonly memoryLeft: number;
	/** Processor time for each unit of time. */
	readonly processors: number;
}

/** Memory of this process in bytes: the machine's, or less where a container or a batch job is confined to less. */
export function totalMemory(): number {
	return Math.min(totalmem(), groupLimits().memory);
}

/** Memory that this process may still take, bytes: the machine's, or less where a container or a batch job has less. */
export function availableMemory(): number {
	// process.availableMemory() knows the innermost group only, and takes files that are kept in memory for used.
	return Math.max(0, Math.min(freemem(), memoryLimits("/").memoryLeft));
}

/** Processors that this process may use at once: of the machine, or fewer where a container or a batch job has fewer. */
export function processorCount(): number {
	return Math.max(1, Math.min(availableParallelism(), Math.floor(groupLimits().processors)));
}

/**
 * Reads the limits of the control groups of this process, of version 1 and 2, and of all groups around them.
 * @param root where `/proc` is, and what mount points begin with
 */
export function groupLimits(root = "/"): GroupLimits {
	const processors = groupFolders(root, "cpu").map(processorsOf);
	return { ...memoryLimits(root), processors: Math.min(...processors) };
}

function memoryLimits(root: string): Pick<GroupLimits, "memory" | "memoryLeft"> {
	const memory = groupFolders(root, "memory").map(memoryOf);
	return {
		memory: Math.min(...memory.map(({ limit }) => limit)),
		memoryLeft: Math.min(...memory.map(({ limit, used }) => Math.max(0, limit - used))),
	};
}

/** Folders of the groups that a controller counts this process in, from the innermost outwards. */
function groupFolders(root: string, controller: string): string[] {
	const groups = lines(join(root, "proc/self/cgroup")).map((line) => /^\d+:([^:]*):(.*)$/.exec(line) ?? []);
	const mounts = lines(join(root, "proc/self/mountinfo")).map(readMount);
	return groups.flatMap(([, controllers, group = "/"]) => {
		if (controllers !== "" && !controllers?.split(",").includes(controller)) return [];
		const mount = mounts.find(({ type, options }) =>
			controllers === "" ? type === "cgroup2" : type === "cgroup" && options.includes(controller),
		);
		return mount ? outwards(join(root, mount.point), relative(mount.group, group)) : [];
	});
}

/** A mount as `/proc/self/mountinfo` writes it: `34 25 0:30 GROUP POINT rw - TYPE source OPTIONS`. */
function readMount(line: string): { group: string; point: string; type: string; options: string[] } {
	const [before = "", after = ""] = line.split(" - ");
	const [, , , group = "/", point = "/"] = before.split(" ").map(unescapeOctal);
	const [type = "", , options = ""] = after.split(" ");
	return { group, point, type, options: options.split(",") };
}

/** A blank in a path is written `\040`. */
const unescapeOctal = (text: string): string =>
	text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** The folder `inner` of `top` and all around it, up to `top`; `top` alone where `inner` lies outside. */
function outwards(top: string, inner: string): string[] {
	if (inner === "" || inner.split(sep).includes("..")) return [top];
	return [join(top, inner), ...outwards(top, inner.includes(sep) ? dirname(inner) : "")];
}

/** Limit and use of a group, bytes. */
function memoryOf(folder: string): { limit: number; used: number } {
	const limits = ["memory.max", "memory.high", "memory.limit_in_bytes"].map((name) => number(join(folder, name)));
	const [used = 0] = ["memory.current", "memory.usage_in_bytes"]
		.map((name) => number(join(folder, name)))
		.filter(Number.isFinite);
	return { limit: Math.min(...limits), used: used - reclaimable(folder) };
}

/** Bytes of files in memory that nobody has used lately. */
function reclaimable(folder: string): number {
	const counts = lines(join(folder, "memory.stat")).map((line) => line.split(" "));
	const count = (name: string) => counts.find(([one]) => one === name)?.[1];
	return Number(count("total_inactive_file") ?? count("inactive_file") ?? 0);
}

/** Quota over period of a group. */
function processorsOf(folder: string): number {
	const [quota, period] = readOr(join(folder, "cpu.max")).split(" ").map(Number);
	if (quota !== undefined && period !== undefined && quota > 0) return quota / period;
	const old = number(join(folder, "cpu.cfs_quota_us")) / number(join(folder, "cpu.cfs_period_us"));
	return old > 0 ? old : Number.POSITIVE_INFINITY;
}

/** The number in a file; infinite where there is none, as for `max`. */
function number(path: string): number {
	const text = readOr(path).trim();
	return /^-?\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
}

const lines = (path: string): string[] => readOr(path).split("\n").filter(Boolean);

/** Text of a file; empty where there is no such file, as on systems without control groups. */
function readOr(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}
