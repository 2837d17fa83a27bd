/** The errata of the low-rank factors (docs/errata.md): the corrected form holds, and the printed one does not. */
import { createProblem, generateProblem } from "@attgrad/attention-problem";
import { denseIntermediates } from "@attgrad/exact-gradient";
import { Matrix, maxAbs, maxAbsDifference, multiply, scaleRows, UsageError } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { chebyshev } from "./polynomial/families/chebyshev.ts";
import { lowRankFactors } from "./polynomial/low-rank-factors.ts";

const problem = generateProblem({ distribution: "uniform", n: 63, d: 3, B: 1, seed: 5 });
const factors = lowRankFactors(problem, { coefficients: chebyshev.coefficients(1, 10) });
const exact = denseIntermediates(problem);

test("Lemma D.1: the promise is about ‖A1 X‖∞; a small ‖A1ᵀ X‖∞, as printed, bounds no score", () => {
	const d = 3;
	const size = 3;
	const unit = (row: number, col: number, value: number) =>
		Matrix.build(d, d, (i, j) => (i === row && j === col ? value : 0));
	// A1 X = 3 e_0 e_0ᵀ, while A1ᵀ X = 0; n = d, for A1ᵀ X is no product otherwise
	const A1 = unit(0, 1, size);
	const X = unit(1, 0, 1);
	const A2 = Matrix.build(d, d, (l, b) => (b === 0 ? size * (l - 1) : 0));
	expect(maxAbs(multiply(A1, X, { transposeA: true }))).toBe(0);
	expect(maxAbs(multiply(A1, X))).toBe(size);
	const given = createProblem({ A1, A2, A3: Matrix.identity(d), E: Matrix.zeros(d, d), X, Y: Matrix.identity(d) });
	const f = denseIntermediates(given).f;
	const withRadius = (radius: number) => {
		const { U1, V1 } = lowRankFactors(given, {
			coefficients: chebyshev.coefficients(radius, chebyshev.degreeFor(radius, 1e-6)),
		});
		return maxAbsDifference(multiply(U1, V1, { transposeB: true }), f);
	};
	const score = maxAbs(multiply(A1, X)) * maxAbs(A2) * given.scale;
	expect(withRadius(score)).toBeLessThan(1e-5);
	// the printed promise allows radius 0, where the polynomial is the constant 1
	expect(withRadius(0)).toBeGreaterThan(0.1);
	expect(() => multiply(problem.A1, problem.X, { transposeA: true })).toThrow(UsageError);
});

test("Lemma D.3: rank d suffices for q, below the printed max{d, k1} + d, since c is at hand", () => {
	const { U1, U2, V2 } = factors;
	const q = multiply(U2, V2, { transposeB: true });
	expect(maxAbsDifference(q, exact.q)).toBeLessThan(1e-6 * maxAbs(exact.q));
	expect(U2.cols).toBe(problem.d);
	expect(U2.cols).toBeLessThan(Math.max(problem.d, U1.cols) + problem.d);
});

test("Lemma D.5: r_j takes V1ᵀ V2, k1 x k2; the printed V1 V2ᵀ is no product", () => {
	const { U1, V1, U2, V2, r } = factors;
	const between = multiply(V1, V2, { transposeA: true });
	expect([between.rows, between.cols]).toEqual([V1.cols, V2.cols]);
	const left = multiply(U1, between);
	for (let j = 0; j < problem.n; j++) {
		const inner = Array.from(left.row(j)).reduce((sum, x, b) => sum + x * U2.at(j, b), 0);
		expect(inner).toBeCloseTo(r[j], 11);
	}
	expect(() => multiply(V1, V2, { transposeB: true })).toThrow(UsageError);
});

test("Lemma D.5: U4 = diag(r) U1, V4 = V1; the printed U4 = U1, V4 = diag(r) V1 is off by 0.1 at any degree", () => {
	const p2 = scaleRows(exact.f, exact.r);
	const error = (U4: Matrix, V4: Matrix) => maxAbsDifference(multiply(U4, V4, { transposeB: true }), p2) / maxAbs(p2);
	for (const degree of [4, 8, 12]) {
		const { U1, V1, U4, V4, r } = lowRankFactors(problem, { coefficients: chebyshev.coefficients(1, degree) });
		expect(error(U4, V4)).toBeLessThan(degree === 4 ? 1e-2 : 1e-6);
		expect(error(U1, scaleRows(V1, r))).toBeGreaterThan(0.1);
	}
});
