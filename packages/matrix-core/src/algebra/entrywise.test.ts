import fc from "fast-check";
import { expect, test } from "vitest";
import { add, exp, hadamard, Matrix, mapEntries, multiply, scale, scaleRows, subtract, UsageError } from "../index.ts";
import { arbitraryMatrix, arbitrarySize } from "../testing.ts";

const pairs = fc
	.tuple(arbitrarySize(65), arbitrarySize(9))
	.chain(([m, n]) => fc.tuple(arbitraryMatrix(m, n), arbitraryMatrix(m, n)));

test("sums, differences and products are entry by entry", () => {
	fc.assert(
		fc.property(pairs, ([A, B]) => {
			const [i, j] = [A.rows - 1, A.cols - 1];
			expect(add(A, B).at(i, j)).toBe(A.at(i, j) + B.at(i, j));
			expect(hadamard(A, B).at(i, j)).toBe(A.at(i, j) * B.at(i, j));
			expect(subtract(A, B)).toEqual(add(A, scale(B, -1)));
			expect(exp(A)).toEqual(mapEntries(A, Math.exp));
		}),
	);
});

test("two number types give the wider one", () => {
	const [A, B] = [Matrix.fromRows([[0.1]]), Matrix.fromRows([[0.2]], "f32")];
	expect(add(A, B).dtype).toBe("f64");
	expect(add(B, B).dtype).toBe("f32");
	expect(exp(B).dtype).toBe("f32");
});

test("shapes that differ are refused by name", () => {
	const [A, B] = [Matrix.zeros(2, 3), Matrix.zeros(3, 2)];
	for (const operation of [add, subtract, hadamard]) expect(() => operation(A, B)).toThrow(UsageError);
	expect(() => add(A, B)).toThrow("add: shapes differ: 2 x 3 and 3 x 2");
});

test("scaleRows is diag(factors) A", () => {
	fc.assert(
		fc.property(pairs, ([A, B]) => {
			const factors = B.data.slice(0, A.rows);
			if (factors.length < A.rows) return;
			const diagonal = Matrix.build(A.rows, A.rows, (i, j) => (i === j ? factors[i] : 0));
			expect(scaleRows(A, factors)).toBeAllclose(multiply(diagonal, A));
		}),
	);
	expect(() => scaleRows(Matrix.zeros(3, 2), [1, 2])).toThrow("scaleRows: 3 rows, 2 factors");
});
