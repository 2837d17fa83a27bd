/** The errata of the lower bound (docs/errata.md): the corrected form holds, and the printed one does not. */
import { createProblem } from "@attgrad/attention-problem";
import { denseGradient } from "@attgrad/exact-gradient";
import { Matrix, maxAbs, multiply, scale, seededRandom, trace } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { exactOracle } from "../../testing/exact-oracle.ts";
import { plantedGap } from "../instances/closest-pair.ts";
import { attentionMass } from "./attention-mass.ts";
import { gapRiemannSum } from "./gap-riemann-sum.ts";
import { gaussLegendre, leftRiemannSum } from "./gauss-legendre.ts";
import { massSquares, scoreRange } from "./integral.ts";

/** n x n scores of which half of each row are B and the rest 0, and d equal columns of V that mark that half. */
function steep(n: number, d: number, B: number) {
	return {
		scores: Matrix.build(n, n, (_, l) => (l < n / 2 ? B : 0)),
		V: Matrix.build(n, d, (l) => (l < n / 2 ? 1 : 0)),
	};
}

describe("Lemma E.3", () => {
	test("inequality (9) misses the factor d: f is up to n d, and |f'| above the printed 8 n B for d of 32 columns", () => {
		const [n, d, B] = [8, 32, 10];
		const { value, slope } = attentionMass(steep(n, d, B));
		expect(value(1)).toBeGreaterThan(0.99 * n * d);
		const steepest = Math.max(...Array.from({ length: 101 }, (_, i) => Math.abs(slope(i / 100))));
		expect(steepest).toBeGreaterThan(8 * n * B);
		expect(steepest).toBeLessThanOrEqual((n * d * B) / 2);
	});

	test("|f'| <= n d_V B / 2 and |f''| <= (5/8) n d_V B², for every λ and without the half-row hypothesis", () => {
		const random = seededRandom(1, "scores");
		for (const [n, d, B] of [
			[5, 1, 3],
			[9, 4, 20],
			[16, 2, 0.5],
		] as const) {
			const random01 = () => random.uniform(0, 1);
			const instances = [
				steep(n, d, B),
				{
					scores: Matrix.build(n, n, () => B * random01()),
					V: Matrix.build(n, d, () => (random01() < 0.4 ? 1 : 0)),
				},
			];
			for (const instance of instances) {
				const { slope, curvature } = attentionMass(instance);
				for (let lambda = -3; lambda <= 3; lambda += 0.05) {
					expect(Math.abs(slope(lambda))).toBeLessThanOrEqual((n * d * B) / 2);
					expect(Math.abs(curvature(lambda))).toBeLessThanOrEqual((5 / 8) * n * d * B * B);
				}
			}
		}
	});

	test("the entries of A start at 0, not at 1 as the proof has them: zero scores are within the lemma", () => {
		const { value, slope } = attentionMass({ scores: Matrix.zeros(4, 4), V: steep(4, 1, 1).V });
		expect(value(0)).toBe(1);
		expect(value(1)).toBe(1);
		expect(slope(0.5)).toBe(0);
	});
});

test("Lemma E.4: the left sum of m terms is off by at most max|f''| / m", () => {
	for (const B of [2, 15]) {
		const n = 12;
		const { value, slope } = attentionMass(steep(n, 1, B));
		for (const m of [1, 5, 50]) {
			const { nodes, weights } = leftRiemannSum(m);
			const sum = nodes.reduce((total, node, i) => total + weights[i] * slope(node), 0);
			expect(Math.abs(sum - (value(1) - value(0)))).toBeLessThanOrEqual(((5 / 8) * n * B * B) / m);
		}
	}
});

describe("Theorem E.5", () => {
	const n = 6;
	const random = seededRandom(3, "E.5");
	const matrix = () => Matrix.build(n, n, () => random.uniform(-1, 1));
	const [A1, A2, A3, zero, one] = [matrix(), matrix(), matrix(), Matrix.zeros(n, n), Matrix.identity(n)];
	const slopeAt = (lambda: number, change: { A1?: Matrix; A2?: Matrix; A3?: Matrix; E?: Matrix }) => {
		const X = Matrix.build(n, n, (i, j) => (i === j ? lambda : 0));
		return 2 * trace(denseGradient(createProblem({ A1, A2, A3, E: zero, X, Y: one, ...change })).gradient);
	};
	const scores = scale(multiply(A1, A2, { transposeB: true }), 1 / n);

	test("E = 0 is meant: f'(λ) = 2 tr dL/dX holds for it, and for no other target", () => {
		const { slope } = attentionMass({ scores, V: A3 });
		for (const lambda of [0, 0.4, 1]) {
			expect(slopeAt(lambda, {})).toBeCloseTo(slope(lambda), 10);
			expect(Math.abs(slopeAt(lambda, { E: one }) - slope(lambda))).toBeGreaterThan(1e-3);
		}
	});

	test("the printed B = 0 leaves nothing to compute: every gradient is zero", () => {
		for (const change of [{ A1: zero }, { A2: zero }]) expect(slopeAt(0.5, change)).toBeCloseTo(0, 15);
		expect(maxAbs(scores)).toBeGreaterThan(0.1);
	});

	test("f(0) is that of M_0 = exp(0 · A), all ones, not of M_f: the squares of the means of V's columns", () => {
		const means = Array.from({ length: n }, (_, b) => Array.from({ length: n }, (_, l) => A3.at(l, b) / n));
		const expected = n * means.reduce((sum, column) => sum + column.reduce((x, y) => x + y, 0) ** 2, 0);
		expect(attentionMass({ scores, V: A3 }).value(0)).toBeCloseTo(expected, 12);
	});

	test("the accounting as printed does not decide: O(log⁴ n) terms miss f(1) by more than half of the gap", async () => {
		const source = plantedGap({ n: 16, yes: true, seed: 1 });
		const { target, back } = gapRiemannSum.reduce(source);
		const { value, slope } = massSquares(source);
		const missed = back(await exactOracle().ask(target)).value - value(1);
		expect(missed).toBeLessThan(-1 / 2);
		// it is no slack: the error is (f'(0) - f'(1)) / 2m to a tenth, and f'(0) is of order n B_A
		const predicted = (slope(0) - slope(1)) / (2 * target.sizes.calls);
		expect(Math.abs(missed / predicted - 1)).toBeLessThan(0.1);
		expect(-slope(0) / (16 * scoreRange(source))).toBeGreaterThan(0.05);
		// the repair: a dozen Gauss-Legendre nodes
		const { nodes, weights } = gaussLegendre(12);
		const integral = nodes.reduce((sum, node, i) => sum + weights[i] * slope(node), 0);
		expect(Math.abs(value(0) + integral - value(1))).toBeLessThan(1 / 8);
	});
});
