import { expect, test } from "vitest";
import type { Row } from "../../cells/row.ts";
import { phaseFigure, phaseRows, scalingFigure, scalingRows } from "../../testing/figure-rows.ts";
import { figureModel } from "../model/figure-model.ts";
import { bySetting, placesOnCurves, settingsOf } from "./settings.ts";

/** Rows of a sweep over n in each of these settings. */
const swept = (...settings: Partial<Row>[]): Row[] =>
	settings.flatMap((setting, i) =>
		scalingRows().map((row) => ({ ...row, ...(row.time_ms && { time_ms: row.time_ms * (1 + i / 10) }), ...setting })),
	);

const settings = (rows: readonly Row[]) => settingsOf(rows, placesOnCurves(scalingFigure));

test("columns in which rows of one point differ are settings", () => {
	expect(settings(scalingRows())).toEqual([]);
	expect(settings(swept({ d: 2, B: 1 }, { d: 4, B: 1 }))).toEqual(["d"]);
	expect(settings(swept({ d: 2, B: 0.5 }, { d: 2, B: 1 }, { d: 4, B: 0.5 }, { d: 4, B: 1 }))).toEqual(["d", "B"]);
});

test("seeds are one point, and a column that moves with n or with the setting is none", () => {
	expect(settings(swept({ seed: 1 }, { seed: 2, d: 7 }))).toEqual([]);
	expect(settings(scalingRows().map((row) => ({ ...row, d: Math.log2(row.n) })))).toEqual([]);
	expect(settings(swept({ epsilon: 1e-3, degree: 4 }, { epsilon: 1e-6, degree: 8 }))).toEqual(["epsilon"]);
});

test("what is the same number in every setting is one point", () => {
	const rows = swept({ d: 2 }, { d: 4 }).map((row) => ({ ...row, ...(row.time_ms && { time_ms: row.n }) }));
	expect(settings(rows)).toEqual([]);
});

test("rows without a value of a setting are in every panel", () => {
	const exact = scalingRows().filter(({ algorithm }) => algorithm === "streaming");
	const approximate = scalingRows().filter(({ algorithm }) => algorithm === "polynomial/moment");
	const rows = [...exact, ...[1e-6, 1e-3].flatMap((epsilon) => approximate.map((row) => ({ ...row, epsilon })))].map(
		({ key: _, ...row }, i) => ({ ...row, key: String(i) }),
	);
	const panels = bySetting(rows, ["epsilon"]);
	expect(panels).toHaveLength(2);
	for (const [i, panel] of panels.entries()) {
		expect(panel.filter(({ algorithm }) => algorithm === "streaming")).toHaveLength(exact.length);
		expect(new Set(panel.flatMap(({ epsilon }) => epsilon ?? []))).toEqual(new Set([[1e-6, 1e-3][i]]));
	}
});

test("a figure has a panel for each setting, with a title of its own, and no curve through several", () => {
	const rows = swept({ d: 2, B: 0.5 }, { d: 2, B: 1 }, { d: 4, B: 0.5 }, { d: 4, B: 1 });
	const { title, panels } = figureModel(
		{ ...scalingFigure, title: ({ rows }) => `d is ${rows[0].d}, B is ${rows[0].B}` },
		rows,
	)!;
	expect(title).toBe("Time of one gradient against sequence length n, for each d and B");
	expect(panels.map(({ heading }) => heading)).toEqual([
		"d = 2, B = 0.5",
		"d = 2, B = 1",
		"d = 4, B = 0.5",
		"d = 4, B = 1",
	]);
	expect(panels.map(({ note }) => note)).toEqual([
		"d is 2, B is 0.5",
		"d is 2, B is 1",
		"d is 4, B is 0.5",
		"d is 4, B is 1",
	]);
});

test("a heat map has panels for settings within its own", () => {
	const rows = (["f64", "f32"] as const).flatMap((dtype, i) =>
		phaseRows().map((row) => ({ ...row, dtype, extra: { speedup: Number(row.extra?.["speedup"]) * (1 + i) } })),
	);
	const { panels } = figureModel(phaseFigure, rows)!;
	expect(panels.map(({ heading }) => heading)).toEqual([
		"d = 2, float32",
		"d = 2, float64",
		"d = 8, float32",
		"d = 8, float64",
	]);
});
