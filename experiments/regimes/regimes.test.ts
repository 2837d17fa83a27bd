import type { Row } from "@attgrad/harness";
import { expect, test } from "vitest";
import { sampleRow } from "../test/row.ts";
import { leadAtLargest, regimeBlocks, regimeOf, regimes } from "./regimes.ts";

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

test("the lead is that at the largest n which both have", () => {
	const [constant] = regimes;
	const at = (n: number, changes: Partial<Row>) => sampleRow({ n, d: constant.d(n), B: 1, ...changes });
	const rows = [
		...[10, 12, 16].map((exponent) => at(2 ** exponent, { algorithm: "streaming", time_ms: 4 ** exponent })),
		...[10, 12].map((exponent) =>
			at(2 ** exponent, {
				algorithm: "polynomial/moment",
				epsilon: Number((2 ** -exponent).toPrecision(4)),
				time_ms: 2 ** exponent,
			}),
		),
	];
	expect(leadAtLargest(rows, 0, "polynomial/moment")).toBe(2 ** 12);
	expect(leadAtLargest(rows, 1, "polynomial/moment")).toBeUndefined();
	expect(leadAtLargest(rows.slice(0, 3), 0, "polynomial/moment")).toBeUndefined();
});
