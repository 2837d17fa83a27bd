import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	hadamard,
	kronecker,
	Matrix,
	multiply,
	rowKronecker,
	rowSums,
	transpose,
	UsageError,
	unvec,
	vec,
} from "../index.ts";
import { arbitraryMatrix, arbitrarySize } from "../testing.ts";

/** Sums of products of k terms of size at most 1, rounded: k(k+1) unit roundoffs bound either side. */
const rounding = (terms: number) => ({ atol: 2 * terms * (terms + 1) * 2 ** -53 });

const small = fc.integer({ min: 1, max: 6 });

test("A ⊗ B has entry A[i0, j0] B[i1, j1] at (i0 rows(B) + i1, j0 cols(B) + j1)", () => {
	const A = Matrix.fromRows([[1, 2]]);
	const B = Matrix.fromRows([
		[3, 4],
		[5, 6],
	]);
	expect(kronecker(A, B).toRows()).toEqual([
		[3, 4, 6, 8],
		[5, 6, 10, 12],
	]);
});

test("(A ⊗ B)(C ⊗ D) = AC ⊗ BD", () => {
	fc.assert(
		fc.property(
			fc
				.tuple(small, small, small)
				.chain(([m, k, n]) =>
					fc.tuple(arbitraryMatrix(m, k), arbitraryMatrix(n, m), arbitraryMatrix(k, n), arbitraryMatrix(m, k)),
				),
			([A, B, C, D]) => {
				const mixed = kronecker(multiply(A, C), multiply(B, D));
				expect(multiply(kronecker(A, B), kronecker(C, D))).toBeAllclose(mixed, rounding(A.cols * B.cols));
			},
		),
	);
});

describe("Fact 3.8: vec(A1 X A2ᵀ) = (A1 ⊗ A2) vec(X)", () => {
	const instances = fc
		.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }))
		.chain(([n, d]) => fc.tuple(arbitraryMatrix(n, d), arbitraryMatrix(n, d), arbitraryMatrix(d, d)));
	const product = (A1: Matrix, X: Matrix, A2: Matrix) => multiply(multiply(A1, X), A2, { transposeB: true });

	test("for row-major vec", () => {
		fc.assert(
			fc.property(instances, ([A1, A2, X]) => {
				expect(multiply(kronecker(A1, A2), vec(X))).toBeAllclose(vec(product(A1, X, A2)), rounding(X.data.length));
			}),
		);
	});

	test("and not for column-major vec", () => {
		const [A1, A2, X] = [
			[1, 2, 3, 4],
			[0, 1, 1, 5],
			[2, -1, 0, 3],
		].map((entries) => unvec(new Matrix(4, 1, Float64Array.from(entries)), 2, 2)) as [Matrix, Matrix, Matrix];
		const columnMajor = (M: Matrix) => vec(transpose(M));
		expect(multiply(kronecker(A1, A2), columnMajor(X))).not.toBeAllclose(columnMajor(product(A1, X, A2)), {
			atol: 0.5,
		});
	});
});

test("unvec undoes vec, and neither shares storage", () => {
	fc.assert(
		fc.property(
			fc.tuple(arbitrarySize(20), arbitrarySize(20)).chain(([m, n]) => arbitraryMatrix(m, n)),
			(A) => {
				const x = vec(A);
				expect([x.rows, x.cols]).toEqual([A.rows * A.cols, 1]);
				const back = unvec(x, A.rows, A.cols);
				expect(back).toEqual(A);
				x.data[0] = 7;
				expect(back).toEqual(A);
			},
		),
	);
	expect(() => unvec(Matrix.zeros(5, 1), 2, 3)).toThrow(UsageError);
});

test("Fact A.1: <x ∘ y, z> = xᵀ diag(y) z and <x, y> = <x ∘ y, 1>", () => {
	fc.assert(
		fc.property(
			arbitrarySize().chain((n) => fc.tuple(arbitraryMatrix(n, 1), arbitraryMatrix(n, 1), arbitraryMatrix(n, 1))),
			([x, y, z]) => {
				const n = x.rows;
				const diagonal = Matrix.build(n, n, (i, j) => (i === j ? y.at(i, 0) : 0));
				const left = multiply(hadamard(x, y), z, { transposeA: true });
				expect(left).toBeAllclose(multiply(multiply(x, diagonal, { transposeA: true }), z), rounding(n));
				const inner = multiply(x, y, { transposeA: true }).at(0, 0);
				expect(rowSums(transpose(hadamard(x, y)))[0]).toBe(inner);
			},
		),
	);
});

test("Fact A.2: (U1 V1ᵀ) ∘ (U2 V2ᵀ) = (U1 ⊘ U2)(V1 ⊘ V2)ᵀ", () => {
	fc.assert(
		fc.property(
			fc
				.tuple(arbitrarySize(65), small, small)
				.chain(([n, k1, k2]) =>
					fc.tuple(arbitraryMatrix(n, k1), arbitraryMatrix(n, k1), arbitraryMatrix(n, k2), arbitraryMatrix(n, k2)),
				),
			([U1, V1, U2, V2]) => {
				const left = hadamard(multiply(U1, V1, { transposeB: true }), multiply(U2, V2, { transposeB: true }));
				const right = multiply(rowKronecker(U1, U2), rowKronecker(V1, V2), { transposeB: true });
				expect(right).toBeAllclose(left, rounding(U1.cols * U2.cols));
			},
		),
		{ numRuns: 50 },
	);
});

test("rowKronecker takes as many rows on both sides", () => {
	expect(rowKronecker(Matrix.fromRows([[1, 2]]), Matrix.fromRows([[3, 4]])).toRows()).toEqual([[3, 4, 6, 8]]);
	expect(() => rowKronecker(Matrix.zeros(2, 1), Matrix.zeros(3, 1))).toThrow("rowKronecker: 2 and 3 rows");
});
