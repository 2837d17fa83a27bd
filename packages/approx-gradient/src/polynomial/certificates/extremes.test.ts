import { type AttentionProblem, asDtype, createProblem, generateProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { availableKernels, createRuntime, Matrix, scale } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { polynomial } from "../polynomial.ts";

const kernels = await availableKernels();

/** Expects a bound that holds, on every kernel. */
async function expectHeld(problem: AttentionProblem, options: object): Promise<void> {
	const truth = truthOf(asDtype(problem, "f64")).gradient;
	for (const kernel of kernels) {
		const runtime = await createRuntime({ kernel, threads: 1 });
		const { gradient, certificate } = await polynomial.run(problem, polynomial.options.parse(options), runtime);
		expect(certificate?.kind, kernel).toMatch(/^a-/);
		expect(truth.distanceTo(gradient), kernel).toBeLessThanOrEqual(certificate?.bound ?? 0);
	}
}

const given = generateProblem({ distribution: "uniform", n: 8, d: 2, B: 1, seed: 7 });

test("products of A1 and row gradients below the range of singles count in the coordinates that they are taken back to", async () => {
	const small = { ...given, A1: scale(given.A1, 1e-22), X: scale(given.X, 1e-24) };
	const { roundedFrom: _, ...single } = asDtype(small, "f32");
	for (const route of ["moment", "reverse"])
		for (const certificate of ["a-priori", "a-posteriori"]) await expectHeld(single, { degree: 1, route, certificate });
});

test("deviations of values whose squares are below the normal range are not taken as 0", async () => {
	const small = { ...given, A3: scale(given.A3, 1e-200), Y: scale(given.Y, 1e-70), E: scale(given.E, 1e5) };
	for (const degree of [4, 5, 6]) await expectHeld(small, { degree, route: "paper", basis: "taylor" });
});

test("norms whose squares leave the range are those of the coordinates", async () => {
	// Scores of 1e-9 from queries whose squares are 0 and keys whose squares are not infinite, and scores of 1 from both ends.
	const column = (size: number, seed: number): Matrix =>
		Matrix.build(6, 1, (j) => size * (1 + ((seed * j * j) % 5) / 7) * (j % 2 === 0 ? 1 : -1));
	const one = Matrix.identity(1);
	for (const [queries, keys] of [
		[1e-162, 1e153],
		[1e-200, 1e200],
		[1e200, 1e-200],
	] as const) {
		const A1 = column(queries, 1);
		const problem = createProblem({ A1, A2: column(keys, 2), A3: column(1, 3), E: column(1, 4), X: one, Y: one });
		for (const options of [{ degree: 0 }, { degree: 1 }, { degree: 3, basis: "gauss" }])
			await expectHeld(problem, options);
	}
});
