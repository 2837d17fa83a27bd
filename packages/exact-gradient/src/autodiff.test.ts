import { type AttentionProblem, matrixNames } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";
import { init, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { beforeAll, describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { inputGradients } from "./input-gradients.ts";
import { streamingGradient } from "./streaming/streaming.ts";
import { instance } from "./testing/instances.ts";

type Arrays = Record<(typeof matrixNames)[number], np.Array>;

/** The loss of Definition 1.2 as jax-js sees it, and its gradients in every input by reverse-mode differentiation. */
function differentiate(problem: AttentionProblem): { loss: number; gradients: Record<string, Matrix> } {
	const lossOf = ({ A1, A2, A3, E, X, Y }: Arrays) => {
		const scores = np.matmul(np.matmul(A1, X), np.transpose(A2)).mul(problem.scale);
		const c = np.matmul(nn.softmax(scores, -1), np.matmul(A3, Y)).sub(E);
		return np.square(c).sum().mul(0.5);
	};
	const arrays = {} as Arrays;
	for (const name of matrixNames) {
		const { rows, cols, data } = problem[name];
		arrays[name] = np.array(Float64Array.from(data), { shape: [rows, cols], dtype: np.float64 });
	}
	const [loss, gradients] = valueAndGrad(lossOf)(arrays);
	const made: Record<string, Matrix> = {};
	for (const name of matrixNames) {
		const { rows, cols } = problem[name];
		made[name] = new Matrix(rows, cols, Float64Array.from(gradients[name].dataSync()));
	}
	return { loss: loss.dataSync()[0], gradients: made };
}

beforeAll(async () => {
	await init("wasm");
});

/** jax-js computes exp of float64 with the accuracy of single precision: every weight errs by some 5e-8, and few such errors add up. */
const closeness = { rtol: 1e-6 };

describe.each([
	{ n: 2, d: 1 },
	{ n: 7, d: 3 },
	{ n: 33, d: 5 },
])("reverse-mode differentiation, n = $n, d = $d", ({ n, d }) => {
	const problem = instance({ n, d, seed: 21 });
	const automatic = differentiate(problem);

	test("gives the gradient in X and Y and the loss", async () => {
		const { gradient, gradientY, loss } = await streamingGradient(problem);
		expect(gradient).toBeAllclose(automatic.gradients["X"], closeness);
		expect(gradientY).toBeAllclose(automatic.gradients["Y"], closeness);
		expect(Math.abs(automatic.loss - loss)).toBeLessThanOrEqual(1e-6 * loss);
	});

	test("gives the gradients in A1, A2, A3 and E", () => {
		for (const [name, gradient] of Object.entries(inputGradients(problem)))
			expect(gradient).toBeAllclose(automatic.gradients[name], closeness);
	});
});
