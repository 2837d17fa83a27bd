import type { Row } from "../cells/index.ts";
import type { SizedValue } from "../fits/index.ts";
import type { RunInfo } from "../store/index.ts";

/** The settings that distinguish the curves of an algorithm: everything of a cell but n and the seed. */
const settingNames = ["d", "B", "epsilon", "relative", "degree", "distribution", "dtype", "threads", "kernel"] as const;

/** A cell of a run: its `epsilon`, `relative` and `degree` are what was asked for. */
export type RunCell = RunInfo["cells"][number];

/** The rows of one algorithm in one setting, over n. */
export interface CurveRows {
	readonly algorithm: string;
	/** The part of the setting that is not the same in all curves: `d=8 B=0.5`; "" where all of it is. */
	readonly setting: string;
	/** In the order of n. */
	readonly rows: readonly Row[];
	/** Median time of each row that is done and was measured alone, milliseconds. */
	readonly times: readonly SizedValue[];
}

/**
 * The curves of a run. Rows of one curve differ in n and seed alone.
 * @param rows of this run only
 */
export function curvesOverSizes(cells: readonly RunCell[], rows: readonly Row[]): CurveRows[] {
	const cellOf = new Map(cells.map((cell) => [cell.key, cell]));
	const known = rows.flatMap((row) => {
		const cell = cellOf.get(row.key);
		return cell ? [{ row, cell }] : [];
	});
	const varied = settingNames.filter((name) => new Set(known.map(({ cell }) => cell[name] ?? "")).size > 1);
	const settingOf = (cell: RunCell) =>
		varied
			.filter((name) => cell[name] !== undefined)
			.map((name) => `${name}=${cell[name]}`)
			.join(" ");
	const groups = Map.groupBy(known, ({ cell }) => `${cell.algorithm}\n${settingOf(cell)}`);
	return [...groups.values()].map((group) => {
		const { cell } = group[0];
		const members = group.map(({ row }) => row).sort((a, b) => a.n - b.n);
		return {
			algorithm: cell.algorithm,
			setting: settingOf(cell),
			rows: members,
			times: members.flatMap(({ status, contended, n, time_ms }) =>
				status === "done" && !contended && time_ms !== undefined && time_ms > 0 ? [{ n, value: time_ms }] : [],
			),
		};
	});
}
