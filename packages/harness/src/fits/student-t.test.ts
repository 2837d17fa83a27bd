import { expect, test } from "vitest";
import { studentQuantile } from "./student-t.ts";

// Closed forms: tan(π(p − ½)) for one degree of freedom, (2p − 1)·√(2/(4p(1 − p))) for two.
test.each([0.6, 0.9, 0.975, 0.9995])("the quantile of %d agrees with the closed forms for 1 and 2 degrees", (p) => {
	expect(studentQuantile(p, 1) / Math.tan(Math.PI * (p - 0.5))).toBeCloseTo(1, 9);
	expect(studentQuantile(p, 2) / ((2 * p - 1) * Math.sqrt(2 / (4 * p * (1 - p))))).toBeCloseTo(1, 9);
});

// Printed tables of the t distribution.
test.each([
	[3, 3.182],
	[6, 2.447],
	[10, 2.228],
	[30, 2.042],
	[1e6, 1.96],
])("the 97.5 %% quantile for %d degrees is that of the tables", (freedom, quantile) => {
	expect(studentQuantile(0.975, freedom)).toBeCloseTo(quantile, 3);
	expect(studentQuantile(0.025, freedom)).toBeCloseTo(-quantile, 3);
});

test("quantiles of fractional degrees lie between their neighbours", () => {
	expect(studentQuantile(0.975, 4.5)).toBeLessThan(studentQuantile(0.975, 4));
	expect(studentQuantile(0.975, 4.5)).toBeGreaterThan(studentQuantile(0.975, 5));
});
