import {
	frobeniusNorm,
	Matrix,
	multiply,
	qr,
	seededRandom,
	symmetricEigenvalues,
	transpose,
} from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { singularValues } from "./singular-values.ts";

const random = seededRandom(1, "singular values");
const normals = (n: number) => Matrix.build(n, n, () => random.normal());

/** Q1 diag(values) Q2 with random orthogonal Q1, Q2. */
function withValues(values: readonly number[]): Matrix {
	const n = values.length;
	const [Q1, Q2] = [qr(normals(n)).Q, qr(normals(n)).Q];
	return multiply(
		Q1,
		Matrix.build(n, n, (i, j) => values[i] * Q2.at(i, j)),
	);
}

test.each([1, 2, 3, 17, 63, 111])("of a matrix that was made of them, n = %i, small ones and zeros too", (n) => {
	const values = Array.from({ length: n }, (_, i) => (i % 5 === 4 ? 0 : 10 ** -(i % 17)));
	const expected = values.toSorted((a, b) => b - a);
	const found = singularValues(withValues(values));
	// u ‖A‖ for each of some n reflections; the products that make the matrix err as much
	for (const [i, value] of found.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(20 * n * 2 ** -53);
});

test("their squares are the eigenvalues of AᵀA", () => {
	const A = normals(40);
	const squares = symmetricEigenvalues(multiply(transpose(A), A));
	const found = singularValues(A);
	for (const [i, value] of found.entries()) expect(value ** 2).toBeCloseTo(squares[i], 8);
});

test("a matrix of rank one, and zero", () => {
	const A = Matrix.build(30, 30, (i, j) => (i + 1) * (j + 2));
	const [first, ...rest] = singularValues(A);
	expect(first / frobeniusNorm(A)).toBeCloseTo(1, 13);
	expect(Math.max(...rest)).toBeLessThan(1e-13 * first);
	expect([...singularValues(Matrix.zeros(5, 5))]).toEqual([0, 0, 0, 0, 0]);
});
