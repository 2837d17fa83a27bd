import {
	type AttentionLayer,
	asDtype,
	computeOutput,
	createProblem,
	generateProblem,
	projectedLayer,
	runLayers,
} from "@attgrad/attention-problem";
import { arbitraryProblem } from "@attgrad/attention-problem/testing";
import { attentionLayers, exactForward, streamingForward } from "@attgrad/exact-gradient";
import {
	availableKernels,
	ComputationError,
	createRuntime,
	Matrix,
	maxAbs,
	maxAbsDifference,
	type Runtime,
	seededRandom,
	UsageError,
} from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { moved } from "../testing/problems.ts";
import { outOfCore } from "../testing/run.ts";
import { polynomialForward, prepareForward } from "./polynomial-forward.ts";

const runtimes = await Promise.all((await availableKernels()).map((kernel) => createRuntime({ kernel, threads: 2 })));
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));

const chosen = (options: z.input<typeof polynomialForward.options>) => ({
	algorithm: polynomialForward,
	options: polynomialForward.options.parse(options),
});

async function exactOutput(layer: AttentionLayer): Promise<Matrix> {
	const { n, d } = layer;
	const output = Matrix.zeros(n, d);
	const wide = asDtype({ ...layer, E: Matrix.zeros(n, d, layer.A1.dtype) }, "f64");
	await streamingForward(wide, (from, rows) => output.data.set(rows.data, from * d));
	return output;
}

/** Rounding of the exact output: a score by (2d + 4) u times its terms, and so twice a weight; sums of n and of d terms. */
const referenceRounding = ({ n, d, A1, A2, A3, X, Y, scale }: AttentionLayer): number => {
	const score = scale * d * d * maxAbs(A1) * maxAbs(X) * maxAbs(A2);
	return 2 ** -53 * (2 * (2 * d + 4) * score + 2 * n + 2 * d + 8) * d * maxAbs(A3) * maxAbs(Y);
};

/** The bound, or undefined where the algorithm says why not. */
async function expectSound(
	layer: AttentionLayer,
	options: z.input<typeof polynomialForward.options>,
	runtime: Runtime,
): Promise<number | undefined> {
	try {
		const { output, certificate } = await computeOutput(polynomialForward, layer, options, runtime);
		const error = maxAbsDifference(output, await exactOutput(layer));
		expect(certificate!.bound).toBeGreaterThanOrEqual(certificate!.floatFloor);
		expect(error).toBeLessThanOrEqual(certificate!.bound + referenceRounding(layer));
		return certificate!.bound;
	} catch (error) {
		if (!(error instanceof ComputationError)) throw error;
		expect(error.message).toMatch(/^[a-z].*/);
		return undefined;
	}
}

/** All mass on extreme scores, and values of the keys' signs: errors of one row add up instead of cancelling. */
const adversarial = fc
	.record({
		n: fc.constantFrom(1, 2, 3, 16, 63, 65),
		d: fc.integer({ min: 1, max: 4 }),
		B: fc.constantFrom(0.1, 0.7, 1.5, 2.5),
		signs: fc.array(fc.constantFrom(-1, 1), { minLength: 65, maxLength: 65 }),
	})
	.map(({ n, d, B, signs }) =>
		projectedLayer({
			Q: Matrix.build(n, d, (j) => (j % 3 === 0 ? B : -B)),
			K: Matrix.build(n, d, (l) => B * signs[l]!),
			V: Matrix.build(n, d, (l, i) => signs[l]! * (i + 1)),
		}),
	);

describe.each(runtimes.map((runtime) => [runtime.kernel, runtime] as const))("the output on %s", (kernel, runtime) => {
	const runs = kernel === "js" ? 80 : 40;

	test("is within its certificate at every degree, on problems of every distribution", async () => {
		const problems = fc.oneof(...[0.3, 1, 2].map((B) => arbitraryProblem({ B, maxN: 70, maxD: 4 })));
		const property = fc.asyncProperty(problems, fc.integer({ min: 0, max: 12 }), async (problem, degree) => {
			await expectSound(problem, { degree }, runtime);
		});
		await fc.assert(property, { numRuns: runs, seed: 1 });
	});

	test("is within its certificate where errors align, for every basis", async () => {
		const basis = fc.constantFrom("taylor" as const, "chebyshev" as const, "minimax" as const, "gauss" as const);
		const property = fc.asyncProperty(adversarial, fc.integer({ min: 0, max: 9 }), basis, async (layer, degree, of) => {
			await expectSound(layer, { degree, basis: of }, runtime);
		});
		await fc.assert(property, { numRuns: runs, seed: 2 });
	});

	test("the certificate is at most the epsilon asked for", async () => {
		const problems = arbitraryProblem({ B: 1, maxN: 70, maxD: 3, among: ["uniform", "biased", "clustered"] });
		const property = fc.asyncProperty(problems, fc.constantFrom(1e-2, 1e-6, 1e-9), async (problem, epsilon) => {
			const bound = await expectSound(problem, { epsilon }, runtime);
			if (bound !== undefined) expect(bound).toBeLessThanOrEqual(epsilon);
			return bound !== undefined;
		});
		await fc.assert(property, { numRuns: runs / 2, seed: 3 });
	});

	test("single precision is within its certificate, and says what it cannot certify", async () => {
		for (const distribution of ["uniform", "heavy-tailed"]) {
			const problem = generateProblem({ distribution, n: 111, d: 3, B: 0.5, seed: 4, dtype: "f32" });
			expect(await expectSound(problem, { degree: 6 }, runtime)).toBeGreaterThan(2 ** -24);
		}
		const easy = generateProblem({ distribution: "uniform", n: 111, d: 3, B: 0.5, seed: 4, dtype: "f32" });
		await expect(computeOutput(polynomialForward, easy, { epsilon: 1e-9 }, runtime)).rejects.toThrow(
			/no degree certifies/,
		);
	});

	test("one token gives its value, equal keys the mean of the values, whatever the degree", async () => {
		const { A1, A3 } = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1, seed: 2 });
		const one = projectedLayer({ Q: A1.slice(0, 1), K: A1.slice(0, 1), V: A3.slice(0, 1) });
		const equal = projectedLayer({ Q: A1, K: Matrix.build(63, 2, (_, b) => 0.5 - b), V: A3 });
		for (const layer of [one, equal]) expect(await expectSound(layer, { degree: 0 }, runtime)).toBeLessThan(1e-13);
	});

	test("ties and keys with a common offset change nothing", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 64, d: 3, B: 1, seed: 9 });
		const tied = { ...problem, A2: Matrix.build(64, 3, (l, b) => problem.A2.at(l % 4, b)) };
		expect(await expectSound(tied, { epsilon: 1e-8 }, runtime)).toBeLessThanOrEqual(1e-8);
		expect(await expectSound(moved(problem, 2 ** 10), { epsilon: 1e-8 }, runtime)).toBeLessThanOrEqual(1e-8);
	});

	test("scores of ±700 are refused with what could be certified, or their rows are exact", async () => {
		const { A1, A2, A3 } = generateProblem({ distribution: "uniform", n: 16, d: 2, B: 1, seed: 1 });
		const huge = projectedLayer({ Q: A1, K: A2, V: A3 }, 1400);
		const one = { epsilon: 1e-6, basis: "chebyshev" as const };
		await expect(computeOutput(polynomialForward, huge, one, runtime)).rejects.toThrow(ComputationError);
		const { exactRows } = await computeOutput(polynomialForward, huge, { epsilon: 1e-6 }, runtime);
		expect(exactRows).toBeGreaterThan(0);
		expect(await expectSound(huge, { epsilon: 1e-6 }, runtime)).toBeLessThanOrEqual(1e-6);
	});

	test("rows from a source give what matrices in memory give", async () => {
		const problem = generateProblem({ distribution: "biased", n: 300, d: 3, B: 1, seed: 6 });
		const { output, ...rest } = await computeOutput(polynomialForward, problem, { degree: 5 }, runtime);
		expect(await computeOutput(polynomialForward, outOfCore(problem), { degree: 5 }, runtime)).toEqual({
			output,
			...rest,
		});
	});

	test("layers in a row are within the error that is carried through all of them", async () => {
		const random = seededRandom(11);
		const square = () => Matrix.build(3, 3, () => random.uniform(-1, 1));
		const layers = [1, 2, 3].map(() => ({ Q: square(), K: square(), V: square() }));
		const input = Matrix.build(120, 3, () => random.uniform(-1, 1));
		const exact = attentionLayers(layers, input).at(-1)!;
		for (const degree of [2, 4, 8]) {
			const last = Matrix.zeros(120, 3);
			const runs = await runLayers(chosen({ degree }), input, layers, undefined, runtime, (from, rows) =>
				last.data.set(rows.data, from * 3),
			);
			const bound = runs.at(-1)!.throughError!;
			expect(bound).toBeGreaterThan(runs.at(-1)!.certificate!.bound);
			expect(maxAbsDifference(last, exact)).toBeLessThanOrEqual(bound + 1e-13);
			if (degree === 8) expect(bound).toBeLessThan(1e-4);
		}
	});
});

test("exact layers claim no error", async () => {
	const input = Matrix.build(5, 2, (i, j) => i - j);
	const weights = { Q: Matrix.identity(2), K: Matrix.identity(2), V: Matrix.identity(2) };
	const exact = { algorithm: exactForward, options: {} };
	const [run] = await runLayers(exact, input, [weights], undefined, runtimes[0]!, () => {});
	expect(run).toEqual({});
});

test("a plan is the degree that the run takes", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 200, d: 3, B: 1, seed: 6 });
	const plan = await prepareForward(problem, 1e-5, runtimes[0]!);
	expect(
		await computeOutput(polynomialForward, problem, { basis: "chebyshev", epsilon: 1e-5 }, runtimes[0]!),
	).toMatchObject({
		degree: plan.degree,
		rank: plan.rank,
	});
	expect(plan.bound).toBeLessThanOrEqual(1e-5);
});

test("degree and epsilon together, and features that do not fit, are wrong calls", async () => {
	expect(polynomialForward.options.safeParse({ degree: 3, epsilon: 1e-3 }).success).toBe(false);
	const wide = createProblem({
		...Object.fromEntries(["A1", "A2", "A3", "E"].map((name) => [name, Matrix.zeros(2, 60)])),
		...{ X: Matrix.identity(60), Y: Matrix.identity(60) },
	} as Parameters<typeof createProblem>[0]);
	await expect(computeOutput(polynomialForward, wide, { degree: 30 }, runtimes[0]!)).rejects.toThrow(UsageError);
});
