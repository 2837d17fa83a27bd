import { type Random, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { powerSumsOf, RowPolynomial } from "./row-polynomial.ts";
import { exponential, fixed, multiply, one, polynomialAt, size, toNumber } from "./testing/fixed-point.ts";

interface Row {
	readonly weights: readonly number[];
	readonly scores: readonly number[];
	readonly radius: number;
}

const shapes = ["uniform", "gaussian", "clustered", "few", "extreme", "equal", "heavy"] as const;

function randomRow(random: Random, largest: number): Row {
	const radius = largest * 10 ** random.uniform(-3, 0);
	const shape = shapes[random.integer(0, shapes.length - 1)];
	const n = random.integer(1, 60);
	const few = Array.from({ length: random.integer(1, 4) }, () => random.uniform(-1, 1));
	const score = {
		uniform: () => random.uniform(-1, 1),
		gaussian: () => Math.max(-1, Math.min(1, random.normal() / 4)),
		clustered: () => few[random.integer(0, few.length - 1)] * random.uniform(0.98, 1),
		few: () => few[random.integer(0, few.length - 1)],
		extreme: () => (random.uniform() < 0.5 ? -1 : 1),
		equal: () => few[0],
		heavy: () => random.uniform(-1, 1) ** 9,
	}[shape];
	return {
		weights: Array.from({ length: n }, () => random.uniform(0, 1) ** 4 + 1e-6),
		scores: Array.from({ length: n }, () => radius * score()),
		radius,
	};
}

/** Σ ω s^k for k < count, in double precision: what the rounding of that is counted as is `sumError`. */
function powerSums({ weights, scores }: Row, count: number): Float64Array {
	return Float64Array.from({ length: count }, (_, k) => weights.reduce((sum, w, l) => sum + w * scores[l] ** k, 0));
}

const sumError = 200 * 2 ** -53;

function polynomialOf(row: Row, degree: number, largest = row.radius): { P: RowPolynomial; sums: Float64Array } {
	const P = new RowPolynomial({ degree, sumError, largestRadius: largest });
	const sums = powerSums(row, powerSumsOf(degree));
	P.solve(sums, row.radius);
	return { P, sums };
}

describe("RowPolynomial", () => {
	it("bounds the error of exp at every score of the interval, in 100 digits", () => {
		const random = seededRandom(1, "domination");
		for (let trial = 0; trial < 200; trial++) {
			const largest = [0.5, 2, 8, 12][trial % 4];
			const row = randomRow(random, largest);
			const degree = random.integer(0, largest > 8 ? 30 : 13);
			const { P } = polynomialOf(row, degree, largest);
			const places = Array.from({ length: 9 }, (_, i) => (row.radius * (i - 4)) / 4);
			for (const s of [...places, ...row.scores.slice(0, 6)].map(fixed)) {
				const error = size(exponential(s) - polynomialAt(P.coefficients, s));
				const square = size(polynomialAt(P.square, s));
				const bound = multiply(fixed(P.factor), square) + fixed(P.offset);
				expect(error <= bound, `degree ${degree}, radius ${row.radius}, s ${toNumber(s)}`).toBe(true);
			}
		}
	});

	it("bounds the sum of the errors over the row", () => {
		const random = seededRandom(2, "sums");
		for (let trial = 0; trial < 100; trial++) {
			const row = randomRow(random, 3);
			const degree = random.integer(0, 11);
			const { P, sums } = polynomialOf(row, degree);
			let total = 0n;
			for (const [l, s] of row.scores.entries()) {
				const at = fixed(s);
				total += multiply(fixed(row.weights[l]), size(exponential(at) - polynomialAt(P.coefficients, at)));
			}
			expect(toNumber(total)).toBeLessThanOrEqual(P.errorSum(sums));
		}
	});

	it("has a positive normaliser, at odd degrees at most the true one but for rounding", () => {
		const random = seededRandom(3, "normalisers");
		for (let trial = 0; trial < 300; trial++) {
			const row = randomRow(random, 4);
			const degree = random.integer(0, 9);
			const { P, sums } = polynomialOf(row, degree);
			const D = P.valueSum(sums);
			expect(D).toBeGreaterThan(0);
			let exact = 0n;
			for (const [l, s] of row.scores.entries()) exact += multiply(fixed(row.weights[l]), exponential(fixed(s)));
			// P is at most e^s + ρ where all zeros of π are real; the regularised system may miss that by a rounding.
			const rounding = (P.offset + 1e-12 * P.sizeAt(row.radius)) * sums[0];
			if (degree % 2 === 1) expect(D).toBeLessThanOrEqual(toNumber(exact) + rounding);
		}
	});

	it("interpolates exp twice at the scores where these are as few as its nodes", () => {
		const row = { weights: [1, 2, 0.5], scores: [-0.7, 0.1, 0.9], radius: 1 };
		const { P } = polynomialOf(row, 5);
		for (const s of row.scores) {
			const value = P.coefficients.reduceRight((sum, a) => sum * s + a, 0);
			const slope = P.coefficients.reduceRight((sum, a, k) => (k > 0 ? sum * s + k * a : sum), 0);
			// The ridge of 1e-13 moves nodes by about its root at most.
			expect(Math.abs(value - Math.exp(s))).toBeLessThan(1e-11);
			expect(Math.abs(slope - Math.exp(s))).toBeLessThan(1e-5);
		}
	});

	it("has a bound near the least there is for Gaussian scores", () => {
		const random = seededRandom(4, "gaussian");
		const scores = Array.from({ length: 4000 }, () => Math.max(-0.9, Math.min(0.9, 0.2 * random.normal())));
		const row = { weights: scores.map(() => 1), scores, radius: 0.9 };
		// Mean of the least bound of any polynomial, by linear programming: 6.5e-7 at degree 5, 1.6e-9 at degree 7.
		for (const [degree, least] of [
			[5, 6.5e-7],
			[7, 1.6e-9],
		]) {
			const { P, sums } = polynomialOf(row, degree);
			const mean = P.errorSum(sums) / sums[0];
			expect(mean / least).toBeGreaterThan(0.7);
			expect(mean / least).toBeLessThan(1.4);
		}
	});

	it("takes equal scores, scores of zero, and radius zero", () => {
		for (const degree of [0, 1, 2, 5, 6])
			for (const score of [0, 0.3]) {
				const row = { weights: [1, 1], scores: [score, score], radius: score };
				const { P, sums } = polynomialOf(row, degree);
				const error = Math.abs(toNumber(polynomialAt(P.coefficients, fixed(score)) - exponential(fixed(score))));
				expect(2 * error).toBeLessThanOrEqual(P.errorSum(sums));
				if (degree > 0) expect(P.errorSum(sums) / sums[0]).toBeLessThan(degree > 1 || score === 0 ? 1e-6 : 0.1);
			}
		expect(toNumber(exponential(0n))).toBe(toNumber(one));
	});
});
