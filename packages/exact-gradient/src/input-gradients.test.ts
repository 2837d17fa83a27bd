import { multiply } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { denseIntermediates } from "./dense.ts";
import { inputGradients, weightGradients } from "./input-gradients.ts";
import { streamingGradient } from "./streaming/streaming.ts";
import { centralDifferences } from "./testing/central-differences.ts";
import { complexStepGradient } from "./testing/complex-loss.ts";
import { instance } from "./testing/instances.ts";

const names = ["A1", "A2", "A3", "E"] as const;

describe.each([
	{ n: 1, d: 1 },
	{ n: 2, d: 3 },
	{ n: 9, d: 2 },
])("with n = $n, d = $d", ({ n, d }) => {
	const problem = instance({ n, d, seed: 31 });
	const gradients = inputGradients(problem);

	test.each(names)("dL/d%s is the complex-step derivative of the loss", (name) => {
		// no truncation; some n d roundings of terms of size ~ 1
		expect(gradients[name]).toBeAllclose(complexStepGradient(problem, name), { atol: 1e-14, rtol: 1e-13 });
	});

	test.each(names)("dL/d%s is the central difference of the loss", (name) => {
		// truncation and rounding of the differences, see there; the loss is below 10
		expect(gradients[name]).toBeAllclose(centralDifferences(problem, name), { atol: 1e-8 });
	});

	test("dL/dE is minus the residual", () => {
		const { c } = denseIntermediates(problem);
		expect(gradients.E).toBeAllclose(
			c.toRows().map((row) => row.map((residual) => -residual)),
			{ atol: 1e-15 },
		);
	});
});

test("the block size changes the gradients in the inputs by rounding only", () => {
	const problem = instance({ n: 65, d: 3 });
	const whole = inputGradients(problem, 65);
	for (const blockRows of [1, 2, 7, 64, 1000])
		for (const [name, gradient] of Object.entries(inputGradients(problem, blockRows)))
			expect(gradient).toBeAllclose(whole[name as keyof typeof whole]);
});

test("X = W_Q W_Kᵀ: the gradients in W_Q and W_K are central differences", async () => {
	const problem = instance({ n: 6, d: 3, seed: 4 });
	const { X: queryWeights, Y: keyWeights } = instance({ n: 1, d: 3, seed: 5 });
	const { gradient } = await streamingGradient({
		...problem,
		X: multiply(queryWeights, keyWeights, { transposeB: true }),
	});
	const found = weightGradients(gradient, { queryWeights, keyWeights });
	// the loss as a function of the factors: their product is put in place of X before each difference
	for (const which of ["queryWeights", "keyWeights"] as const) {
		const weights = { queryWeights, keyWeights };
		const expected = weights[which].toRows().map((row, i) =>
			row.map((_, j) => {
				const at = async (by: number) => {
					const moved = weights[which].copy();
					moved.data[i * 3 + j] += by;
					const factors = { ...weights, [which]: moved };
					const X = multiply(factors.queryWeights, factors.keyWeights, { transposeB: true });
					return (await streamingGradient({ ...problem, X })).loss;
				};
				return at(5e-6).then(async (up) => (up - (await at(-5e-6))) / 1e-5);
			}),
		);
		expect(found[which]).toBeAllclose(await Promise.all(expected.map((row) => Promise.all(row))), { atol: 1e-8 });
	}
});

test("blockRows below 1 is refused", () => {
	expect(() => inputGradients(instance({ n: 2, d: 1 }), 0)).toThrow("blockRows must be a whole number >= 1, got 0");
});
