import { expect, test } from "vitest";
import type { Row } from "../../cells/row.ts";
import { phaseFigure, phaseRows } from "../../testing/figure-rows.ts";
import type { Figure } from "../figure.ts";
import { figureSpec } from "../print/print-spec.ts";
import { renderFigure } from "../print/render.ts";

const draw = (figure: Figure, rows: readonly Row[]) => renderFigure(figureSpec(figure, rows)!);

test("a cell of a heat map without a value is marked, and the mark is explained", async () => {
	const rows = phaseRows();
	const { svg } = await draw(phaseFigure, rows);
	const skipped = rows.filter(({ status }) => status === "skipped");
	expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(skipped.length);
	expect(svg).toContain("× skipped: the reasons are in rows.csv");
	expect(svg).toContain(">B = √ln n<");
});

test("a heat map of rows that gave nothing is none", () => {
	const failed = phaseRows().filter(({ status }) => status !== "done");
	expect(figureSpec(phaseFigure, failed)).toBeUndefined();
	expect(figureSpec(phaseFigure, [])).toBeUndefined();
});

test("a heat map of one cell is a figure", async () => {
	const { svg } = await draw(phaseFigure, phaseRows().slice(0, 1));
	expect(svg).toContain(">d = 2<");
});
