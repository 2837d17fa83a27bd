import { describe, expect, test } from "vitest";
import { Matrix } from "../matrix.ts";
import { seededRandom } from "../random.ts";
import { multiply } from "./products.ts";
import { frobeniusNorm } from "./reductions.ts";
import { singularValues } from "./singular-values.ts";
import { symmetricEigenvalues } from "./symmetric-eigenvalues.ts";

const random = seededRandom(1, "singular values");
const normal = (rows: number, cols: number) => Matrix.build(rows, cols, () => random.normal());

/** Reflections H = 1 − 2 v vᵀ / ‖v‖² on both sides of diag(values): a matrix with these singular values. */
function withValues(values: readonly number[]): Matrix {
	const n = values.length;
	const reflection = () => {
		const v = normal(n, 1);
		const square = frobeniusNorm(v) ** 2;
		return Matrix.build(n, n, (i, j) => (i === j ? 1 : 0) - (2 * v.data[i] * v.data[j]) / square);
	};
	const diagonal = Matrix.build(n, n, (i, j) => (i === j ? values[i] : 0));
	return multiply(multiply(multiply(reflection(), reflection()), diagonal), reflection());
}

describe("singular values", () => {
	test.each([1, 2, 3, 63, 111])("of a matrix that has given ones, of size %d, are these within the error", (n) => {
		const values = Array.from({ length: n }, (_, i) => 10 ** (-i / 8));
		const found = singularValues(withValues(values));
		const distance = Math.hypot(...values.map((value, i) => found.values[i] - value));
		// The matrix was made by three products, each off by n u of its norm.
		expect(distance).toBeLessThanOrEqual(found.error + 8 * n * 2 ** -53 * Math.hypot(...values));
		expect(found.error).toBeLessThan(1e-10);
	});

	test.each([
		[7, 4],
		[4, 7],
		[63, 20],
		[1, 9],
	])("of %d x %d are the roots of the eigenvalues of A Aᵀ, min(rows, cols) of them", (rows, cols) => {
		const A = normal(rows, cols);
		const { values } = singularValues(A);
		expect(values).toHaveLength(Math.min(rows, cols));
		const squares = symmetricEigenvalues(multiply(A, A, { transposeB: true }));
		for (const [i, value] of values.entries())
			expect(Math.abs(value ** 2 - squares[i])).toBeLessThan(1e-11 * squares[0]);
	});

	test("of zero, of a rank 1 and of a matrix with zero rows are exact to rounding", () => {
		expect(Array.from(singularValues(Matrix.zeros(5, 5)).values)).toEqual([0, 0, 0, 0, 0]);
		const one = singularValues(Matrix.build(30, 30, (i, j) => (i + 1) * (j + 1))).values;
		expect(one[1] / one[0]).toBeLessThan(1e-14);
		const some = singularValues(Matrix.build(9, 9, (i, j) => (i === j && i % 3 === 0 ? i + 1 : 0))).values;
		for (const [i, value] of [7, 4, 1, 0].entries()) expect(some[i]).toBeCloseTo(value, 12);
	});
});
