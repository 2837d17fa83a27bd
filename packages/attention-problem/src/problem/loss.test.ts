import { Matrix, mapEntries, multiply, type Numbers, type RowSource } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundMet, createProblem, generateProblem, generateRows, loss, values } from "../index.ts";
import { arbitraryProblem, referenceCases } from "../testing.ts";

const u = 2 ** -53;

/** |got - expected| as a part of expected. */
const relative = (got: number, expected: number): number => Math.abs(got - expected) / Math.abs(expected);

describe("the loss", () => {
	test.each(referenceCases())(
		"of $name is that of the definition in extended precision",
		({ problem, loss: expected }) => {
			// The largest score of a case is at most 2500, so that an exponential is good to 2500 u; sums add n u at most.
			expect(relative(loss(problem), expected)).toBeLessThan((2500 + 4 * problem.n) * u);
		},
	);

	test("takes scores of ±700 and more: the weights are then 0 and 1", () => {
		const [one, zero] = [Matrix.identity(1), Matrix.zeros(2, 1)];
		const problem = createProblem({
			A1: Matrix.fromRows([[1], [-1]]),
			A2: Matrix.fromRows([[700], [-700]]),
			A3: Matrix.fromRows([[3], [5]]),
			E: zero,
			X: one,
			Y: one,
		});
		expect(loss(problem)).toBe((3 ** 2 + 5 ** 2) / 2);
		expect(loss({ ...problem, X: Matrix.fromRows([[1e6]]) })).toBe(17);
	});

	test("with X = 0 is that of the mean value", () => {
		fc.assert(
			fc.property(arbitraryProblem(), (problem) => {
				const { n, d } = problem;
				const mean = multiply(
					Matrix.build(n, n, () => 1 / n),
					values(problem),
				);
				const expected = Array.from(mean.data).reduce((sum, o, at) => sum + (o - problem.E.data[at]) ** 2 / 2, 0);
				const got = loss({ ...problem, X: Matrix.zeros(d, d) });
				expect(Math.abs(got - expected)).toBeLessThan(20 * n * d * u * (1 + expected));
			}),
			{ numRuns: 40 },
		);
	});

	test("does not change when all keys are moved by one vector", () => {
		fc.assert(
			fc.property(arbitraryProblem({ B: 2 }), fc.double({ min: -3, max: 3, noNaN: true }), (problem, shift) => {
				const moved = { ...problem, A2: mapEntries(problem.A2, (key) => key + shift) };
				// Scores of size up to 2 (2 + 3) are off by a few d u each, the exponentials by as much.
				const expected = loss(problem);
				expect(Math.abs(loss(moved) - expected)).toBeLessThan(
					100 * (problem.d + problem.n) * u * (1 + expected) * problem.n,
				);
			}),
			{ numRuns: 40 },
		);
	});

	test("does not change when keys and values change places together", () => {
		const problem = generateProblem({ distribution: "gaussian", n: 40, d: 3, B: 1, seed: 4 });
		const reversed = (A: Matrix) => Matrix.build(A.rows, A.cols, (i, j) => A.at(A.rows - 1 - i, j));
		const { A2, A3 } = problem;
		expect(relative(loss({ ...problem, A2: reversed(A2), A3: reversed(A3) }), loss(problem))).toBeLessThan(4 * 40 * u);
	});
});

describe("boundMet", () => {
	test("is max |A1 X| and max |A2|", () => {
		const problem = createProblem({
			A1: Matrix.fromRows([
				[1, 0],
				[0, -2],
			]),
			A2: Matrix.fromRows([
				[0.5, -3],
				[2, 1],
			]),
			A3: Matrix.zeros(2, 2),
			E: Matrix.zeros(2, 2),
			X: Matrix.fromRows([
				[2, 1],
				[1, 1.5],
			]),
			Y: Matrix.zeros(2, 2),
		});
		expect(boundMet(problem)).toEqual({ queries: 3, keys: 3, B: 3 });
	});

	test("is the same for rows that are not in memory, of which it reads a block at a time", () => {
		const options = { distribution: "uniform", n: 150_000, d: 2, B: 1, seed: 6 };
		const problem = generateRows(options);
		let most = 0;
		const watched = (source: RowSource): RowSource => ({
			rows: source.rows,
			cols: source.cols,
			dtype: source.dtype,
			readRows: (from: number, to: number, target: Numbers) => {
				most = Math.max(most, to - from);
				source.readRows(from, to, target);
			},
		});
		const streamed = boundMet({ ...problem, A1: watched(problem.A1), A2: watched(problem.A2) });
		expect(streamed).toEqual(boundMet(generateProblem(options)));
		expect(most).toBe(65_536);
	});
});
