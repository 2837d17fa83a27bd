import { makeFolder } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import { type Rounds, readMeasurements, writeMeasurements } from "../store/index.ts";
import { medianOf } from "./ratio.ts";

/**
 * Writes one results folder from several of the same cells: each is a round, or several. A row has the median of the
 * rounds' times; one that a folder did not finish is left to the others.
 * @throws UsageError where there is no folder, or where one is damaged
 */
export function joinRounds(folders: readonly string[], target: string): void {
	const runs = folders.map(readMeasurements);
	const [first] = runs;
	if (!first) throw new UsageError("no results to join");
	const samples = new Map<string, Rounds>();
	const rows = runs
		.flatMap(({ rows }) => rows)
		.sort((a, b) => Number(b.status === "done") - Number(a.status === "done"));
	const joined = [...Map.groupBy(rows, ({ key }) => key)].map(([key, same]) => {
		const times = same.flatMap(({ status, time_ms }) => (status === "done" && time_ms !== undefined ? [time_ms] : []));
		const rounds = runs.flatMap(({ samples }) => samples.get(key) ?? []);
		if (rounds.length > 0) samples.set(key, rounds);
		const [row] = same;
		return times.length > 0 ? { ...row, time_ms: medianOf(times) } : row;
	});
	makeFolder(target);
	writeMeasurements(target, { info: first.info, rows: joined, samples });
}
