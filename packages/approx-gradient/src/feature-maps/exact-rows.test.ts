import { createProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { Matrix, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { queryBlockAt } from "../rows/row-blocks.ts";
import { spansOf } from "../rows/spans.ts";
import { exactRows } from "./exact-rows.ts";

const one = new Matrix(1, 1, Float64Array.of(1));
const u = 2 ** -53;

describe("the rounding that exact rows tell", () => {
	it("counts the additions of a block: of one and of many weights that are lost", () => {
		const n = 512;
		const ones = Matrix.build(n, 1, () => 1);
		const A2 = Matrix.build(n, 1, (l) => (l === 0 ? 0 : -36.8));
		const problem = createProblem({ A1: ones, A2, A3: ones, E: ones, X: one, Y: one }, 1);
		const spans = spansOf(problem);
		const { residuals, errors } = exactRows("test", problem, queryBlockAt(problem, [0]), spans);
		const exact = (n - 1) * Math.exp(-36.8);
		expect(residuals.normaliser[0]).toBe(1);
		expect(exact).toBeGreaterThan(400 * u);
		expect(errors.rounding[0].bound).toBeGreaterThan(exact);
		expect(errors.rounding[0].bound).toBeLessThan(1000 * u);
	});

	it("counts the errors of scores whose terms are large", () => {
		const random = seededRandom(5);
		const identity = Matrix.identity(2);
		const size = 2 ** 20;
		let most = 0;
		for (let trial = 0; trial < 60; trial++) {
			const [p, q] = [size * (1 + random.uniform()), size * (1 + random.uniform())];
			const A1 = Matrix.build(2, 2, (_, b) => (b === 0 ? p : -q));
			// Scores of order 1 from terms of order 2^20.
			const first = Float64Array.from({ length: 2 }, () => 1 + random.uniform());
			const A2 = Matrix.build(2, 2, (l, b) => (b === 0 ? first[l] : (first[l] * p + random.uniform()) / q));
			const A3 = Matrix.build(2, 2, (l, i) => (i === 0 ? l : 0));
			const problem = createProblem({ A1, A2, A3, E: Matrix.zeros(2, 2), X: identity, Y: identity }, 1);
			const { residuals, errors } = exactRows("test", problem, queryBlockAt(problem, [0]), spansOf(problem));
			const error = Math.abs(residuals.c.at(0, 0) - truthOf(problem).output.toMatrix().at(0, 0));
			// Values reach from 0 to 1: a quotient of two sums, and some roundings of its own.
			const bound = errors.rounding[0].bound;
			expect(error).toBeLessThanOrEqual(bound + 16 * u);
			most = Math.max(most, error);
		}
		// Far above all roundings that are not of scores.
		expect(most).toBeGreaterThan(2 ** 14 * u);
	});
});
