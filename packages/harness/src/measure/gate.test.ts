import { findAlgorithm } from "@attgrad/algorithms";
import { type AnyGradientAlgorithm, asDtype, distributions, generateProblem } from "@attgrad/attention-problem";
import { ComputationError, createRuntime } from "@attgrad/matrix-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import tiny from "../testing/tiny-experiment.ts";
import { passGate, referenceGradient } from "./gate.ts";
import { roundingBound } from "./rounding-bound.ts";

const runtime = await createRuntime();
const problem = generateProblem({ distribution: "uniform", n: 63, d: 3, B: 1, seed: 5 });

const gate = (name: string, options = {}, instance = problem) =>
	passGate(findAlgorithm(name, [...tiny.algorithms!]).algorithm, instance, options, runtime);

const anyProblem = fc.record({
	distribution: fc.constantFrom(...distributions),
	n: fc.constantFrom(1, 2, 3, 63, 111),
	d: fc.integer({ min: 1, max: 5 }),
	B: fc.double({ min: 0.1, max: 6, noNaN: true }),
	seed: fc.nat(1000),
	dtype: fc.constantFrom("f64" as const, "f32" as const),
});

test("exact algorithms pass the gate on every kind of problem, in both number types", async () => {
	await fc.assert(
		fc.asyncProperty(anyProblem, fc.constantFrom("dense", "streaming"), async (instance, name) => {
			const { algorithm } = findAlgorithm(name);
			await passGate(algorithm, generateProblem(instance), algorithm.options.parse({}), runtime);
		}),
		{ numRuns: 60 },
	);
});

test("the bound on rounding is small against the gradient", async () => {
	const { gradient } = await referenceGradient(problem, { name: "dense" });
	const size = Math.max(...gradient.data.map(Math.abs));
	expect(roundingBound(problem, "f64").gradient / size).toBeLessThan(1e-8);
	expect(roundingBound(asDtype(problem, "f32"), "f32").gradient / size).toBeLessThan(1);
});

test("the reference is another method than the one under test", async () => {
	const calls: string[] = [];
	const { algorithm } = findAlgorithm("streaming");
	const watched: AnyGradientAlgorithm = {
		...algorithm,
		run: (...all) => {
			calls.push("streaming");
			return algorithm.run(...all);
		},
	};
	await passGate(watched, problem, algorithm.options.parse({}), runtime);
	expect(calls).toEqual(["streaming"]);
});

test("an exact algorithm that is off by more than rounding is refused", async () => {
	await expect(gate("wrong")).rejects.toThrow(ComputationError);
	await expect(gate("wrong")).rejects.toMatchObject({ status: "invalid" });
	await expect(gate("wrong")).rejects.toThrow(/^correctness gate at n = 63: gradient is off by 1\.00e-3, allowed \d/);
});

test("an approximate algorithm must keep its certificate", async () => {
	await expect(gate("rough")).resolves.toMatchObject({ max: expect.closeTo(1e-3, 9) });
	await expect(gate("boaster")).rejects.toThrow("gradient is off by 1.00e-3, allowed 1.00e-4");
});

test("an approximate algorithm must keep the epsilon that was asked for", async () => {
	await expect(gate("rough", { epsilon: 1e-2 })).resolves.toBeDefined();
	await expect(gate("rough", { epsilon: 1e-5 })).rejects.toThrow("allowed 1.00e-5");
});

test("an answer that is not a number is refused", async () => {
	await expect(gate("not-a-number")).rejects.toThrow("the loss is NaN");
});
