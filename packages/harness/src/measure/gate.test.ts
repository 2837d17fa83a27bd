import { findAlgorithm } from "@attgrad/algorithms";
import {
	type AnyGradientAlgorithm,
	type AttentionProblem,
	asDtype,
	distributions,
	generateProblem,
} from "@attgrad/attention-problem";
import { ComputationError, createRuntime, Matrix, materialise, maxAbs } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import tiny from "../testing/tiny-experiment.ts";
import { passGate, referenceGradient } from "./gate.ts";

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

test("the allowed rounding is small against the gradient", () => {
	const { gradient, rounding } = referenceGradient(problem);
	const size = maxAbs(gradient);
	expect(rounding("f64").gradient / size).toBeLessThan(1e-8);
	expect(rounding("f32").gradient / size).toBeLessThan(1);
});

describe("problems that algorithms get wrong together", () => {
	const plain = generateProblem({ distribution: "uniform", n: 20, d: 3, B: 1, seed: 6 });
	const matrix = (entry: (j: number, b: number) => number): Matrix => Matrix.build(20, 3, entry);
	const masked = (far: number): AttentionProblem => ({
		...plain,
		A1: matrix((j, b) => (b === 2 ? 1 : plain.A1.at(j, b))),
		A2: matrix((l, b) => (b < 2 ? plain.A2.at(l, b) : l % 2 === 0 ? 0 : -far)),
		X: Matrix.identity(3),
	});
	const problems: Record<string, AttentionProblem> = {
		...Object.fromEntries([1e4, 1e9, 1e15, 1e30].map((far) => [`keys masked by -${far}`, masked(far)])),
		"a column of another magnitude": {
			...plain,
			A2: matrix((l, b) => plain.A2.at(l, b) * (b === 1 ? 1e8 : 1)),
			X: Matrix.build(3, 3, (i, j) => (i !== j ? 0 : i === 1 ? 1e-8 : 1)),
		},
		"entries of all magnitudes": {
			...plain,
			A1: matrix((j, b) => plain.A1.at(j, b) * 10 ** ((7 * j + b) % 5)),
			A3: matrix((j, b) => plain.A3.at(j, b) * 10 ** ((3 * j + b) % 7)),
			X: Matrix.build(3, 3, (i, j) => (i === j ? 1e-4 : 0)),
		},
		"an outlier among the keys that no query sees": {
			...plain,
			A2: matrix((l, b) => (l === 0 && b === 2 ? 1e12 : plain.A2.at(l, b))),
			X: Matrix.build(3, 3, (i, j) => (i === j && i < 2 ? 1 : 0)),
		},
	};

	test.each(Object.entries(problems))("exact algorithms are right on %s", async (_, instance) => {
		for (const name of ["definition", "dense", "streaming"])
			for (const dtype of ["f64", "f32"] as const) {
				const { algorithm } = findAlgorithm(name);
				const { roundedFrom: _, ...given } = asDtype(instance, dtype);
				await passGate(algorithm, given, algorithm.options.parse({}), runtime);
			}
	});

	test("and one that takes keys about the middle of their range is refused", async () => {
		const { algorithm } = findAlgorithm("definition");
		const centred: AnyGradientAlgorithm = {
			...algorithm,
			run(given, options, on) {
				const A2 = materialise(given.A2);
				const column = (b: number): number[] => Array.from({ length: A2.rows }, (_, l) => A2.at(l, b));
				const middles = [0, 1, 2].map((b) => (Math.min(...column(b)) + Math.max(...column(b))) / 2);
				const shifted = Matrix.build(A2.rows, 3, (l, b) => A2.at(l, b) - middles[b]);
				return algorithm.run({ ...given, A2: shifted }, options, on);
			},
		};
		for (const far of [1e15, 1e30])
			await expect(passGate(centred, masked(far), algorithm.options.parse({}), runtime)).rejects.toThrow(
				"correctness gate",
			);
		await expect(passGate(centred, plain, algorithm.options.parse({}), runtime)).resolves.toBeDefined();
	});
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
