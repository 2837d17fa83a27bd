import { expect, test } from "vitest";
import { phaseFigure, phaseRows } from "../../testing/figure-rows.ts";
import type { HeatMapFigure } from "../figure.ts";
import { boxAround, overlap } from "../labels/boxes.ts";
import { smallPanel } from "../look/layout.ts";
import { figureSpec } from "../print/print-spec.ts";

interface Layer {
	readonly data: { readonly values: readonly { readonly x: number; readonly y: number }[] };
	readonly mark: { readonly type: string; readonly text?: string; readonly x: number; readonly y: number };
	readonly encoding: { readonly [channel in "x" | "y"]: { readonly scale: { readonly domain: [number, number] } } };
}

const panels = (figure: HeatMapFigure) =>
	(figureSpec(figure, phaseRows()) as unknown as { concat: { layer: Layer[] }[] }).concat.map(({ layer }) => layer);

/** Where a value lies in its panel, in pixels. */
function pixel({ encoding }: Layer, { x, y }: { x: number; y: number }) {
	const { width, height } = smallPanel(2);
	const [left, right] = encoding.x.scale.domain.map(Math.log) as [number, number];
	const [low, high] = encoding.y.scale.domain;
	return { x: (width * (Math.log(x) - left)) / (right - left), y: height - (height * (y - low)) / (high - low) };
}

test("neither an overlay nor its name lies on a mark of a rectangle without a value", () => {
	for (const layers of panels(phaseFigure)) {
		const cross = layers.find(({ mark }) => mark.type === "point")!;
		const marks = cross.data.values.map((value) => pixel(cross, value)).map(({ x, y }) => boxAround(x, y, 10, 10));
		expect(marks.length).toBeGreaterThan(0);
		const line = layers.find(({ mark }) => mark.type === "line")!;
		expect(line.data.values.length).toBeGreaterThan(100);
		for (const { x, y } of line.data.values.map((value) => pixel(line, value)))
			expect(marks.some((mark) => overlap(mark, boxAround(x, y, 1, 1)))).toBe(false);
		const { x, y } = layers.find(({ mark }) => mark.text === "B = √ln n")!.mark;
		expect(marks.some((mark) => overlap(mark, boxAround(x, y, 50, 12)))).toBe(false);
	}
});

test("an overlay is interrupted where it would hide a number", () => {
	const through = { ...phaseFigure, overlays: [{ label: "two", y: () => 2 }] };
	const [layers] = panels(through);
	const line = layers!.find(({ mark }) => mark.type === "line")!;
	const pieces = new Set(line.data.values.map((value) => (value as unknown as { piece: number }).piece));
	expect(pieces.size).toBe(6);
});
