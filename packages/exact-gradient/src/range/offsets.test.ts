import { asDtype, createBackwardProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { Matrix, mapEntries, seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { backwardTruth, backwardWays, rounded } from "../testing/backward-ways.ts";
import { instance } from "../testing/instances.ts";
import { columnErrors } from "../testing/relative-errors.ts";
import { ways } from "../testing/ways.ts";
import { withoutOffsets } from "./offsets.ts";

const [n, d] = [9, 3];

/** A size far from ordinary, as a power of two. */
const far = { f64: 2 ** 797, f32: 2 ** 90 } as const;

const withColumn = (matrix: Matrix, column: number, entry: (i: number) => number): Matrix =>
	Matrix.build(matrix.rows, matrix.cols, (i, b) => (b === column ? entry(i) : matrix.at(i, b)));

test.each(ways)("a constant column of A2 counts as no size, however large: $name", async (way) => {
	for (const size of [far[way.dtype], 1 / far[way.dtype]]) {
		const given = instance({ n, d });
		const problem = { ...given, A2: withColumn(given.A2, 1, () => -size) };
		const { gradient } = await way.run(problem);
		const truth = truthOf(asDtype(problem, way.dtype)).gradient;
		const tolerance = 16 * n * Math.max(way.roundoff, way.sumRoundoff);
		for (const error of columnErrors(truth, gradient)) expect(error, `${size}`).toBeLessThan(tolerance);
	}
});

test.each(ways)("a nearly constant column of A2 counts by its spread: $name", async (way) => {
	const size = far[way.dtype];
	const given = instance({ n, d });
	const A2 = withColumn(given.A2, 1, (l) => size * (1 + l * 2 ** -18));
	const X = withColumn(given.X, 1, (a) => given.X.at(a, 1) * (2 ** 18 / size));
	const problem = { ...given, A2, X };
	const truth = truthOf(asDtype(problem, way.dtype)).gradient;
	const { gradient } = await way.run(problem);
	// scores up to n, sums of n and of d terms
	for (const error of columnErrors(truth, gradient))
		expect(error).toBeLessThan(64 * n * Math.max(way.roundoff, way.sumRoundoff));
});

test.each(backwardWays)("offsets of keys and values that are far from ordinary cost no digits: $name", async (way) => {
	const size = far[way.dtype];
	const random = seededRandom(9, "offsets");
	const matrix = (entry: (j: number, b: number) => number) => Matrix.build(n, d, entry);
	const ordinary = () => matrix(() => random.uniform(-1, 1));
	const K = withColumn(ordinary(), 0, () => size);
	const V = withColumn(ordinary(), 2, (l) => size * (1 + l * 2 ** -18));
	// The first column of queries is so small that what keys have in common adds 1 to every score.
	const Q = withColumn(ordinary(), 0, () => 3 / size);
	const dO = withColumn(ordinary(), 2, () => 1 / size);
	const problem = createBackwardProblem({ Q, K, V, dO }, { visibility: { mask: "causal" } });
	const made = await way.run(problem);
	const truth = backwardTruth(rounded(problem, way.dtype));
	for (const name of ["dQ", "dK", "dV", "output"] as const)
		for (const error of columnErrors(truth[name], made[name])) expect(error, name).toBeLessThan(64 * n * way.roundoff);
	const near = createBackwardProblem(
		{ Q: withColumn(Q, 0, () => 3), K: withColumn(K, 0, () => 1), V, dO },
		{ visibility: { mask: "causal" } },
	);
	const { lse } = await way.run(near);
	for (const [j, x] of made.lse.entries()) expect(x).toBeCloseTo(lse[j], way.dtype === "f64" ? 12 : 4);
});

test.each(backwardWays)("an ordinary offset of keys and values costs no digits: $name", async (way) => {
	const random = seededRandom(11, "ordinary offsets");
	// Multiples of 2^-12: sums with the offsets are exact in single precision.
	const matrix = (offset: number) =>
		Matrix.build(n, d, (_, b) => Math.round(random.uniform(-1, 1) * 2 ** 12) / 2 ** 12 + (b === 1 ? offset : 0));
	const problem = createBackwardProblem({ Q: matrix(0), K: matrix(2 ** 10), V: matrix(2 ** 10), dO: matrix(0) });
	const made = await way.run(problem);
	const truth = backwardTruth(rounded(problem, way.dtype));
	for (const name of ["dQ", "dK", "dV"] as const)
		for (const error of columnErrors(truth[name], made[name])) expect(error, name).toBeLessThan(64 * n * way.roundoff);
});

test("offsets are taken off exactly, head by head, and ordinary columns are left", () => {
	const size = 2 ** 300;
	const rows = Matrix.build(6, 3, (l, b) => [l < 3 ? size * (1 + l / 8) : -size, 1 + l, l % 2 ? -size : size][b]);
	const { rows: made, offsets } = withoutOffsets(rows, 3);
	expect(offsets).toEqual(
		Matrix.fromRows([
			[size, 0, 0],
			[-size, 0, 0],
		]),
	);
	expect(made).toEqual(Matrix.build(6, 3, (l, b) => (b === 0 ? (l < 3 ? (size * l) / 8 : 0) : rows.at(l, b))));
	const source = { rows: 6, cols: 3, dtype: "f64", readRows: rows.readRows.bind(rows) } as const;
	const read = Matrix.zeros(2, 3);
	withoutOffsets(source, 3).rows.readRows(2, 4, read.data);
	expect(read).toEqual(made.slice(2, 4).copy());
	expect(
		withoutOffsets(
			mapEntries(rows, (x) => Math.sign(x)),
			3,
		).offsets,
	).toEqual(Matrix.zeros(2, 3));
});
