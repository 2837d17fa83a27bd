import { seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { fitLine, uncertain, varianceAt, zeroOf } from "./line.ts";

const x = [1, 2, 4, 5, 9];

test("points on a line give the line, and no variance", () => {
	const line = fitLine(
		x,
		x.map((xi) => 3 - 2 * xi),
	);
	expect(line.slope).toBeCloseTo(-2, 12);
	expect(line.intercept).toBeCloseTo(3, 12);
	expect(line.variance).toBeLessThan(1e-28);
	const zero = zeroOf(uncertain(line), 3)!;
	expect(zero.x).toBeCloseTo(1.5, 12);
	for (const end of zero.interval) expect(end).toBeCloseTo(1.5, 6);
});

test("residuals are orthogonal to x and to 1, and their squares give the variance", () => {
	const random = seededRandom(1);
	const y = x.map((xi) => 1 + xi + random.normal());
	const { slope, intercept, variance, freedom } = fitLine(x, y);
	const residuals = y.map((yi, i) => yi - intercept - slope * x[i]);
	expect(residuals.reduce((a, b) => a + b)).toBeCloseTo(0, 12);
	expect(residuals.reduce((sum, r, i) => sum + r * x[i], 0)).toBeCloseTo(0, 12);
	expect(residuals.reduce((sum, r) => sum + r * r, 0) / freedom).toBeCloseTo(variance, 12);
});

test("at the ends of Fieller's interval the line is t standard errors from zero", () => {
	const random = seededRandom(2);
	const line = uncertain(
		fitLine(
			x,
			x.map((xi) => 4 - xi + 0.3 * random.normal()),
		),
	);
	const { x: zero, interval } = zeroOf(line, 2.5)!;
	expect(interval[0]).toBeLessThan(zero);
	expect(interval[1]).toBeGreaterThan(zero);
	for (const end of interval)
		expect(Math.abs(line.alpha + line.beta * end) / Math.sqrt(varianceAt(line, end))).toBeCloseTo(2.5, 8);
});

test("a line that may be level has no bounded interval of its zero", () => {
	const random = seededRandom(3);
	const line = uncertain(
		fitLine(
			x,
			x.map(() => 4 + random.normal()),
		),
	);
	expect(zeroOf(line, 3)).toBeUndefined();
});
