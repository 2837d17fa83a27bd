import { hadamard, Matrix, multiply, rowKronecker, rowSums } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";

const entry = fc.double({ min: -2, max: 2, noNaN: true });
const matrix = (rows: number, cols: number) =>
	fc
		.array(entry, { minLength: rows * cols, maxLength: rows * cols })
		.map((e) => new Matrix(rows, cols, Float64Array.from(e)));
const size = fc.integer({ min: 1, max: 6 });
const vectors = size.chain((n) => fc.tuple(matrix(n, 1), matrix(n, 1), matrix(n, 1)));
const innerProduct = (x: Matrix, y: Matrix) => multiply(x, y, { transposeA: true });
const diagonal = (y: Matrix) => Matrix.build(y.rows, y.rows, (i, j) => (i === j ? y.at(i, 0) : 0));

describe("Fact A.1", () => {
	// at most 6 terms of size <= 8: rounding below 8 · 6 · 8 u < 1e-13
	test("<x ∘ y, z> = xᵀ diag(y) z", () => {
		fc.assert(
			fc.property(vectors, ([x, y, z]) => {
				const right = multiply(innerProduct(x, diagonal(y)), z);
				expect(innerProduct(hadamard(x, y), z)).toBeAllclose(right, { atol: 1e-13 });
			}),
		);
	});

	test("<x, y> = <x ∘ y, 1>", () => {
		fc.assert(
			fc.property(vectors, ([x, y]) => {
				const ones = Matrix.build(x.rows, 1, () => 1);
				expect(innerProduct(x, y)).toBeAllclose(innerProduct(hadamard(x, y), ones), { atol: 1e-13 });
			}),
		);
	});
});

describe("Fact A.2", () => {
	const factors = fc
		.tuple(size, size, size)
		.chain(([n, k1, k2]) => fc.record({ U1: matrix(n, k1), V1: matrix(n, k1), U2: matrix(n, k2), V2: matrix(n, k2) }));

	// products of two sums of 6 terms of size <= 4: rounding below 36 · 16 · 14 u < 1e-12
	test("(U1 V1ᵀ) ∘ (U2 V2ᵀ) = (U1 ⊘ U2)(V1 ⊘ V2)ᵀ", () => {
		fc.assert(
			fc.property(factors, ({ U1, V1, U2, V2 }) => {
				const left = hadamard(multiply(U1, V1, { transposeB: true }), multiply(U2, V2, { transposeB: true }));
				const right = multiply(rowKronecker(U1, U2), rowKronecker(V1, V2), { transposeB: true });
				expect(left).toBeAllclose(right, { atol: 1e-12 });
			}),
		);
	});

	test("the row sums of U1 ⊘ U2 are the products of the row sums", () => {
		fc.assert(
			fc.property(factors, ({ U1, U2 }) => {
				const sums = rowSums(rowKronecker(U1, U2));
				const products = rowSums(U1).map((sum, i) => sum * rowSums(U2)[i]);
				for (const [i, sum] of sums.entries()) expect(sum).toBeCloseTo(products[i], 11);
			}),
		);
	});
});
