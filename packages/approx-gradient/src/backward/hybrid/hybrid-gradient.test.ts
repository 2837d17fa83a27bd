import { join } from "node:path";
import {
	type AttentionProblem,
	asDtype,
	createOperands,
	createProblem,
	distributions,
	generateProblem,
	headsOf,
	openOperands,
} from "@attgrad/attention-problem";
import { gradientByRows, truthOf } from "@attgrad/attention-problem/reference";
import { createRuntime, Matrix, materialise, maxAbs, maxAbsDifference, seededRandom } from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import { hybrid } from "../../feature-maps/index.ts";
import { fitsKernels } from "./hybrid-gradient.ts";
import { hybridOptions } from "./hybrid-options.ts";
import { hybridOperatorOutput } from "./hybrid-output.ts";

const kernels = await createRuntime({ threads: 1 });
const plain = await createRuntime({ kernel: "js" });
afterAll(async () => {
	await kernels.close();
	await plain.close();
});

const gradientAt = async (problem: AttentionProblem, rank: number, runtime = kernels) => {
	const { gradient, loss, certificate } = await hybrid.run(problem, hybrid.options.parse({ rank }), runtime);
	return { gradient, loss, bound: certificate?.bound ?? Number.NaN };
};

/** A head of the data, of its first rows. */
async function trainedHead(layer: string, index: number, n: number): Promise<AttentionProblem> {
	const file = join(import.meta.dirname, "../../../../../experiments/heads/data", `${layer}.npz`);
	const { operands, close } = await openOperands(file, { dtype: "f64" });
	const { Q, K, V } = headsOf(operands)[index];
	const [A1, A2, A3] = [Q, K, V].map((rows) => materialise(rows).slice(0, n));
	close();
	const random = seededRandom(index, "target");
	const E = Matrix.build(n, A3.cols, () => random.normal());
	const one = Matrix.identity(A1.cols);
	return createProblem({ A1, A2, A3, E, X: one, Y: one }, operands.scale);
}

test.each([
	["kernels", kernels],
	["plain TypeScript", plain],
] as const)("an epsilon that no rank proves is proved by all rows exactly, on %s", async (_, runtime) => {
	const problem = generateProblem({ distribution: "gaussian", n: 111, d: 3, B: 3, seed: 8 });
	const epsilon = 1e-7;
	expect((await gradientAt(problem, 64, runtime)).bound).toBeGreaterThan(epsilon);
	const { gradient, certificate } = await hybrid.run(problem, hybrid.options.parse({ epsilon }), runtime);
	expect(certificate?.bound).toBeLessThanOrEqual(epsilon);
	expect(truthOf(problem).gradient.distanceTo(gradient)).toBeLessThanOrEqual(certificate?.bound ?? 0);
	const out = hybrid.run(problem, hybrid.options.parse({ epsilon: 1e-17 }), runtime);
	await expect(out).rejects.toThrow(
		/^hybrid: epsilon 1e-17 is out of reach: rank \d+ of at most \d+, or all rows exactly, give/,
	);
});

test("kernels take what they hold; plain TypeScript, wide and very long problems go in blocks", () => {
	expect(fitsKernels({ n: 8192, d: 15 }, 512, kernels)).toBe(true);
	expect(fitsKernels({ n: 8192, d: 15 }, 512, plain)).toBe(false);
	expect(fitsKernels({ n: 8192, d: 33 }, 64, kernels)).toBe(false);
	expect(fitsKernels({ n: 1e7, d: 4 }, 64, kernels)).toBe(false);
});

test("a problem whose features do not fit into the kernels' memory goes in blocks", async () => {
	const problem = generateProblem({ distribution: "gaussian", n: 6000, d: 2, B: 1, seed: 3 });
	const small = await createRuntime({ threads: 1, memoryLimit: 2 ** 23 });
	const [own, other] = [await gradientAt(problem, 64), await gradientAt(problem, 64, small)];
	await small.close();
	// Sums in another order have other roundings: these are not the kernels of the whole problem.
	expect(other.gradient).not.toEqual(own.gradient);
	expect(maxAbsDifference(own.gradient, other.gradient)).toBeLessThan(1e-6 * maxAbs(own.gradient));
	expect(Math.abs(Math.log2(other.bound / own.bound))).toBeLessThan(1);
});

describe.each(["f64", "f32", "rounded"] as const)("%s: the gradient is within its bound of whole numbers", (type) => {
	test.each(distributions)("%s", async (distribution) => {
		for (const [at, n] of [1, 2, 3, 20, 63].entries())
			for (const B of [0.5, 3]) {
				const given = generateProblem({ distribution, n, d: 1 + (at % 4), B, seed: at });
				const problem = type === "f64" ? given : { ...asDtype(given, "f32") };
				const meant = type === "rounded" ? given : asDtype({ ...problem, roundedFrom: undefined }, "f64");
				const read = type === "rounded" ? problem : { ...problem, roundedFrom: undefined };
				const truth = truthOf(meant);
				for (const rank of [1, 4, 30]) {
					const { gradient, bound } = await gradientAt(read, rank);
					expect(truth.gradient.distanceTo(gradient), `n ${n}, B ${B}, rank ${rank}`).toBeLessThanOrEqual(bound);
				}
			}
	});
});

test.each([
	["text-recogniser-block1", 0],
	["text-recogniser-block1", 2],
	["text-recogniser-block2", 3],
] as const)("%s, head %d: within its bound, and as near as in plain TypeScript", async (layer, index) => {
	const short = await trainedHead(layer, index, 63);
	for (const rank of [2, 8, 32]) {
		const { gradient, bound } = await gradientAt(short, rank);
		expect(truthOf(short).gradient.distanceTo(gradient)).toBeLessThanOrEqual(bound);
	}
	const head = await trainedHead(layer, index, 700);
	const truth = gradientByRows(head);
	const size = maxAbs(truth.gradient);
	const [own, other] = [await gradientAt(head, 128), await gradientAt(head, 128, plain)];
	expect(maxAbsDifference(own.gradient, truth.gradient)).toBeLessThanOrEqual(own.bound);
	expect(maxAbsDifference(own.gradient, truth.gradient)).toBeLessThan(0.05 * size);
	expect(Math.abs(own.loss / truth.loss - 1)).toBeLessThan(1e-3);
	// rows that plain TypeScript computes exactly may not be exact here
	expect(own.bound).toBeLessThan(3 * other.bound);
});

test("an error of the output is part of the bound: targets that are the approximate output leave nothing else", async () => {
	const given = generateProblem({ distribution: "gaussian", n: 63, d: 3, B: 1, seed: 7 });
	const { A1, A2, A3, scale } = given;
	const one = Matrix.identity(3);
	for (const rank of [2, 4, 8]) {
		const operands = createOperands({ Q: A1, K: A2, V: A3 }, { scale });
		const { output, exactRows } = await hybridOperatorOutput(operands, hybridOptions.parse({ rank }), kernels);
		const problem = createProblem({ A1, A2, A3, E: output, X: one, Y: one }, scale);
		const { gradient, loss, bound } = await gradientAt(problem, rank);
		const error = truthOf(problem).gradient.distanceTo(gradient);
		expect(error).toBeLessThanOrEqual(bound);
		if (exactRows > 0) continue;
		// c̃ is rounding, and so is the gradient: all of the error is that of the output
		expect(loss).toBeLessThan(1e-20);
		expect(error).toBeGreaterThan(1e6 * maxAbs(gradient));
		expect(bound).toBeLessThan(1e4 * error);
	}
});
