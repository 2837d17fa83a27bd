import {
	add,
	exp,
	frobeniusNorm,
	Matrix,
	multiply,
	scale,
	seededRandom,
	symmetricEigenvalues,
	trace,
	transpose,
} from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import {
	certifiedLimit,
	certifiedRank,
	hypercubeSpectrum,
	log2MonomialCount,
	spectralLimit,
	spectralRank,
} from "./threshold.ts";

/** exp(Q Kᵀ/d) of the family, formed. */
function formed(d: number, B: number): Matrix {
	const Q = Matrix.build(2 ** d, d, (i, b) => ((i >> b) & 1 ? -B : B));
	return exp(scale(multiply(Q, Q, { transposeB: true }), 1 / d));
}

describe("symmetric eigenvalues", () => {
	test("of a diagonal matrix are its entries, largest first", () => {
		const A = Matrix.build(4, 4, (i, j) => (i === j ? [3, -1, 7, 0][i] : 0));
		expect(Array.from(symmetricEigenvalues(A))).toEqual([7, 3, 0, -1]);
	});

	test("of matrices of rank 1, or next to it, are one number and next to zeros", () => {
		const n = 200;
		for (const spread of [0, 1e-18, 1e-10]) {
			const values = symmetricEigenvalues(Matrix.build(n, n, (i, j) => 1 + spread * Math.sin(i * j)));
			expect(Math.abs(values[0] / n - 1)).toBeLessThan(1e-8);
			for (const value of values.slice(1)) expect(Math.abs(value)).toBeLessThan(n * (spread + 1e-14));
		}
	});

	test.each([1, 2, 3, 63, 111])(
		"of a random matrix of size %d keep the trace and the norms, and of A + I are one more",
		(n) => {
			const random = seededRandom(n, "symmetric");
			const half = Matrix.build(n, n, () => random.normal());
			const A = add(half, transpose(half));
			const values = symmetricEigenvalues(A);
			const size = n * frobeniusNorm(A) * 2 ** -52;
			const sum = (f: (x: number) => number) => values.reduce((total, x) => total + f(x), 0);
			expect(Math.abs(sum((x) => x) - trace(A))).toBeLessThan(n * size);
			expect(Math.abs(sum((x) => x * x) / frobeniusNorm(A) ** 2 - 1)).toBeLessThan(n * 1e-14);
			expect(Math.abs(sum((x) => x ** 3) - trace(multiply(multiply(A, A), A)))).toBeLessThan(
				20 * n * size * frobeniusNorm(A) ** 2,
			);
			const shifted = symmetricEigenvalues(add(A, Matrix.identity(n)));
			for (const [i, x] of values.entries()) expect(Math.abs(shifted[i] - x - 1)).toBeLessThan(20 * size);
		},
	);
});

describe("the hypercube family", () => {
	test.each([
		[1, 0.7],
		[5, 1.3],
		[8, 2],
	])("d = %d, B = %d: the eigenvalues of the formed matrix are those of the formula", (d, B) => {
		const { relative, log2Multiplicity } = hypercubeSpectrum({ d, B });
		const expected = relative.flatMap((value, w) =>
			new Array<number>(Math.round(2 ** log2Multiplicity[w])).fill(value),
		);
		const measured = symmetricEigenvalues(formed(d, B));
		expect(measured).toHaveLength(expected.length);
		for (const [i, value] of expected.entries())
			expect(Math.abs(measured[i] / measured[0] - value)).toBeLessThan(1e-13 * 2 ** d);
	});

	test("the spectral rank is the number of eigenvalues above the tolerance", () => {
		for (const [d, B, logInverseDelta] of [
			[6, 1, 3],
			[7, 1.5, 5],
			[8, 0.5, 8],
			[8, 3, 2],
		] as const) {
			const values = symmetricEigenvalues(formed(d, B));
			const counted = values.filter((x) => x >= Math.exp(-logInverseDelta) * values[0]).length;
			expect(2 ** spectralRank({ d, B }, logInverseDelta)).toBeCloseTo(counted, 9);
		}
	});

	test("the certified rank is what Eckart and Young exclude: the tail beyond it is too large", () => {
		for (const [d, B, logInverseDelta] of [
			[6, 1, 3],
			[7, 1.5, 5],
			[8, 2, 4],
		] as const) {
			const values = symmetricEigenvalues(formed(d, B));
			const total = values.reduce((sum, x) => sum + x * x, 0);
			const rank = Math.round(2 ** certifiedRank({ d, B }, logInverseDelta));
			expect(2 ** certifiedRank({ d, B }, logInverseDelta)).toBeCloseTo(rank, 9);
			const tail = values.slice(rank).reduce((sum, x) => sum + x * x, 0);
			expect(tail).toBeGreaterThan(Math.exp(-2 * logInverseDelta) * total);
		}
	});

	test("sums of binomials are exact up to n = 2^1000", () => {
		const d = 1000;
		for (const w of [0, 1, 17, 400, 500, 1000]) {
			let [sum, binomial] = [0n, 1n];
			for (let v = 0n; v <= BigInt(w); v++) {
				sum += binomial;
				binomial = (binomial * (BigInt(d) - v)) / (v + 1n);
			}
			const digits = sum.toString(2);
			const exact = digits.length - 53 + Math.log2(Number.parseInt(digits.padEnd(53, "0").slice(0, 53), 2));
			// B and the tolerance at which exactly the eigenvalues up to w count
			const B = 20;
			const logInverseDelta = -(w + 0.5) * Math.log(Math.tanh((B * B) / d));
			expect(spectralRank({ d, B }, logInverseDelta)).toBeCloseTo(w === d ? d : exact, 9);
		}
	});
});

describe("the limits", () => {
	test.each([
		[1e-6, 0.29, 0.32],
		[1e-4, 0.39, 0.44],
		[1e-2, 0.61, 0.73],
		[0.05, 0.78, 0.92],
		[0.1, 0.88, 0.99],
		[0.3, 1, 1],
	])("at κ = %d and c = 1 are those of paper.md section 10", (kappa, spectral, certified) => {
		expect(spectralLimit(kappa, 1)).toBeCloseTo(spectral, 2);
		expect(certifiedLimit(kappa, 1)).toBeCloseTo(certified, 2);
	});

	test("are what finite n tends to", () => {
		for (const kappa of [1e-3, 0.02, 0.1]) {
			const atSize = (d: number) => ({ d, B: Math.sqrt(kappa * d) });
			const gap = (d: number, rank: typeof spectralRank, limit: typeof spectralLimit) =>
				Math.abs(rank(atSize(d), d * Math.LN2) / d - limit(kappa, 1));
			for (const [rank, limit] of [
				[spectralRank, spectralLimit],
				[certifiedRank, certifiedLimit],
			] as const) {
				expect(gap(4000, rank, limit)).toBeLessThan(0.01);
				expect(gap(4000, rank, limit)).toBeLessThan(gap(100, rank, limit));
			}
		}
	});

	test("tend to 0 with κ, however slowly", () => {
		const values = [1e-4, 1e-20, 1e-80, 1e-300].map((kappa) => spectralLimit(kappa, 1));
		expect(values).toEqual(values.toSorted((x, y) => y - x));
		expect(values[3]).toBeLessThan(0.025);
	});
});

test("monomials of degree at most g in d variables are counted by C(d + g, g)", () => {
	expect(2 ** log2MonomialCount(4, 9)).toBeCloseTo(715, 9);
	expect(2 ** log2MonomialCount(8, 6)).toBeCloseTo(3003, 8);
	expect(log2MonomialCount(100, 0)).toBe(0);
});

test("where every eigenvalue is the largest to a double's precision the rank is whole", () => {
	for (const B of [9, 20, 50, 200]) expect(spectralRank({ d: 4, B }, 4 * Math.LN2)).toBeCloseTo(4, 12);
});
