import { generateProblem } from "@attgrad/attention-problem";
import { denseIntermediates } from "@attgrad/exact-gradient";
import {
	ComputationError,
	hadamard,
	maxAbsDifference,
	multiply,
	rowSums,
	scale,
	scaleRows,
} from "@attgrad/matrix-core";
import "@attgrad/matrix-core/testing";
import { expect, test } from "vitest";
import { chebyshev } from "./families/chebyshev.ts";
import { taylor } from "./families/taylor.ts";
import { lowRankFactors } from "./low-rank-factors.ts";

const problem = generateProblem({ distribution: "uniform", n: 63, d: 3, B: 1, seed: 5 });
/** B² bounds every score. */
const radius = 1;
const exact = denseIntermediates(problem);
const factorsOf = (degree: number) => lowRankFactors(problem, { coefficients: chebyshev.coefficients(radius, degree) });
const product = (U: Parameters<typeof multiply>[0], V: typeof U) => multiply(U, V, { transposeB: true });

test("U1 V1ᵀ approaches f as fast as the relative error of the polynomial falls (Lemma D.1)", () => {
	for (const degree of [2, 4, 6, 8, 10]) {
		const { U1, V1 } = factorsOf(degree);
		const delta = chebyshev.relativeError(radius, degree);
		const approximate = product(U1, V1);
		// |f̃ - f| <= 2 τ f, and rounding: u e^(2R) times some hundred operations.
		for (let at = 0; at < exact.f.data.length; at++) {
			const allowed = ((2 * delta) / (1 - delta) + 1e-13) * exact.f.data[at];
			expect(Math.abs(approximate.data[at] - exact.f.data[at])).toBeLessThanOrEqual(allowed);
		}
	}
});

test("Lemma D.2: c̃ is off by at most τ times the half-range of the values", () => {
	for (const degree of [2, 4, 6, 8]) {
		const delta = chebyshev.relativeError(radius, degree);
		const tau = delta / (1 - delta);
		const { U2 } = factorsOf(degree);
		for (let i = 0; i < problem.d; i++) {
			const column = Array.from({ length: problem.n }, (_, l) => exact.h.at(l, i));
			const halfRange = (Math.max(...column) - Math.min(...column)) / 2;
			for (let j = 0; j < problem.n; j++)
				expect(Math.abs(U2.at(j, i) - exact.c.at(j, i))).toBeLessThanOrEqual(tau * halfRange + 1e-13);
		}
	}
});

test("every product of factors approaches its matrix as the degree grows (Lemmas D.1 to D.5)", () => {
	let before = { f: Infinity, q: Infinity, p1: Infinity, p2: Infinity };
	const p1 = hadamard(exact.f, exact.q);
	const p2 = scaleRows(exact.f, exact.r);
	for (const degree of [2, 4, 6, 8]) {
		const { U1, V1, U2, V2, U3, V3, U4, V4 } = factorsOf(degree);
		const now = {
			f: maxAbsDifference(product(U1, V1), exact.f),
			q: maxAbsDifference(product(U2, V2), exact.q),
			p1: maxAbsDifference(product(U3, V3), p1),
			p2: maxAbsDifference(product(U4, V4), p2),
		};
		for (const name of ["f", "q", "p1", "p2"] as const) expect(now[name]).toBeLessThan(before[name] / 10);
		before = now;
	}
});

test("U3 V3ᵀ is f̃ ∘ q̃ and U4 V4ᵀ is diag(r̃) f̃, multiplied out", () => {
	const { U1, V1, U2, V2, U3, V3, U4, V4, r } = factorsOf(3);
	const f = product(U1, V1);
	const q = product(U2, V2);
	expect(product(U3, V3)).toBeAllclose(hadamard(f, q), { rtol: 1e-13 });
	expect(product(U4, V4)).toBeAllclose(scaleRows(f, r), { rtol: 1e-13 });
	// r_j is also the inner product of row j of f̃ with row j of q̃.
	const inner = rowSums(hadamard(f, q));
	for (let j = 0; j < problem.n; j++) expect(r[j]).toBeCloseTo(inner[j], 12);
});

test("the factors give the gradient: scale · A1ᵀ (U3 V3ᵀ - U4 V4ᵀ) A2 (Theorem D.6)", () => {
	const { U3, V3, U4, V4 } = factorsOf(9);
	const { A1, A2 } = problem;
	const through = (U: typeof U3, V: typeof V3) =>
		multiply(multiply(A1, U, { transposeA: true }), multiply(V, A2, { transposeA: true }));
	const gradient = scale(through(U3, V3), problem.scale);
	const second = scale(through(U4, V4), problem.scale);
	const expected = scale(multiply(A1, exact.queryGradient, { transposeA: true }), problem.scale);
	expect(maxAbsDifference(gradient, second)).toBeGreaterThan(0);
	for (let at = 0; at < expected.data.length; at++)
		expect(Math.abs(gradient.data[at] - second.data[at] - expected.data[at])).toBeLessThan(1e-9);
});

test("U4 = U1, V4 = diag(r) V1, as Lemma D.5 is printed, is wrong", () => {
	const { U1, V1, r } = factorsOf(10);
	const printed = product(U1, scaleRows(V1, r));
	const p2 = scaleRows(exact.f, exact.r);
	const size = Math.max(...p2.data.map(Math.abs));
	expect(maxAbsDifference(printed, p2)).toBeGreaterThan(0.1 * size);
});

test("a normaliser that is not positive is refused, with row and value", () => {
	const wide = generateProblem({ distribution: "hypercube", n: 64, d: 2, B: 4, seed: 1 });
	const act = () =>
		lowRankFactors(wide, { coefficients: taylor.coefficients(16, 1).map((a, k) => (k === 1 ? 1 : a - 2)) });
	expect(act).toThrow(ComputationError);
	expect(act).toThrow(/normaliser of row \d+ is -/);
});
