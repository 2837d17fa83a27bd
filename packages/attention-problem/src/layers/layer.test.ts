import { Matrix, materialise, maxAbsDifference, multiply, seededRandom, UsageError } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { loss } from "../problem/loss.ts";
import { carriedError } from "./carried-error.ts";
import { type AttentionLayer, type LayerWeights, projectedLayer, selfAttentionLayer, withoutTarget } from "./layer.ts";

const random = seededRandom(3);
const uniform = (rows: number, cols: number, size = 1) => Matrix.build(rows, cols, () => random.uniform(-size, size));
const weights = (d: number): LayerWeights => ({ Q: uniform(d, d), K: uniform(d, d), V: uniform(d, d) });

describe("layers", () => {
	test("a layer of Definition 1.1 attends its input with X = Q Kᵀ and Y = V", () => {
		const input = uniform(5, 3);
		const { Q, K, V } = weights(3);
		const layer = selfAttentionLayer(input, { Q, K, V });
		expect(layer).toMatchObject({ n: 5, d: 3, A1: input, A2: input, A3: input, Y: V, scale: 1 / 3 });
		expect(layer.X).toBeAllclose(multiply(Q, K, { transposeB: true }), { rtol: 1e-15, atol: 1e-16 });
	});

	test("without a target the loss is half the squared norm of the output", () => {
		const layer = projectedLayer({ Q: uniform(6, 2), K: uniform(6, 2), V: Matrix.build(6, 2, () => 3) });
		const problem = withoutTarget(layer);
		// every output is 3
		const E = materialise(problem.E);
		expect(loss({ ...(layer as AttentionLayer), E })).toBeCloseTo(0.5 * 12 * 9, 10);
	});

	test.each([
		["K", { Q: uniform(3, 2), K: uniform(4, 2), V: uniform(3, 2) }, "layer: K must be 3 x 2 (Q is 3 x 2), got 4 x 2"],
		["V", { Q: uniform(3, 2), K: uniform(3, 2), V: uniform(3, 2).as("f32") }, "layer: V is f32, Q is f64"],
		["Q", { Q: uniform(0, 2), K: uniform(0, 2), V: uniform(0, 2) }, "at least one row"],
		["NaN", { Q: uniform(1, 1), K: Matrix.fromRows([[Number.NaN]]), V: uniform(1, 1) }, "layer: K[0, 0] is NaN"],
	])("a wrong %s is refused", (_, given, message) => {
		expect(() => projectedLayer(given)).toThrow(UsageError);
		expect(() => projectedLayer(given)).toThrow(message);
	});

	test("a scale that is not above 0, and weights of another width, are refused", () => {
		expect(() => projectedLayer({ Q: uniform(2, 2), K: uniform(2, 2), V: uniform(2, 2) }, -1)).toThrow("got -1");
		expect(() => selfAttentionLayer(uniform(4, 2), weights(3))).toThrow(
			"layer: Q must be 2 x 2 (E is 4 x 2), got 3 x 3",
		);
	});
});

/** D⁻¹ exp(scale · E Q Kᵀ Eᵀ) E V entry by entry. */
function output(E: Matrix, { Q, K, V }: LayerWeights, scale: number): Matrix {
	const [q, k, v] = [multiply(E, Q), multiply(E, K), multiply(E, V)];
	const S = multiply(q, k, { transposeB: true });
	return Matrix.build(E.rows, E.cols, (j, i) => {
		const f = Array.from(S.row(j), (score) => Math.exp(scale * score));
		const D = f.reduce((a, b) => a + b);
		return f.reduce((sum, weight, l) => sum + weight * v.at(l, i), 0) / D;
	});
}

describe("the error that a layer carries on", () => {
	test("is never below what an error of its input does to its output", () => {
		const property = fc.property(
			fc.record({
				n: fc.integer({ min: 1, max: 12 }),
				d: fc.integer({ min: 1, max: 4 }),
				size: fc.constantFrom(0.2, 1, 3),
				beta: fc.constantFrom(1e-6, 1e-2, 0.3),
				shift: fc.constantFrom(0, 5),
				signs: fc.array(fc.constantFrom(-1, 1, 0.3), { minLength: 48, maxLength: 48 }),
				seed: fc.nat(),
			}),
			({ n, d, size, beta, shift, signs, seed }) => {
				const draw = seededRandom(seed);
				const make = (rows: number, bound: number) => Matrix.build(rows, d, () => draw.uniform(-bound, bound));
				const E = Matrix.build(n, d, () => shift + draw.uniform(-size, size));
				const layer = { Q: make(d, 1), K: make(d, 1), V: make(d, 1) };
				const off = Matrix.build(n, d, (j, i) => E.at(j, i) + beta * signs[(j * d + i) % 48]);
				const [near, far] = [output(E, layer, 1 / d), output(off, layer, 1 / d)];
				const moved = maxAbsDifference(near, far);
				expect(moved).toBeLessThanOrEqual(carriedError(E, layer, 1 / d, beta) + 1e-13);
			},
		);
		fc.assert(property, { numRuns: 400, seed: 1 });
	});

	test("is nothing for an exact input, falls with the error in proportion, and is infinite for an unknown one", () => {
		const [E, layer] = [uniform(9, 3), weights(3)];
		expect(carriedError(E, layer, 1 / 3, 0)).toBe(0);
		expect(carriedError(E, layer, 1 / 3, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
		// 2 tanh(σ/2) and β² are linear to one part in 10⁵ here
		expect(carriedError(E, layer, 1 / 3, 1e-6) / carriedError(E, layer, 1 / 3, 1e-8)).toBeCloseTo(100, 2);
	});
});
