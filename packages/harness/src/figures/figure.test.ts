import { expect, test } from "vitest";
import type { Row } from "../row.ts";
import { degreeFigure, degreeRows, scalingFigure, scalingRows } from "../testing/figure-rows.ts";
import type { LineFigure } from "./figure.ts";
import { lineFigureSpec } from "./line-figure.ts";
import { renderFigure } from "./render.ts";

const draw = (figure: LineFigure, rows: readonly Row[]) => renderFigure(lineFigureSpec(figure, rows)!);

test.each([
	["scaling", scalingFigure, scalingRows()],
	["degree", degreeFigure, degreeRows()],
])("the %s figure of seeded rows looks as it did", async (name, figure, rows) => {
	const { svg } = await draw(figure, rows);
	await expect(svg.replaceAll("><", ">\n<")).toMatchFileSnapshot(`__snapshots__/${name}.svg`);
});

test("a figure is drawn the same whatever was drawn before", async () => {
	const first = await draw(scalingFigure, scalingRows());
	await draw(degreeFigure, degreeRows());
	expect(await draw(scalingFigure, scalingRows())).toEqual(first);
});

test("a PNG is 1400 pixels wide and holds text in the font that comes with the project", async () => {
	const { svg, png } = await draw(scalingFigure, scalingRows());
	expect(Buffer.from(png).subarray(1, 4).toString()).toBe("PNG");
	expect(Buffer.from(png).readUInt32BE(16)).toBe(1400);
	expect(svg).toContain('font-family="Source Sans 3, sans-serif"');
	// Without the font no text is drawn, and the file is much smaller.
	const withoutText = await draw(scalingFigure, scalingRows().slice(0, 9));
	expect(png.length).toBeGreaterThan(withoutText.png.length);
});

test("rows that gave nothing make no figure", () => {
	const failed = scalingRows().filter(({ status }) => status !== "done");
	expect(failed.length).toBeGreaterThan(0);
	expect(lineFigureSpec(scalingFigure, failed)).toBeUndefined();
	expect(lineFigureSpec(scalingFigure, [])).toBeUndefined();
});

test("one row makes a figure", async () => {
	const { svg } = await draw(scalingFigure, scalingRows().slice(0, 1));
	expect(svg).toContain("streaming");
});

test("a point that was skipped or failed is marked, and the mark is explained", async () => {
	const rows = scalingRows();
	const { svg } = await draw(scalingFigure, rows);
	const marks = svg.match(/aria-roledescription="point"[^>]*d="M-[^"]*L[^"]*M-[^"]*L[^"]*"/g) ?? [];
	expect(svg).toContain("× skipped: the reasons are in rows.csv");
	expect(marks).toHaveLength(rows.filter(({ status }) => status === "skipped").length);
	const sound = await draw(
		scalingFigure,
		rows.filter(({ status }) => status === "done"),
	);
	expect(sound.svg).not.toContain("reasons are in rows.csv");
});

test("predictions are dashed, measurements solid", async () => {
	const { svg } = await draw(degreeFigure, degreeRows());
	expect(svg).toMatch(/stroke-dasharray="6,3"/);
	expect(svg.match(/<path[^>]*stroke="#0072B2"[^>]*>/g)!.every((path) => !/dasharray="6/.test(path))).toBe(true);
});

test("each measured curve is labelled with the exponent of its power law", async () => {
	const { svg } = await draw(scalingFigure, scalingRows());
	expect(svg).toMatch(/>streaming [12]\.\d\d ± 0\.\d\d</);
	expect(svg).toMatch(/>polynomial\/moment [01]\.\d\d ± 0\.\d\d</);
});
