import { expect, test } from "vitest";
import { paretoFigure } from "../../testing/figure-rows.ts";
import { pointLabels } from "./point-labels.ts";

const frame = { width: 300, height: 300, x: [1, 100], y: [1, 100] } as const;
const point = { x: 10, y: 10, low: 10, high: 10, label: "48" };
const curve = { name: "nystrom", kind: "measured", points: [point], isMarked: true } as const;

test("a label stands above its point", () => {
	const [label] = pointLabels(paretoFigure, [curve], frame, [], []);
	expect(label).toMatchObject({ text: "48", x: 150 });
	expect(label.y).toBeLessThan(150);
});

test("a label is not put on a rule", () => {
	const rule = { ends: { x: 150, x2: 150, y: 0, y2: 300 } };
	const [label] = pointLabels(paretoFigure, [curve], frame, [], [rule]);
	expect(label.y).toBe(150);
	expect(label.x).toBeGreaterThan(155);
});
