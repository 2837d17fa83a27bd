import { expect, test } from "vitest";
import { scalingRows } from "../testing/figure-rows.ts";
import { sampleKey, sampleRow } from "../testing/rows.ts";
import { sampleRun } from "../testing/sample-run.ts";
import { crossingsOf } from "./crossings.ts";
import { summariseCurves } from "./curve-summary.ts";
import { describeRun, textTable } from "./describe-run.ts";

const run = sampleRun(scalingRows());

test("each curve has its sizes, its exponent, its form and how far a second goes", () => {
	const [streaming, , paper] = summariseCurves(run);
	expect(streaming).toMatchObject({
		algorithm: "streaming",
		setting: "",
		sizes: [256, 8192],
		counts: { done: 6, skipped: 3 },
	});
	const { interval } = streaming!.growth!.law;
	expect(interval[0]).toBeLessThan(2);
	expect(interval[1]).toBeGreaterThan(2);
	// 4e-5 n² ms is a second at n = 5000
	expect(streaming!.reach[0]!.interval[0]).toBeLessThan(5000);
	expect(streaming!.reach[0]!.interval[1]).toBeGreaterThan(5000);
	expect(paper!.growth!.verdict).toBe("n");
});

test("rows measured beside others are in no fit", () => {
	const contended = sampleRun(scalingRows().map((row) => ({ ...row, contended: true })));
	expect(summariseCurves(contended).every(({ growth, times }) => growth === undefined && times === undefined)).toBe(
		true,
	);
});

test("curves cross where their laws say", () => {
	const found = crossingsOf(run).find(({ winner, loser }) => winner === "polynomial/moment" && loser === "streaming")!;
	// 4e-5 n² = 0.011 n
	expect(found.interval[0]).toBeLessThan(275);
	expect(found.interval[1]).toBeGreaterThan(275);
});

test("curves of different problems are not compared", () => {
	const rows = [4, 8].flatMap((d) =>
		Array.from({ length: 6 }, (_, i) =>
			sampleRow({
				key: sampleKey(100 * d + i),
				algorithm: d === 4 ? "dense" : "streaming",
				d,
				n: 2 ** (8 + i),
				time_ms: d === 4 ? 2 ** (2 * i) : 30 * 2 ** i * (1 + (i % 2) / 50),
			}),
		),
	);
	expect(crossingsOf(sampleRun(rows))).toEqual([]);
	expect(crossingsOf(sampleRun(rows.map((row) => ({ ...row, d: 4 }))))).toHaveLength(1);
});

test("the terminal is told of each curve and each crossing in a line", () => {
	const lines = describeRun(run).split("\n");
	expect(lines[0]).toMatch(/^algorithm +n +time +exponent +form +n within 1 s +not done$/);
	expect(lines[1]).toMatch(/^streaming +256\.\.8,192 .* 3 skipped$/);
	expect(lines.some((line) => line.startsWith("polynomial/moment is faster than streaming from n = "))).toBe(true);
});

test("a table leaves out columns that are empty", () => {
	expect(
		textTable(
			["a", "b", "c"],
			[
				["x", "", "long"],
				["yy", "", "z"],
			],
		),
	).toEqual(["a   c", "x   long", "yy  z"]);
});
