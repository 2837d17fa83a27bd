import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbs, multiply, transpose } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { profileOn } from "../method/method-of.ts";
import { gaussOfDegree } from "./gauss-gradient.ts";
import { constantsOf, gaussRequest } from "./gauss-request.ts";
import { predictGaussBound } from "./predicted-bound.ts";
import { sampleScores } from "./score-sample.ts";

const runtime = await createRuntime({ threads: 1 });
// So few rows and keys are all in their sample.
const [n, d] = [40, 3];
const problem = generateProblem({ distribution: "gaussian", n, d, B: 0.8, seed: 5 });
const profile = await profileOn(problem, runtime);

test("the rows of a sample that has all rows and keys add up to the exact gradient", async () => {
	const request = gaussRequest(problem, profile, runtime, "v2");
	const { rows } = sampleScores(problem, request);
	expect(rows).toHaveLength(n);
	const { gradient } = await streamingGradient(problem);
	// Keys are in the frame: each row of the gradient is times the map of keys.
	const expected = multiply(gradient, transpose(request.space.frame.keyMap));
	const got = Matrix.build(
		d,
		d,
		(a, i) => problem.scale * rows.reduce((sum, { input, gradient: row }) => sum + input[a] * row[i], 0),
	);
	for (let a = 0; a < d; a++)
		for (let i = 0; i < d; i++)
			expect(Math.abs(got.at(a, i) - expected.at(a, i))).toBeLessThan(1e-12 * maxAbs(expected));
});

test.each(["l1", "v2", "vd"] as const)(
	"from all rows and keys the bound of a run in the form %s is predicted within 10 %%, with few power sums and with many",
	async (form) => {
		const request = gaussRequest(problem, profile, runtime, form);
		const sample = sampleScores(problem, request);
		for (const degree of [12, 1, 3, 4, 9, 14]) {
			const { certificate } = await gaussOfDegree(request, degree);
			const { bound } = predictGaussBound(sample, request, constantsOf(request, degree));
			expect(bound / (certificate?.bound ?? Number.NaN)).toBeGreaterThan(0.9);
			expect(bound / (certificate?.bound ?? Number.NaN)).toBeLessThan(1.1);
		}
	},
);
