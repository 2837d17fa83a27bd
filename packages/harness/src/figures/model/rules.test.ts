import { expect, test } from "vitest";
import { paretoFigure } from "../../testing/figure-rows.ts";
import type { Rule } from "../figure.ts";
import type { Curve } from "./curves.ts";
import { placeRules, rulesOf } from "./rules.ts";

const frame = { width: 300, height: 300, x: [1, 100], y: [1, 100] } as const;

const rule = (axis: Rule["axis"], label = "exact") => rulesOf([{ axis, at: () => 10, label }], []);

const curve = (points: readonly (readonly [x: number, y: number])[], band = 1): Curve => ({
	name: "a",
	// Predictions have no band.
	kind: band > 1 ? "measured" : "predicted",
	points: points.map(([x, y]) => ({ x, y, low: y / band, high: y * band })),
	isMarked: true,
});

test("the name of a vertical rule stands at its top, of a horizontal one above its left end", () => {
	const [vertical, horizontal] = placeRules([...rule("x"), ...rule("y")], paretoFigure, frame, []);
	expect(vertical.ends).toEqual({ x: 150, x2: 150, y: 0, y2: 300 });
	expect(vertical.name).toMatchObject({ text: "exact", x: 155 });
	expect(vertical.name.y).toBeLessThan(10);
	expect(horizontal.ends).toEqual({ x: 0, x2: 300, y: 150, y2: 150 });
	expect(horizontal.name).toMatchObject({ x: 6, y: 140 });
});

test("a name goes where no curve is", () => {
	const top = curve([
		[1, 97],
		[100, 97],
	]);
	const [vertical] = placeRules(rule("x"), paretoFigure, frame, [top]);
	expect(vertical.name.y).toBeGreaterThan(10);
	const left = curve([
		[1, 12],
		[2, 12],
		[2.1, 8],
		[1, 8],
	]);
	const [horizontal] = placeRules(rule("y"), paretoFigure, frame, [left]);
	expect(horizontal.name.x).toBeGreaterThan(45);
});

test("a name keeps clear of bands where it can", () => {
	const points = [
		[1, 10],
		[30, 10],
	] as const;
	const [beside] = placeRules(rule("y"), paretoFigure, frame, [curve(points, 3)]);
	expect(beside.name.x).toBeGreaterThan(220);
	const [everywhere] = placeRules(rule("y"), paretoFigure, frame, [
		curve(
			[
				[1, 50],
				[100, 50],
			],
			50,
		),
	]);
	expect(everywhere.name).toMatchObject({ x: 6, y: 140 });
});

test("names of two rules do not lie on each other", () => {
	const [one, other] = placeRules([...rule("y", "a long name"), ...rule("y", "another")], paretoFigure, frame, []);
	const apart = Math.abs(one.name.y - other.name.y) >= 12 || other.name.x >= one.name.x + one.name.width;
	expect(apart).toBe(true);
});
