import fc from "fast-check";
import { expect, test } from "vitest";
import { type Label, placeLabels } from "./place-labels.ts";

const label = (x: number, y: number, width = 100): Label => ({
	text: "a",
	colour: "black",
	isGuide: true,
	width,
	anchor: { x, y },
});

test("a label stands right of its point", () => {
	expect(placeLabels([label(10, 50)], [], 16, 400)).toMatchObject([{ x: 19, y: 50 }]);
});

test("labels at the edge are a line apart and inside, in the order of their points", () => {
	const heights = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { minLength: 1, maxLength: 10 });
	fc.assert(
		fc.property(heights, (ys) => {
			const placed = placeLabels(
				ys.map((y) => label(300, y)),
				[],
				16,
				400,
			);
			const sorted = placed.toSorted((a, b) => a.y - b.y);
			for (const [i, { y, anchor }] of sorted.entries()) {
				expect(y).toBeGreaterThanOrEqual(8);
				expect(y).toBeLessThanOrEqual(392);
				if (i === 0) continue;
				expect(y - sorted[i - 1].y).toBeGreaterThan(15.5);
				expect(anchor.y).toBeGreaterThanOrEqual(sorted[i - 1].anchor.y);
			}
		}),
	);
});

test("labels that share no stretch of x do not move", () => {
	const placed = placeLabels([label(0, 50), label(200, 50)], [], 16, 400);
	expect(placed.map(({ y }) => y)).toEqual([50, 50]);
});

test("a label that a curve would cross goes to the other side", () => {
	const steep = [
		{ x: 180, y: 400 },
		{ x: 260, y: 0 },
	];
	expect(placeLabels([label(200, 200)], [steep], 16, 400)).toMatchObject([{ x: 200 - 9 - 100, y: 200 }]);
});

test("where every side is taken a label stays right of its point", () => {
	const wall = (x: number) => [
		{ x, y: 400 },
		{ x, y: 0 },
	];
	expect(placeLabels([label(200, 200)], [wall(250), wall(150)], 16, 400)).toMatchObject([{ x: 209, y: 200 }]);
});
