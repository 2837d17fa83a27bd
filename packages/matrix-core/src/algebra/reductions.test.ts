import fc from "fast-check";
import { expect, test } from "vitest";
import {
	columnRange,
	columnSums,
	frobeniusNorm,
	Matrix,
	maxAbs,
	maxAbsDifference,
	multiply,
	rowNorms,
	rowSums,
	trace,
	transpose,
} from "../index.ts";
import { arbitraryMatrix, arbitrarySize } from "../testing.ts";

const matrices = fc
	.tuple(arbitrarySize(), arbitrarySize(17), fc.constantFrom("f64" as const, "f32" as const))
	.chain(([m, n, dtype]) => arbitraryMatrix(m, n, dtype));

test("row sums are A 1, column sums those of the transpose", () => {
	fc.assert(
		fc.property(matrices, (A) => {
			const ones = Matrix.build(A.cols, 1, () => 1);
			expect([...rowSums(A)]).toEqual([...multiply(A, ones).data]);
			expect([...columnSums(A)]).toEqual([...rowSums(transpose(A))]);
		}),
	);
});

test("‖A‖∞ <= ‖A‖F <= √(mn) ‖A‖∞ and ‖A‖F² = trace(AᵀA)", () => {
	fc.assert(
		fc.property(matrices, (A) => {
			const norm = frobeniusNorm(A);
			const slack = 1 + 4 * A.data.length * 2 ** -53;
			expect(maxAbs(A)).toBeLessThanOrEqual(norm * slack);
			expect(norm).toBeLessThanOrEqual(Math.sqrt(A.data.length) * maxAbs(A) * slack);
			const squares = trace(multiply(A.as("f64"), A.as("f64"), { transposeA: true }));
			expect(Math.abs(norm ** 2 - squares)).toBeLessThanOrEqual(4 * A.data.length * 2 ** -53 * squares);
			const byRows = rowNorms(A).reduce((sum, x) => sum + x * x, 0);
			expect(Math.abs(byRows - squares)).toBeLessThanOrEqual(4 * A.data.length * 2 ** -53 * squares);
		}),
	);
});

test("norms of huge and tiny entries neither overflow nor vanish", () => {
	expect(frobeniusNorm(Matrix.fromRows([[3e200, 4e200]]))).toBeCloseTo(5e200, -190);
	expect(frobeniusNorm(Matrix.fromRows([[3e-200, 4e-200]])) / 5e-200).toBeCloseTo(1, 14);
});

test("maxAbs is 0 for nothing and NaN for NaN", () => {
	expect(maxAbs(Matrix.zeros(0, 4))).toBe(0);
	expect(maxAbs(Matrix.fromRows([[1, Number.NaN, 3]]))).toBeNaN();
	expect(maxAbs(Matrix.fromRows([[1, Number.NEGATIVE_INFINITY]]))).toBe(Number.POSITIVE_INFINITY);
});

test("the largest difference is 0 only between equal matrices", () => {
	const A = Matrix.fromRows([
		[1, 2],
		[3, 4],
	]);
	expect(maxAbsDifference(A, A)).toBe(0);
	expect(
		maxAbsDifference(
			A,
			Matrix.fromRows([
				[1, 2],
				[3, 4.5],
			]),
		),
	).toBe(0.5);
	expect(maxAbsDifference(A, Matrix.zeros(2, 3))).toBe(Number.POSITIVE_INFINITY);
	expect(
		maxAbsDifference(
			A,
			Matrix.fromRows([
				[1, Number.NaN],
				[3, 4],
			]),
		),
	).toBeNaN();
});

test("every entry is within the range of its column, and the range is met", () => {
	fc.assert(
		fc.property(matrices, (A) => {
			const { min, max } = columnRange(A);
			const columns = transpose(A).toRows();
			expect([...min]).toEqual(columns.map((column) => Math.min(...column)));
			expect([...max]).toEqual(columns.map((column) => Math.max(...column)));
		}),
	);
});
