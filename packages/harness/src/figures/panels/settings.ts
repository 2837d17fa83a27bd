import type { Row } from "../../cells/index.ts";
import type { HeatMapFigure, LineFigure } from "../figure.ts";
import { curveNameOf } from "../model/curves.ts";

/** Columns that a sweep can vary beside n, in the order in which they are looked at: a degree often follows from an error. */
const columns = ["d", "B", "distribution", "dtype", "threads", "kernel", "epsilon", "relative", "degree"] as const;

/** A column by which panels are told apart. */
export type Setting = (typeof columns)[number];

/** Where in a figure a row is drawn, and the value there: values of one place are one point. */
type PlacesOf = (row: Row, rows: readonly Row[]) => readonly { readonly place: string; readonly value: number }[];

/** The places of a row in a figure of curves: one for each series that it has a point of. */
export function placesOnCurves({ series, panels }: LineFigure): PlacesOf {
	return (row, rows) =>
		series.flatMap((one, i) => {
			const name = curveNameOf(one, row);
			const at = one.along ? one.along(row) : one.x(row);
			const value = one.y(row, rows);
			if (name === undefined || at === undefined || value === undefined) return [];
			return [{ place: JSON.stringify([i, name, at, panels?.value(row)]), value }];
		});
}

/** The places of a row in a heat map: its rectangles. */
export function placesOfCells({ cells, panels }: HeatMapFigure): PlacesOf {
	return (row, rows) =>
		cells(row, rows).flatMap(({ x, y, value }) =>
			value === undefined ? [] : [{ place: JSON.stringify([x, y, panels?.value(row)]), value }],
		);
}

/**
 * The columns in which measurements differ that a figure would draw as one point, with different values. Rows of different
 * seeds are meant to be one; a column that differs only because another does is not told.
 */
export function settingsOf(rows: readonly Row[], placesOf: PlacesOf): Setting[] {
	const done = rows.filter(({ status }) => status === "done");
	const placed = done.flatMap((row) => placesOf(row, done).map((placed) => ({ row, ...placed })));
	const settings: Setting[] = [];
	for (const column of columns) {
		const groups = Map.groupBy(placed, ({ row, place }) =>
			JSON.stringify([place, row.seed, ...settings.map((setting) => row[setting])]),
		);
		const differs = [...groups.values()].some(
			(group) => new Set(group.flatMap(({ row }) => row[column] ?? [])).size > 1 && !areEqual(group),
		);
		if (differs) settings.push(column);
	}
	return settings;
}

/** Whether values are one number up to rounding, like those of a limit that a column does not change. */
function areEqual(group: readonly { readonly value: number }[]): boolean {
	const values = group.map(({ value }) => value);
	return Math.max(...values) - Math.min(...values) <= 1e-9 * Math.max(...values.map(Math.abs));
}

/** Rows by the values of these columns, in their order. A row that has no value of a column, like the error of an exact method, is with all. */
export function bySetting(rows: readonly Row[], settings: readonly Setting[]): Row[][] {
	const whole = rows.filter((row) => settings.every((setting) => row[setting] !== undefined));
	const groups = [...Map.groupBy(whole, (row) => JSON.stringify(settings.map((setting) => row[setting]))).values()];
	return groups
		.map(([first]) => first)
		.sort((a, b) => settings.map((setting) => ordered(a[setting], b[setting])).find((order) => order !== 0) ?? 0)
		.map((first) =>
			rows.filter((row) => settings.every((setting) => row[setting] === undefined || row[setting] === first[setting])),
		);
}

function ordered(a: Row[Setting], b: Row[Setting]): number {
	return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}
