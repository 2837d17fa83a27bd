import {
	type AttentionProblem,
	asDtype,
	createProblem,
	generateProblem,
	matrixNames,
} from "@attgrad/attention-problem";
import { ExactMatrix, exactBackward, exactOutput } from "@attgrad/attention-problem/reference";
import { ComputationError, createRuntime, Matrix, seededRandom } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { polynomialProblemGradients } from "./polynomial-problem-gradients.ts";

const runtime = await createRuntime({ kernel: "js" });

/** Every gradient of a problem in whole-number arithmetic. */
function truthOf(problem: AttentionProblem): Record<(typeof matrixNames)[number], ExactMatrix> {
	const exact = (name: (typeof matrixNames)[number]) => ExactMatrix.of(problem[name]);
	const [A1, A2, A3, E, X, Y] = matrixNames.map(exact);
	const operands = { Q: A1!.times(X!), K: A2!, V: A3!.times(Y!), scale: problem.scale };
	const forward = exactOutput(operands);
	const dO = forward.output.minus(E!);
	const { dQ, dK, dV } = exactBackward(operands, forward, dO);
	return {
		X: A1!.transposed().times(dQ),
		Y: A3!.transposed().times(dV),
		A1: dQ.times(X!.transposed()),
		A2: dK,
		A3: dV.times(Y!.transposed()),
		E: E!.minus(forward.output),
	};
}

async function expectWithin(problem: AttentionProblem, degree: number): Promise<void> {
	const { gradients, bounds } = await polynomialProblemGradients(problem, matrixNames, { degree }, runtime);
	const truth = truthOf(problem);
	for (const name of matrixNames)
		expect(truth[name].distanceTo(gradients[name]!), name).toBeLessThanOrEqual(bounds[name]!);
}

describe("every gradient is within its bound", () => {
	test.each([1, 3, 7])("degree %i, at all sizes of entries", async (degree) => {
		await fc.assert(
			fc.asyncProperty(
				fc.record({
					n: fc.integer({ min: 1, max: 40 }),
					d: fc.integer({ min: 1, max: 3 }),
					seed: fc.integer(),
					power: fc.integer({ min: -12, max: 2 }),
					targets: fc.integer({ min: -8, max: 8 }),
				}),
				async ({ n, d, seed, power, targets }) => {
					const random = seededRandom(seed);
					const matrix = (rows: number, size: number) => Matrix.build(rows, d, () => size * random.uniform(-1, 1));
					const size = 2 ** power;
					await expectWithin(
						createProblem({
							...{ A1: matrix(n, size), A2: matrix(n, 1), A3: matrix(n, 2), E: matrix(n, 2 ** targets) },
							...{ X: matrix(d, 1), Y: matrix(d, 1) },
						}),
						degree,
					);
				},
			),
			{ numRuns: 25 },
		);
	});

	test("at keys far away, and in single precision", async () => {
		const problem = generateProblem({ distribution: "gaussian", n: 70, d: 2, B: 1, seed: 7 });
		const far = { ...problem, A2: Matrix.build(70, 2, (l, i) => problem.A2.at(l, i) + 100) };
		await expectWithin(far, 3);
		// the numbers as they are, which are of single precision
		await expectWithin({ ...asDtype(problem, "f32"), roundedFrom: undefined }, 5);
	});
});

test("epsilon and relative are kept by every gradient, and bounds are not far from the truth", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 200, d: 2, B: 1, seed: 2 });
	const truth = truthOf(problem);
	for (const asked of [{ epsilon: 1e-5 }, { relative: 1e-3 }, {}]) {
		const made = await polynomialProblemGradients(problem, matrixNames, asked, runtime);
		for (const name of matrixNames) {
			const [bound, gradient] = [made.bounds[name]!, made.gradients[name]!];
			const error = truth[name].distanceTo(gradient);
			expect(error, name).toBeLessThanOrEqual(bound);
			const largest = Math.max(...gradient.data.map(Math.abs));
			expect(bound).toBeLessThanOrEqual("epsilon" in asked ? 1e-5 : 1e-3 * largest);
			// a factor for the row's form of the bound, and one for signs that cancel
			expect(bound, name).toBeLessThanOrEqual(1e5 * error + 1e-12);
		}
	}
});

test("an error in the output is part of the bounds: a bad degree says so", async () => {
	const problem = generateProblem({ distribution: "gaussian", n: 300, d: 2, B: 1, seed: 5 });
	const [low, high] = [
		await polynomialProblemGradients(problem, ["E", "Y"], { degree: 1 }, runtime),
		await polynomialProblemGradients(problem, ["E", "Y"], { degree: 9 }, runtime),
	];
	expect(low.bounds.E).toBeGreaterThan(100 * high.bounds.E!);
	expect(Object.keys(low.gradients)).toEqual(["E", "Y"]);
	expect(Math.abs(low.loss - high.loss)).toBeLessThan(0.01 * high.loss);
});

test("dL/dY alone takes no backward pass, and is within a bound that is no less beside other gradients", async () => {
	for (const distribution of ["uniform", "gaussian", "clustered"]) {
		const problem = generateProblem({ distribution, n: 60, d: 3, B: 1, seed: 3 });
		for (const degree of [1, 3, 7]) {
			const [alone, beside] = [
				await polynomialProblemGradients(problem, ["Y"], { degree }, runtime),
				await polynomialProblemGradients(problem, ["Y", "A2"], { degree }, runtime),
			];
			expect(Object.keys(alone.gradients)).toEqual(["Y"]);
			for (const made of [alone, beside])
				expect(truthOf(problem).Y.distanceTo(made.gradients.Y!)).toBeLessThanOrEqual(made.bounds.Y!);
			expect(beside.bounds.Y).toBeLessThanOrEqual(alone.bounds.Y!);
			expect(alone.loss / beside.loss).toBeCloseTo(1, degree);
		}
	}
	const { bounds, gradients } = await polynomialProblemGradients(
		generateProblem({ distribution: "uniform", n: 200, d: 2, B: 1, seed: 2 }),
		["Y"],
		{ relative: 1e-6 },
		runtime,
	);
	expect(bounds.Y).toBeLessThanOrEqual(1e-6 * Math.max(...gradients.Y!.data.map(Math.abs)));
});

test("what no degree proves is told", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 50, d: 2, B: 1, seed: 2 });
	const asked = polynomialProblemGradients(problem, ["A1"], { epsilon: 1e-300 }, runtime);
	await expect(asked).rejects.toThrow(ComputationError);
	await expect(asked).rejects.toThrow(/^polynomial: no degree proves epsilon 1e-300; degree \d+ proves .* times that$/);
});

test("gradients that are zero: an absolute error is proved, and told", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 30, d: 2, B: 1, seed: 2 });
	const same = { ...problem, A2: Matrix.build(30, 2, () => 0.3) };
	const made = await polynomialProblemGradients(same, ["X", "Y"], { relative: 1e-3 }, runtime);
	expect(made.remark).toMatch(/^X cannot be told from zero: /);
	expect(made.bounds.X).toBeLessThanOrEqual(1e-6);
});
