import { attentionForward } from "@attgrad/exact-gradient";
import { frobeniusNorm, multiply, scale } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { attentionMass } from "./gap/attention-mass.ts";
import { hardAttention, separatingBeta } from "./hard-attention.ts";
import { BitMatrix } from "./instances/bit-matrix.ts";
import { plantedGap } from "./instances/closest-pair.ts";

const scoresOf = ({ Q, K }: ReturnType<typeof hardAttention>) =>
	scale(multiply(Q, K, { transposeB: true }), 1 / Q.cols);

/** The first eight rows of Sylvester's Hadamard matrix of size 16 after the constant one, as bits. */
const codewords = BitMatrix.build(8, 16, (i, c) => {
	let parity = 0;
	for (let bits = (i + 1) & c; bits > 0; bits &= bits - 1) parity ^= 1;
	return parity === 1;
});
const complements = BitMatrix.build(8, 16, (i, c) => codewords.at(i, c) === 0);

test("Lemma E.2: scores are in [0, range], half of each row is the range, V is 0 or 1", () => {
	for (const yes of [true, false]) {
		const source = plantedGap({ n: 8, yes, seed: 3 });
		const made = hardAttention(source, 20);
		const scores = scoresOf(made);
		expect(made.range).toBe(10);
		for (let j = 0; j < scores.rows; j++) {
			const row = Array.from(scores.row(j));
			expect(row.filter((score) => Math.abs(score - made.range) < 1e-12)).toHaveLength(row.length / 2);
			for (const score of row) expect(score).toBeGreaterThanOrEqual(0);
			expect(Math.max(...row)).toBeLessThan(made.range + 1e-12);
		}
		expect(new Set(made.V.data)).toEqual(new Set([0, 1]));
	}
});

test("f(1) is the squared norm of Definition E.1's attention, and tells a close pair from none", () => {
	const beta = 1.3 * separatingBeta({ n: 8, d0: 16, width: 8 });
	const close = BitMatrix.build(8, 16, (l, c) => (l === 7 ? codewords.at(3, c) === 1 : complements.at(l, c) === 1));
	const norms = [close, complements].map((b) => {
		const made = hardAttention({ a: codewords, b }, beta);
		const direct = frobeniusNorm(attentionForward(made.Q, made.K, made.V, 1 / made.Q.cols)) ** 2;
		expect(attentionMass({ scores: scoresOf(made), V: made.V }).value(1) / direct).toBeCloseTo(1, 10);
		return direct;
	});
	// paper.md 9.3 c
	expect(norms[0] / 4.24e-11).toBeCloseTo(1, 2);
	expect(norms[1] / 7.48e-13).toBeCloseTo(1, 2);
});

test("planted instances: YES above and NO below at the β that separates", () => {
	const n = 12;
	for (const yes of [true, false, false]) {
		const source = plantedGap({ n, yes, seed: 11 });
		const d0 = source.a.cols;
		const beta = separatingBeta({ n, d0, width: source.gap * source.threshold });
		const { Q, K, V, range } = hardAttention(source, beta);
		const root = frobeniusNorm(attentionForward(Q, K, V, 1 / Q.cols));
		const least = Math.exp((beta / 4) * (1 - source.threshold / d0) - range) / (2 * n);
		if (yes) expect(root).toBeGreaterThanOrEqual(least);
		else expect(root).toBeLessThan(least);
	}
});
