import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dtype, Matrix, multiply, transpose, UsageError, widerType } from "../index.ts";
import { arbitraryMatrix, arbitrarySize } from "../testing.ts";

/** The product by its definition, each sum in the order of the inner index. */
function product(A: Matrix, B: Matrix, dtype: Dtype): Matrix {
	return Matrix.build(
		A.rows,
		B.cols,
		(i, j) => {
			let sum = 0;
			for (let k = 0; k < A.cols; k++) sum += A.at(i, k) * B.at(k, j);
			return sum;
		},
		dtype,
	);
}

const dtypes = fc.constantFrom<Dtype>("f64", "f32");
const factors = fc
	.record({ m: arbitrarySize(), k: arbitrarySize(), n: arbitrarySize(70), left: dtypes, right: dtypes })
	.chain(({ m, k, n, left, right }) => fc.tuple(arbitraryMatrix(m, k, left), arbitraryMatrix(k, n, right)));

describe("multiply", () => {
	test.each([
		[false, false],
		[true, false],
		[false, true],
		[true, true],
	])(
		"gives the sums of the definition to the last bit (A transposed: %s, B transposed: %s)",
		(transposeA, transposeB) => {
			fc.assert(
				fc.property(factors, ([A, B]) => {
					const left = transposeA ? transpose(A) : A;
					const right = transposeB ? transpose(B) : B;
					expect(multiply(left, right, { transposeA, transposeB })).toEqual(product(A, B, widerType(A, B)));
				}),
				{ numRuns: 40 },
			);
		},
	);

	test("of an inner size of nothing is zero, and of no rows is empty", () => {
		expect(multiply(Matrix.zeros(2, 0), Matrix.zeros(0, 3))).toEqual(Matrix.zeros(2, 3));
		expect(multiply(Matrix.zeros(0, 4), Matrix.zeros(4, 3))).toEqual(Matrix.zeros(0, 3));
	});

	test("refuses inner sizes that differ", () => {
		const [A, B] = [Matrix.zeros(2, 3), Matrix.zeros(2, 3)];
		expect(() => multiply(A, B)).toThrow(UsageError);
		expect(() => multiply(A, B)).toThrow("multiply: inner sizes differ: 2 x 3 times 2 x 3");
		expect(multiply(A, B, { transposeB: true }).rows).toBe(2);
		expect(multiply(A, B, { transposeA: true }).rows).toBe(3);
	});

	test("works on slices, whose storage does not begin at the buffer's start", () => {
		const A = Matrix.build(9, 5, (i, j) => i - j);
		const B = Matrix.identity(5);
		expect(multiply(A.slice(3, 8), B)).toEqual(A.slice(3, 8).copy());
	});
});

test("transposing twice changes nothing", () => {
	fc.assert(
		fc.property(
			fc.tuple(arbitrarySize(), arbitrarySize(), dtypes).chain(([m, n, dtype]) => arbitraryMatrix(m, n, dtype)),
			(A) => {
				const T = transpose(A);
				expect([T.rows, T.cols, T.dtype]).toEqual([A.cols, A.rows, A.dtype]);
				expect(T.at(A.cols - 1, 0)).toBe(A.at(0, A.cols - 1));
				expect(transpose(T)).toEqual(A);
			},
		),
	);
});
