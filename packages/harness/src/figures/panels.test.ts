import { expect, test } from "vitest";
import {
	ablationFigure,
	ablationRows,
	degreeFigure,
	degreeRows,
	scalingFigure,
	scalingRows,
} from "../testing/figure-rows.ts";
import type { Figure, LineFigure } from "./figure.ts";
import { figureModel } from "./model/figure-model.ts";
import { figureSpec } from "./print/print-spec.ts";

/** Panels that a figure lays out in a row. */
const columnsOf = (panels: number): unknown => {
	const rows = Array.from({ length: panels }, (_, i) => scalingRows().map((row) => ({ ...row, B: i + 1 }))).flat();
	const figure: Figure = { ...scalingFigure, panels: { value: ({ B }) => B, heading: ([row]) => `B = ${row.B}` } };
	return (figureSpec(figure, rows) as unknown as { columns: unknown }).columns;
};

test("panels leave no place empty where rows of two or of three are full", () => {
	expect([2, 3, 4, 6].map(columnsOf)).toEqual([2, 3, 2, 3]);
});

test("an algorithm of which no point was measured has a colour and a word", () => {
	const rows = scalingRows().map((row) =>
		row.algorithm === "dense" ? { ...row, status: "invalid" as const, reason: "no degree" } : row,
	);
	const { legend, notes } = figureModel(scalingFigure, rows)!;
	expect(legend.map(({ name }) => name)).toContain("dense");
	expect(notes).toContain("No point was measured of dense.");
	const whole = figureModel(scalingFigure, scalingRows())!;
	expect(whole.notes.join(" ")).not.toContain("No point");
});

test("an axis shows the value that it has to start from", () => {
	const lowest = (y: LineFigure["y"]): number => {
		const spec = JSON.stringify(figureSpec({ ...scalingFigure, guides: [], y }, scalingRows()));
		return Number(/"field":"y","type":"quantitative","scale":{"domain":\[([^,]+),/.exec(spec)![1]);
	};
	expect(lowest({ title: "", scale: "log" })).toBeGreaterThan(0.1);
	expect(lowest({ title: "", scale: "log", from: 0.01 })).toBeLessThan(0.01);
});

test("a computed curve that is not marked has no points", () => {
	const markedPoints = (marked: boolean): string[] => {
		const series = degreeFigure.series.map((one) => ({ ...one, ...(one.kind === "predicted" && { marked }) }));
		const { panels } = figureModel({ ...degreeFigure, series }, degreeRows())!;
		return panels.flatMap(({ layers }) =>
			layers.flatMap(({ spec }) => {
				const { mark, data } = spec as { mark: { type: string }; data: { values: { curve?: string }[] } };
				return mark.type === "point" ? data.values.flatMap(({ curve }) => curve ?? []) : [];
			}),
		);
	};
	expect(markedPoints(true)).toContain("certified a priori");
	expect(markedPoints(false)).not.toContain("certified a priori");
	expect(markedPoints(false)).toContain("measured error");
});

test("a value of a figure of dots is marked in each panel in place of those of the first line", () => {
	const rulesOf = (figure: Figure) =>
		figureModel(figure, ablationRows())!.panels.flatMap(({ layers }) =>
			layers.flatMap(({ spec }) => {
				const { mark, data } = spec as { mark: { type: string }; data: { values: { value: number }[] } };
				return mark.type === "rule" ? data.values.map(({ value }) => value) : [];
			}),
		);
	expect(rulesOf({ ...ablationFigure, rule: 50 })).toEqual([50, 50]);
	expect(rulesOf(ablationFigure)).toHaveLength(4);
});

test("which rows a figure is about may depend on the others", () => {
	const seen: number[] = [];
	const figure: Figure = {
		...scalingFigure,
		only: (row, rows) => row.n === Math.max(...rows.map(({ n }) => n)),
		title: ({ rows }) => {
			seen.push(...rows.map(({ n }) => n));
			return "";
		},
	};
	figureModel(figure, scalingRows());
	expect(new Set(seen)).toEqual(new Set([2 ** 16]));
});
