import { asDtype, generateProblem, matrixNames } from "@attgrad/attention-problem";
import { referenceCases } from "@attgrad/attention-problem/testing";
import { availableKernels, createRuntime, Matrix, maxAbs, multiply, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { denseIntermediates } from "../dense.ts";
import { problemGradients } from "./problem-gradients.ts";

describe.each(await availableKernels())("kernel %s", (kernel) => {
	test("gradients in X and Y are those of the reference cases", async () => {
		const runtime = await createRuntime({ kernel });
		for (const { name, problem, gradX, gradY, loss } of referenceCases().filter(({ problem }) => problem.n <= 200)) {
			const got = await problemGradients(problem, ["X", "Y"], runtime);
			// what the inputs' rounding to Q = A1 X and V = A3 Y leaves: a few roundings of sums of n terms
			const size = maxAbs(problem.A1) * maxAbs(problem.A2) * maxAbs(problem.A3) * maxAbs(problem.Y) * problem.scale;
			const atol = 64 * problem.n * problem.d ** 2 * 2 ** -53 * (1 + size) ** 2;
			expect(got.gradients.X?.as("f64"), name).toBeAllclose(gradX, { rtol: 1e-11, atol });
			expect(got.gradients.Y?.as("f64"), name).toBeAllclose(gradY, { rtol: 1e-11, atol });
			expect(Math.abs(got.loss - loss), name).toBeLessThanOrEqual(1e-11 * loss + atol);
		}
		await runtime.close();
	});

	test.each(["f64", "f32"] as const)("every gradient is the directional derivative of the loss, %s", async (dtype) => {
		const runtime = await createRuntime({ kernel });
		const problem = generateProblem({ distribution: "gaussian", n: 23, d: 3, B: 1, seed: 4 });
		const lossOf = (at: typeof problem) => {
			let sum = 0;
			for (const x of denseIntermediates(at).c.data) sum += 0.5 * x * x;
			return sum;
		};
		const rounded = asDtype(asDtype(problem, dtype), "f64");
		const { gradients } = await problemGradients(asDtype(problem, dtype), matrixNames, runtime);
		const random = seededRandom(9);
		for (const name of matrixNames) {
			const gradient = gradients[name] as Matrix;
			const along = Matrix.build(gradient.rows, gradient.cols, () => random.uniform(-1, 1));
			const h = 1e-5;
			const moved = (step: number) => {
				const M = rounded[name];
				return lossOf({
					...rounded,
					[name]: Matrix.build(M.rows, M.cols, (i, j) => M.at(i, j) + step * along.at(i, j)),
				});
			};
			const slope = multiply(
				new Matrix(1, along.data.length, along.data),
				new Matrix(along.data.length, 1, gradient.data as Float64Array),
			).at(0, 0);
			const difference = (moved(h) - moved(-h)) / (2 * h);
			const tolerance =
				(dtype === "f64" ? 1e-8 : 1e-4) * (1 + Math.abs(difference) + maxAbs(gradient) * along.data.length);
			expect(Math.abs(slope - difference), name).toBeLessThanOrEqual(tolerance);
		}
		await runtime.close();
	});
});

test("so many pairs that they would take days are refused with what would do", async () => {
	const runtime = await createRuntime({ kernel: "js" });
	const problem = generateProblem({ distribution: "gaussian", n: 4, d: 2, B: 1, seed: 1 });
	await expect(problemGradients({ ...problem, n: 1e8 }, ["A1"], runtime)).rejects.toThrow(
		/^streaming: 100000000 x 100000000 visible pairs would take about \d+ days; use --algorithm polynomial with --relative or --epsilon$/,
	);
});
