import { UsageError } from "@attgrad/matrix-core";
import type { RunInfo } from "../store/index.ts";

interface NamedRun {
	readonly folder: string;
	readonly info: RunInfo;
}

/** The traits that runs must share so that their rows can stand in one file, by their names for people. */
const traits: readonly (readonly [name: string, of: (info: RunInfo) => unknown])[] = [
	["experiment", (info) => info.experiment],
	["preset", (info) => info.preset],
	["version of attgrad", (info) => info.versions["attgrad"]],
	["kernel", (info) => info.kernel],
	["time for a cell's runs", ({ settings }) => settings["budget"]],
	["time limit", ({ settings }) => settings["timeLimit"]],
	["cells at once", ({ settings }) => settings["jobs"]],
];

/** The differences that are allowed. */
export interface Tolerance {
	readonly anyMachine: boolean;
	readonly anyCommit: boolean;
}

/** @throws UsageError naming what differs, and how */
export function requireSameKind(one: NamedRun, other: NamedRun, { anyMachine, anyCommit }: Tolerance): void {
	const refuse = (what: string, a: unknown, b: unknown, hint = "") => {
		throw new UsageError(
			`cannot merge ${one.folder} and ${other.folder}: ${what} differs, ${a ?? "none"} and ${b ?? "none"}${hint}`,
		);
	};
	for (const [name, of] of traits) if (of(one.info) !== of(other.info)) refuse(name, of(one.info), of(other.info));
	if (!anyCommit && one.info.commit !== other.info.commit) refuse("commit", one.info.commit, other.info.commit);
	const shards = [one, other].map(({ info }) => info.settings.shard?.of);
	if (shards[0] !== undefined && shards[1] !== undefined) {
		if (shards[0] !== shards[1]) refuse("number of shards", ...(shards as [number, number]));
		const grids = [one, other].map(({ info }) => info.settings.grid?.join());
		if (grids[0] !== grids[1]) refuse("grid of the sharded sweep", "one", "another");
	}
	const { cpu } = one.info.machine;
	if (!anyMachine && cpu !== other.info.machine.cpu)
		refuse(
			"processor",
			cpu,
			other.info.machine.cpu,
			"; times cannot be compared; to join them all the same: --any-machine",
		);
}
