import { loss, scaledQueries, values } from "@attgrad/attention-problem";
import { Matrix, multiply, seededRandom, subtract } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { attentionForward, attentionLayer, attentionLayers } from "./attention.ts";
import { awkwardSizes, instance } from "./testing/instances.ts";

/** D⁻¹ exp(factor · Q Kᵀ) V entry by entry, straight from the definition; scores must stay below 700. */
function doubleLoop(Q: Matrix, K: Matrix, V: Matrix, factor: number): Matrix {
	const made = Matrix.zeros(Q.rows, V.cols);
	for (let j = 0; j < Q.rows; j++) {
		let normaliser = 0;
		for (let l = 0; l < K.rows; l++) {
			let score = 0;
			for (let b = 0; b < Q.cols; b++) score += Q.at(j, b) * K.at(l, b);
			const weight = Math.exp(factor * score);
			normaliser += weight;
			for (let i = 0; i < V.cols; i++) made.data[j * V.cols + i] += weight * V.at(l, i);
		}
		for (let i = 0; i < V.cols; i++) made.data[j * V.cols + i] /= normaliser;
	}
	return made;
}

const random = seededRandom(41);
const uniform = (rows: number, cols: number) => Matrix.build(rows, cols, () => random.uniform(-1, 1));
// m positive weights and as many values of size <= 1: both sides round by at most (2 m + 4 d + 10) u < 1e-13
const closeness = { atol: 1e-13 };

describe("attentionForward", () => {
	test.each(awkwardSizes)("is the double loop at n = %d", (n) => {
		for (const [d, k] of [
			[1, 1],
			[3, 5],
			[7, 2],
		] as const) {
			const [Q, K, V] = [uniform(n, d), uniform(n, d), uniform(n, k)];
			expect(attentionForward(Q, K, V, 1)).toBeAllclose(doubleLoop(Q, K, V, 1), closeness);
			expect(attentionForward(Q, K, V, 1 / d)).toBeAllclose(doubleLoop(Q, K, V, 1 / d), closeness);
		}
	});

	test("takes fewer or more queries than keys, and none", () => {
		const [K, V] = [uniform(9, 2), uniform(9, 3)];
		for (const n of [0, 1, 40]) {
			const Q = uniform(n, 2);
			expect(attentionForward(Q, K, V, 0.5)).toBeAllclose(doubleLoop(Q, K, V, 0.5), closeness);
		}
	});

	test("every output row is a mean of the values, whatever the scores", () => {
		const V = uniform(20, 3);
		for (const size of [700, 1e5]) {
			const output = attentionForward(uniform(20, 2), uniform(20, 2), V, size);
			for (let i = 0; i < 3; i++) {
				const column = Array.from({ length: 20 }, (_, l) => V.at(l, i));
				for (let j = 0; j < 20; j++) {
					expect(output.at(j, i)).toBeLessThanOrEqual(Math.max(...column) + 1e-15);
					expect(output.at(j, i)).toBeGreaterThanOrEqual(Math.min(...column) - 1e-15);
				}
			}
		}
	});

	test("its residual gives the loss", () => {
		const problem = instance({ n: 15, d: 3 });
		const output = attentionForward(scaledQueries(problem), problem.A2, values(problem), 1);
		const residual = subtract(output, problem.E).data;
		let total = 0;
		for (const c of residual) total += 0.5 * c * c;
		expect(Math.abs(total - loss(problem))).toBeLessThanOrEqual(1e-13 * total);
	});

	test("reads single precision and gives double", () => {
		const [Q, K, V] = [uniform(5, 2).as("f32"), uniform(5, 2).as("f32"), uniform(5, 2).as("f32")];
		const output = attentionForward(Q, K, V, 1);
		expect(output.dtype).toBe("f64");
		expect(output).toBeAllclose(doubleLoop(Q, K, V, 1), closeness);
	});

	test("shapes that do not fit are refused", () => {
		expect(() => attentionForward(uniform(2, 3), uniform(4, 2), uniform(4, 2), 1)).toThrow("got 2 x 3, 4 x 2, 4 x 2");
		expect(() => attentionForward(uniform(2, 2), uniform(4, 2), uniform(3, 2), 1)).toThrow("got 2 x 2, 4 x 2, 3 x 2");
		expect(() => attentionForward(uniform(2, 2), uniform(0, 2), uniform(0, 2), 1)).toThrow("m >= 1");
		expect(() => attentionForward(uniform(2, 2), uniform(2, 2), uniform(2, 2), Number.NaN)).toThrow("factor");
	});
});

describe("attention layers", () => {
	const weights = () => ({ Q: uniform(3, 3), K: uniform(3, 3), V: uniform(3, 3) });

	test("Definition 1.1: a layer is D⁻¹ exp(E Q Kᵀ Eᵀ / d) E V", () => {
		const input = uniform(11, 3);
		const { Q, K, V } = weights();
		const queries = multiply(input, multiply(Q, K, { transposeB: true }));
		expect(attentionLayer({ Q, K, V }, input)).toBeAllclose(
			doubleLoop(queries, input, multiply(input, V), 1 / 3),
			closeness,
		);
	});

	test("layers in a row feed each other and all outputs are given", () => {
		const input = uniform(11, 3);
		const layers = [weights(), weights(), weights()];
		const outputs = attentionLayers(layers, input);
		expect(outputs).toHaveLength(3);
		let expected = input;
		for (const [at, { Q, K, V }] of layers.entries()) {
			expected = doubleLoop(multiply(expected, Q), multiply(expected, K), multiply(expected, V), 1 / 3);
			expect(outputs[at]).toBeAllclose(expected, closeness);
		}
	});

	test("no layers give no outputs", () => {
		expect(attentionLayers([], uniform(2, 3))).toEqual([]);
	});
});
