import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Matrix, maxAbs, multiply, qr, solve, subtract, UsageError } from "../index.ts";
import { arbitraryMatrix } from "../testing.ts";

const u = 2 ** -53;
const sizes = fc.oneof(fc.constantFrom(1, 2, 3, 7, 17, 40), fc.integer({ min: 1, max: 20 }));

describe("solve", () => {
	test("leaves a small residual, whatever the condition of A", () => {
		fc.assert(
			fc.property(
				fc.tuple(sizes, sizes).chain(([n, k]) => fc.tuple(arbitraryMatrix(n, n), arbitraryMatrix(n, k))),
				([A, B]) => {
					const Z = solve(A, B);
					// Backward error of partial pivoting: n² u times a growth factor, below 10 for random matrices of this size.
					const allowed = 10 * A.rows ** 2 * u * (A.rows * maxAbs(A) * maxAbs(Z) + maxAbs(B));
					expect(maxAbs(subtract(multiply(A, Z), B))).toBeLessThanOrEqual(allowed);
				},
			),
		);
	});

	test("pivots", () => {
		const A = Matrix.fromRows([
			[0, 1],
			[1, 0],
		]);
		expect(solve(A, Matrix.fromRows([[2], [3]])).toRows()).toEqual([[3], [2]]);
	});

	test("does not change its arguments", () => {
		const [A, B] = [
			Matrix.fromRows([
				[2, 1],
				[1, 3],
			]),
			Matrix.fromRows([[1], [2]]),
		];
		solve(A, B);
		expect([A.toRows(), B.toRows()]).toEqual([
			[
				[2, 1],
				[1, 3],
			],
			[[1], [2]],
		]);
	});

	test("refuses a matrix that is singular, exactly or to working precision", () => {
		for (const rows of [
			[[0]],
			[
				[1, 2],
				[2, 4],
			],
			[
				[1, 2, 3],
				[4, 5, 6],
				[7, 8, 9],
			],
		]) {
			const A = Matrix.fromRows(rows);
			expect(() => solve(A, Matrix.identity(A.rows))).toThrow(UsageError);
			expect(() => solve(A, Matrix.identity(A.rows))).toThrow(/singular/);
		}
		expect(() => solve(Matrix.zeros(2, 3), Matrix.zeros(2, 1))).toThrow(
			"expected n x n and n x k, got 2 x 3 and 2 x 1",
		);
	});
});

describe("qr", () => {
	const tall = fc.tuple(sizes, fc.nat({ max: 70 })).chain(([n, more]) => arbitraryMatrix(n + more, n));

	test("gives orthonormal columns, an upper triangle with a diagonal >= 0, and A again", () => {
		fc.assert(
			fc.property(tall, (A) => {
				const { Q, R } = qr(A);
				const n = A.cols;
				// Householder's error is a small multiple of mn u in the Frobenius norm.
				const rtol = 10 * A.rows * n * u;
				expect(multiply(Q, Q, { transposeA: true })).toBeAllclose(Matrix.identity(n), { rtol });
				expect(multiply(Q, R)).toBeAllclose(A, { rtol: rtol * Math.sqrt(A.rows) });
				for (let i = 0; i < n; i++) {
					expect(R.at(i, i)).toBeGreaterThanOrEqual(0);
					for (let j = 0; j < i; j++) expect(R.at(i, j)).toBe(0);
				}
			}),
			{ numRuns: 60 },
		);
	});

	test("gives orthonormal columns where A has dependent ones, or none but zeros", () => {
		for (const A of [Matrix.zeros(4, 3), Matrix.build(5, 3, (i) => i + 1)]) {
			const { Q, R } = qr(A);
			expect(multiply(Q, Q, { transposeA: true })).toBeAllclose(Matrix.identity(3), { rtol: 100 * u });
			expect(multiply(Q, R)).toBeAllclose(A, { rtol: 100 * u });
		}
	});

	test("takes entries whose squares overflow, and columns longer than a call has arguments", () => {
		expect(qr(Matrix.fromRows([[3e200], [4e200]])).R.at(0, 0) / 5e200).toBeCloseTo(1, 14);
		const m = 200_000;
		const norm = qr(Matrix.build(m, 1, () => 1)).R.at(0, 0);
		expect(Math.abs(norm / Math.sqrt(m) - 1)).toBeLessThan(4 * m * u);
	});

	test("refuses more columns than rows", () => {
		expect(() => qr(Matrix.zeros(2, 3))).toThrow("qr: needs at least as many rows as columns, got 2 x 3");
	});
});
