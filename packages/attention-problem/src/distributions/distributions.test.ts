import { type Matrix, maxAbs, multiply, qr, rowNorms, transpose } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundMet, distributions, type GenerateOptions, generateProblem } from "../index.ts";
import { lowRankOf } from "./low-rank.ts";

const u = 2 ** -53;

const queriesAndKeys = (options: GenerateOptions): [Matrix, Matrix] => {
	const { A1, A2, X } = generateProblem(options);
	return [multiply(A1, X), A2];
};

describe.each(distributions.filter((name) => name !== "gaussian"))("%s", (distribution) => {
	test("keeps |A1 X| and |A2| within B", () => {
		fc.assert(
			fc.property(
				fc.record({
					n: fc.integer({ min: 1, max: 300 }),
					d: fc.integer({ min: 1, max: 12 }),
					B: fc.double({ min: 0.01, max: 50, noNaN: true }),
					seed: fc.nat(),
				}),
				(options) => {
					const { queries, keys } = boundMet(generateProblem({ ...options, distribution }));
					// A1 = (A1 X) X⁻¹ is rounded, and multiplied with X again: two sums of d terms, condition at most 4.
					expect(queries).toBeLessThanOrEqual(options.B * (1 + 8 * options.d ** 2 * u));
					expect(keys).toBeLessThanOrEqual(options.B);
				},
			),
			{ numRuns: 40 },
		);
	});

	test("comes close to B", () => {
		const { queries, keys } = boundMet(generateProblem({ distribution, n: 2000, d: 4, B: 3, seed: 1 }));
		expect(queries).toBeGreaterThan(0.9 * 3);
		expect(keys).toBeGreaterThan(0.9 * 3);
	});
});

/** Mean and standard deviation of all entries. */
function moments({ data }: Matrix): { mean: number; deviation: number } {
	const entries = Array.from(data);
	const mean = entries.reduce((sum, x) => sum + x, 0) / entries.length;
	const variance = entries.reduce((sum, x) => sum + (x - mean) ** 2, 0) / entries.length;
	return { mean, deviation: Math.sqrt(variance) };
}

const large = { n: 20_000, d: 4, B: 2, seed: 5 };

/** Four and a half standard errors of the mean of 80,000 entries, and of their standard deviation (less for all but normal ones). */
const slack = 4.5 / Math.sqrt(80_000);

test("uniform entries have mean 0 and deviation B/√3", () => {
	for (const matrix of queriesAndKeys({ ...large, distribution: "uniform" })) {
		const { mean, deviation } = moments(matrix);
		expect(Math.abs(mean)).toBeLessThan(slack * deviation);
		expect(Math.abs(deviation - 2 / Math.sqrt(3))).toBeLessThan(slack * deviation);
	}
});

test("gaussian entries have mean 0 and deviation B", () => {
	for (const matrix of queriesAndKeys({ ...large, distribution: "gaussian" })) {
		const { mean, deviation } = moments(matrix);
		expect(Math.abs(mean)).toBeLessThan(slack * deviation);
		expect(Math.abs(deviation - 2)).toBeLessThan(slack * deviation);
	}
});

describe("hypercube", () => {
	const vertices = (A: Matrix) => new Set(A.toRows().map(String));

	test.each([1, 2, 5, 8])("runs over every vertex of the cube in %d dimensions, and from the start again", (d) => {
		for (const matrix of queriesAndKeys({ distribution: "hypercube", n: 2 ** d + 1, d, B: 0.3, seed: 9 })) {
			expect(vertices(matrix).size).toBe(2 ** d);
			expect(matrix.row(2 ** d)).toEqual(matrix.row(0));
			expect(matrix.data.every((x) => Math.abs(x) === 0.3)).toBe(true);
		}
	});

	test("takes random vertices, on both sides of every coordinate, where there are fewer rows than vertices", () => {
		for (const matrix of queriesAndKeys({ distribution: "hypercube", n: 200, d: 60, B: 1, seed: 9 })) {
			expect(vertices(matrix).size).toBe(200);
			for (const column of transpose(matrix).toRows()) expect(new Set(column)).toEqual(new Set([-1, 1]));
		}
	});

	test("is exact in single precision too", () => {
		const options = { distribution: "hypercube", n: 64, d: 6, B: 0.5, seed: 3, dtype: "f32" } as const;
		for (const matrix of queriesAndKeys(options)) expect(matrix.data.every((x) => Math.abs(x) === 0.5)).toBe(true);
	});
});

test("biased keys share an offset of ¾B, and centring leaves a quarter of B", () => {
	const [, keys] = queriesAndKeys({ ...large, distribution: "biased" });
	for (const column of transpose(keys).toRows()) {
		const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
		expect(Math.abs(Math.abs(mean) - 1.5)).toBeLessThan(0.02);
		expect(column.every((x) => Math.abs(x - Math.sign(mean) * 1.5) <= 0.5)).toBe(true);
	}
});

test("of heavy-tailed rows one in a hundred is six times larger", () => {
	for (const matrix of queriesAndKeys({ ...large, distribution: "heavy-tailed" })) {
		const sizes = matrix.toRows().map((row) => Math.max(...row.map(Math.abs)));
		const heavy = sizes.filter((size) => size > (2 / 6) * (1 + 100 * u)).length;
		// A heavy row of four entries looks light with chance 6^-4.
		expect(heavy).toBeGreaterThan(190);
		expect(heavy).toBeLessThanOrEqual(200);
	}
	const few = queriesAndKeys({ ...large, n: 10, distribution: "heavy-tailed" });
	for (const matrix of few) expect(Math.max(...rowNorms(matrix))).toBeGreaterThan(2 / 6);
});

test("low-rank queries and keys have rank ⌈d/4⌉", () => {
	for (const d of [1, 4, 5, 12])
		for (const matrix of queriesAndKeys({ distribution: "low-rank", n: 50, d, B: 1, seed: 2 })) {
			const { R } = qr(matrix);
			const pivots = Array.from({ length: d }, (_, i) => R.at(i, i));
			// Any ⌈d/4⌉ columns are independent, so that the others add nothing but rounding.
			expect(pivots.filter((pivot) => pivot > 1e-12)).toHaveLength(lowRankOf(d));
		}
});

test("clustered rows are within B/10 of one of eight centres", () => {
	for (const matrix of queriesAndKeys({ ...large, n: 2000, distribution: "clustered" })) {
		const centres: number[][] = [];
		for (const row of matrix.toRows())
			if (!centres.some((centre) => centre.every((x, b) => Math.abs(x - row[b]) <= 0.4 * (1 + 100 * u))))
				centres.push(row);
		expect(centres).toHaveLength(8);
		expect(maxAbs(matrix)).toBeGreaterThan(1);
	}
});

test("a sink is a hundred times longer than the other keys, and most queries lean to it", () => {
	const [queries, keys] = queriesAndKeys({ ...large, n: 2000, distribution: "sinks" });
	const [sink, ...others] = rowNorms(keys);
	expect(sink).toBeCloseTo(2 * Math.sqrt(4), 12);
	expect(Math.max(...others)).toBeLessThanOrEqual((sink / 100) * (1 + 100 * u));
	const scores = queries.toRows().map((row) => row.reduce((sum, x, b) => sum + x * keys.at(0, b), 0));
	const looking = scores.filter((_, j) => j % 50 === 49);
	const leaning = scores.filter((_, j) => j % 50 !== 49);
	// Four coordinates of at most 0.5: three quarters of it at random, a quarter towards the sink.
	expect(leaning.reduce((sum, x) => sum + x, 0) / leaning.length).toBeCloseTo(4 * 0.25 * 0.5 * 2, 0);
	// A corner of the cube has 4, 2, 0, -2 or -4 coordinates in common with the sink.
	for (const score of looking) expect([16, 8, 0, -8, -16].some((whole) => Math.abs(score - whole) < 1e-9)).toBe(true);
});

test("massive activations are one coordinate of queries and keys, a thousand times larger than the others in every row", () => {
	const both = queriesAndKeys({ ...large, n: 2000, distribution: "massive" });
	const [ofQueries, ofKeys] = both.map((rows) => {
		const sizes = transpose(rows)
			.toRows()
			.map((column) => Math.max(...column.map(Math.abs)));
		const massive = sizes.indexOf(Math.max(...sizes));
		expect(sizes.filter((size) => size > 0.002 * (1 + 1e-9))).toHaveLength(1);
		const column = transpose(rows).toRows()[massive];
		expect(new Set(column.map(Math.sign)).size).toBe(1);
		expect(Math.min(...column.map(Math.abs))).toBeGreaterThanOrEqual(2 * 0.9 * (1 - 1e-9));
		return massive;
	});
	expect(ofKeys).toBe(ofQueries);
});
