import { type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import { Matrix, type RowSource } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { stretchedProblem } from "./stretched.ts";

const readAll = (source: RowSource, from: number, to: number): Matrix => {
	const matrix = Matrix.zeros(to - from, source.cols, source.dtype);
	source.readRows(from, to, matrix.data);
	return matrix;
};

test("a stretched problem is as long, of rows of the sample, each as often and in order", () => {
	const given = generateProblem({ distribution: "uniform", n: 111, d: 3, B: 1, seed: 1 });
	const { sample, problem } = stretchedProblem(given, 10);
	expect(sample.n).toBe(10);
	expect(problem.n).toBe(111);
	for (const name of ["A1", "A2", "A3", "E"] as const) {
		const rows = readAll(problem[name], 0, 111);
		const all = Array.from({ length: 111 }, (_, at) => given[name].row(at).join());
		for (let row = 0; row < 111; row++) {
			const at = Math.floor((row * 10) / 111);
			expect(rows.row(row)).toEqual(sample[name].row(at));
			expect(all).toContain(sample[name].row(at).join());
		}
		expect(readAll(problem[name], 50, 63).data).toEqual(rows.slice(50, 63).data);
	}
});

test("all rows are taken where they are no more, and their own otherwise", () => {
	const given = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1, seed: 1 });
	expect(stretchedProblem(given, 64).sample.A1.data).toEqual(given.A1.data);
});

test("of a long problem runs of rows are read, at places spread over all of it", () => {
	const n = 3_000_017;
	const reads: [number, number][] = [];
	/** The row with its own number. */
	const numbered: RowSource = {
		rows: n,
		cols: 1,
		dtype: "f64",
		readRows(from, to, target) {
			reads.push([from, to]);
			for (let row = from; row < to; row++) target[row - from] = row;
		},
	};
	const given = { n, d: 1, A1: numbered, A2: numbered, A3: numbered, E: numbered };
	const { sample } = stretchedProblem(given as unknown as AttentionProblem<RowSource>, 4096);
	expect(reads).toHaveLength(4 * 64);
	const rows = Array.from(sample.A1.data);
	expect(new Set(rows).size).toBe(4096);
	expect(rows).toEqual(rows.toSorted((a, b) => a - b));
	expect(rows[0]).toBeLessThan(n / 64);
	expect(rows.at(-1)).toBeGreaterThan((63 * n) / 64);
	expect(rows.at(-1)).toBeLessThan(n);
});
