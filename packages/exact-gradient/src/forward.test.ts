import { type AttentionLayer, asDtype, computeOutput, projectedLayer, runLayers } from "@attgrad/attention-problem";
import {
	availableKernels,
	ComputationError,
	columnSums,
	createRuntime,
	Matrix,
	maxAbs,
	maxAbsDifference,
	type RowSource,
	seededRandom,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { attentionForward, attentionLayers } from "./attention.ts";
import { exactForward } from "./forward.ts";
import { awkwardSizes, exactScores, instance } from "./testing/instances.ts";

const chosen = { algorithm: exactForward, options: {} };
const runtimes = await Promise.all((await availableKernels()).map((kernel) => createRuntime({ kernel, threads: 2 })));
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));

const behindRows = (matrix: Matrix): RowSource => ({
	rows: matrix.rows,
	cols: matrix.cols,
	dtype: matrix.dtype,
	readRows: (from, to, target) => matrix.readRows(from, to, target),
});

/** D⁻¹ exp(scale · A1 X A2ᵀ) A3 Y entry by entry; scores must stay below 700. */
function definition({ n, d, A1, A2, A3, X, Y, scale }: AttentionLayer): Matrix {
	return Matrix.build(n, d, (j, i) => {
		let [sum, normaliser] = [0, 0];
		for (let l = 0; l < n; l++) {
			let score = 0;
			let value = 0;
			for (let a = 0; a < d; a++) {
				for (let b = 0; b < d; b++) score += A1.at(j, a) * X.at(a, b) * A2.at(l, b);
				value += A3.at(l, a) * Y.at(a, i);
			}
			const weight = Math.exp(scale * score);
			sum += weight * value;
			normaliser += weight;
		}
		return sum / normaliser;
	});
}

describe.each(runtimes.map((runtime) => [runtime.kernel, runtime] as const))("the exact output on %s", (_, runtime) => {
	test.each(awkwardSizes.flatMap((n) => ([1, 4, 5] as const).map((d) => [n, d] as const)))(
		"is the definition at n = %d, d = %d",
		async (n, d) => {
			const problem = instance({ n, d });
			const { output } = await computeOutput(exactForward, problem, {}, runtime);
			// |scores| <= d: weights err relatively by (4 d² + n) u, values are at most d: 300 · 25 u
			expect(output).toBeAllclose(definition(problem), { atol: (n + 4 * d * d) * d * 2 ** -51 });
		},
	);

	test("single precision gives single precision, within n · u", async () => {
		const problem = asDtype(instance({ n: 111, d: 3 }), "f32");
		const { output } = await computeOutput(exactForward, problem, {}, runtime);
		expect(output.dtype).toBe("f32");
		const expected = definition(asDtype(problem, "f64"));
		expect(maxAbsDifference(output, expected)).toBeLessThanOrEqual(200 * unitRoundoff("f32") * maxAbs(expected));
	});

	test.each([700, 1e5])("scores of ±%d neither overflow nor lose a row", async (size) => {
		const problem = exactScores({ n: 65, d: 3, size });
		const { output } = await computeOutput(exactForward, problem, {}, runtime);
		const h = attentionForward(problem.A1, problem.A2, problem.A3, problem.X.at(0, 0));
		// scores are exact: what is left is the rounding of sums
		for (let j = 0; j < 65; j++)
			for (let i = 0; i < 3; i++) {
				const expected = [0, 1, 2].reduce((sum, a) => sum + h.at(j, a) * problem.Y.at(a, i), 0);
				expect(Math.abs(output.at(j, i) - expected)).toBeLessThanOrEqual(1e-13);
			}
	});

	test("one token gives its value, and equal keys the mean of the values", async () => {
		const { A1, A3 } = instance({ n: 9, d: 2 });
		const one = projectedLayer({ Q: A1.slice(0, 1), K: A1.slice(0, 1), V: A3.slice(0, 1) });
		expect((await computeOutput(exactForward, one, {}, runtime)).output).toBeAllclose(A3.slice(0, 1), { rtol: 1e-15 });
		const equal = projectedLayer({ Q: A1, K: Matrix.build(9, 2, () => 0.3), V: A3 });
		const mean = Matrix.build(9, 2, (_, i) => columnSums(A3)[i] / 9);
		expect((await computeOutput(exactForward, equal, {}, runtime)).output).toBeAllclose(mean, { atol: 1e-15 });
	});

	test("rows from a source give what matrices in memory give, in order and each once", async () => {
		const problem = instance({ n: 257, d: 3 });
		const { A1, A2, A3 } = problem;
		const streamed = { ...problem, A1: behindRows(A1), A2: behindRows(A2), A3: behindRows(A3) };
		let next = 0;
		const seen = Matrix.zeros(257, 3);
		await exactForward.run(streamed, {}, runtime, (from, rows) => {
			expect(from).toBe(next);
			next += rows.rows;
			seen.data.set(rows.data, from * 3);
		});
		expect(next).toBe(257);
		expect(seen).toEqual((await computeOutput(exactForward, problem, {}, runtime)).output);
	});

	test("an entry that is not finite is a failure that names the row", async () => {
		const problem = instance({ n: 6, d: 2 });
		const bad = problem.A1.copy();
		bad.data[7] = Number.NaN;
		const run = computeOutput(exactForward, { ...problem, A1: behindRows(bad) }, {}, runtime);
		await expect(run).rejects.toThrow(ComputationError);
		await expect(run).rejects.toThrow("row 3 is not finite");
	});

	test("layers in a row are attentionLayers", async () => {
		const random = seededRandom(5);
		const square = () => Matrix.build(3, 3, () => random.uniform(-1, 1));
		const input = Matrix.build(70, 3, () => random.uniform(-1, 1));
		const layers = [1, 2, 3].map(() => ({ Q: square(), K: square(), V: square() }));
		const last = Matrix.zeros(70, 3);
		const runs = await runLayers(chosen, input, layers, undefined, runtime, (from, rows) =>
			last.data.set(rows.data, from * 3),
		);
		expect(runs).toHaveLength(3);
		expect(last).toBeAllclose(attentionLayers(layers, input).at(-1), { atol: 1e-13 });
	});
});
