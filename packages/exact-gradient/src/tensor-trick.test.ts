import { exp, type Matrix, mapEntries, multiply, rowSums, scale, transpose, vec } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import * as objects from "./definition.ts";
import { instance } from "./testing/instances.ts";

const sizes = [
	{ n: 1, d: 1 },
	{ n: 2, d: 3 },
	{ n: 5, d: 2 },
	{ n: 7, d: 4 },
];

describe.each(sizes)("with n = $n, d = $d", ({ n, d }) => {
	const problem = instance({ n, d });
	const { A1, A2, X } = problem;
	const scores = multiply(multiply(A1, X), A2, { transposeB: true });
	// inner products of d² terms of size <= 1: rounding below (d² + 2) u d² < 1e-13
	const closeness = { atol: 1e-13 };

	test("Definition 3.2: A has n² x d² entries A1[j0, i0] · A2[j1, i1], and its blocks are A_{j0}", () => {
		const A = objects.A(problem);
		expect([A.rows, A.cols]).toEqual([n * n, d * d]);
		for (let j0 = 0; j0 < n; j0++) {
			expect(objects.blockOfA(problem, j0)).toBeAllclose(A.slice(j0 * n, (j0 + 1) * n));
			for (let j1 = 0; j1 < n; j1++)
				for (let i0 = 0; i0 < d; i0++)
					for (let i1 = 0; i1 < d; i1++) expect(A.at(j0 * n + j1, i0 * d + i1)).toBe(A1.at(j0, i0) * A2.at(j1, i1));
		}
	});

	test("Fact 3.8: vec(A1 X A2ᵀ) = A x", () => {
		expect(vec(scores)).toBeAllclose(multiply(objects.A(problem), objects.x(problem)), closeness);
	});

	test("Fact 3.9: vec(exp(scale · A1 X A2ᵀ)) = exp(scale · A x)", () => {
		const left = vec(exp(scale(scores, problem.scale)));
		const right = exp(scale(multiply(objects.A(problem), objects.x(problem)), problem.scale));
		expect(left).toBeAllclose(right, { rtol: 1e-13 });
	});

	test("Fact 3.9: row j0 of exp(scale · A1 X A2ᵀ) is u_{j0}", () => {
		const rows = exp(scale(scores, problem.scale));
		for (let j0 = 0; j0 < n; j0++)
			expect(objects.u(problem, j0)).toBeAllclose(vec(rows.slice(j0, j0 + 1)), { rtol: 1e-13 });
	});

	test("Definitions 3.3 and 3.4: f_{j0} = u_{j0} / α_{j0}, and rows of f sum to one", () => {
		const f = objects.f(problem);
		for (let j0 = 0; j0 < n; j0++) {
			const alpha = objects.alpha(problem, j0);
			expect(objects.fOfRow(problem, j0)).toBeAllclose(
				mapEntries(objects.u(problem, j0), (u) => u / alpha),
				{ rtol: 1e-13 },
			);
			expect(rowSums(f)[j0]).toBeCloseTo(1, 14);
		}
	});
});

test("Fact 3.8 fails for column-major vec", () => {
	const problem = instance({ n: 3, d: 2 });
	const { A1, A2, X } = problem;
	const columnMajor = (M: Matrix) => vec(transpose(M));
	const left = columnMajor(multiply(multiply(A1, X), A2, { transposeB: true }));
	const right = multiply(objects.A(problem), columnMajor(X));
	expect(left).not.toBeAllclose(right, { atol: 0.1 });
});
