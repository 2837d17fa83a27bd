import { expect, test } from "vitest";
import { sampleRow } from "../../testing/rows.ts";
import { describeRegime } from "./regime.ts";

test("what all rows share is told once, sizes that differ as a range", () => {
	const rows = [sampleRow({ n: 65536, B: 0.5, d: 3 }), sampleRow({ n: 65536, B: 1.5, d: 8 })];
	expect(describeRegime(rows)).toBe(
		"n = 65,536 · d = 3 to 8 · B = 0.5 to 1.5 · uniform entries · float64 · 1 thread · kernel js · a machine, 2 cores",
	);
});

test("number types and kernels that differ are each named, thread counts as a range", () => {
	const rows = [sampleRow({ dtype: "f32", threads: 1 }), sampleRow({ kernel: "simd", threads: 2 })];
	expect(describeRegime(rows)).toContain("float32 and float64 · 1 to 2 threads · kernel js and simd");
});

test.each([
	[1e-6, "ε = 10⁻⁶"],
	[1e-3, "ε = 0.001"],
	[1 / 2 ** 16, "ε = 1.53·10⁻⁵"],
])("an epsilon of %d is written %s", (epsilon, text) => {
	expect(describeRegime([sampleRow({ epsilon })])).toContain(text);
});

test("no rows have nothing in common", () => {
	expect(describeRegime([])).toBe("");
});
