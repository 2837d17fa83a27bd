import { expect, test } from "vitest";
import { sampleRow } from "../test/row.ts";
import { overallExponent, regimeBlocks, regimeOf, regimes } from "./regimes.ts";

test("every point of a regime is known as its own", () => {
	for (const [i, regime] of regimes.entries())
		for (const { n, d, B, epsilon } of regimeBlocks(regime, [2 ** 10, 2 ** 14], ["polynomial/moment"])) {
			const point = { n: n[0], d: d[0], B: B[0] };
			expect(regimeOf(sampleRow({ ...point, algorithm: "polynomial/moment", epsilon: epsilon![0]! }))).toBe(i);
			expect(regimeOf(sampleRow({ ...point, algorithm: "streaming" }))).toBe(i);
			expect(regimeOf(sampleRow({ ...point, algorithm: "polynomial/moment", epsilon: 1e-6 }))).toBeUndefined();
		}
});

test("width and bound of the regimes grow as they say", () => {
	const [constant, , threshold, wide] = regimes;
	expect([constant.d(2 ** 10), constant.d(2 ** 18)]).toEqual([2, 4]);
	expect(threshold.B(2 ** 20) ** 2).toBeCloseTo(Math.log(2 ** 20), 1);
	expect(wide.d(2 ** 14)).toBe(14);
});

test("the exponent is between the smallest and the largest size", () => {
	const [constant] = regimes;
	const rows = [10, 12, 16].map((exponent) => {
		const n = 2 ** exponent;
		return sampleRow({ n, d: constant.d(n), B: 1, algorithm: "streaming", time_ms: n ** 1.5 });
	});
	expect(overallExponent(rows, 0, "streaming")).toBeCloseTo(1.5, 12);
	expect(overallExponent(rows, 0, "polynomial/moment")).toBeUndefined();
	expect(overallExponent(rows.slice(0, 2), 0, "streaming")).toBeUndefined();
});
