import { backwards, findBackward } from "@attgrad/algorithms";
import { type AnyBackwardAlgorithm, type BackwardProblem, defineBackward } from "@attgrad/attention-problem";
import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { definitionBackward } from "@attgrad/exact-gradient";
import { createRuntime, Matrix } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { measureBackward, passBackwardGate } from "./measure-backward.ts";

const runtime = await createRuntime({ kernel: "js" });
const like = (n: number): BackwardProblem => ({
	...randomBackwardProblem({ n_q: n, n_k: n, d: 2, d_v: 2, spread: 0.5 }),
	visibility: { mask: "causal" },
});

/** An algorithm that is off by so much in one entry of dK. */
const wrong = (by: number, claimed?: number): AnyBackwardAlgorithm =>
	defineBackward({
		name: "wrong",
		summary: "",
		exact: claimed === undefined,
		version: 1,
		options: z.strictObject({}),
		supports: () => true,
		run: async (problem) => {
			const truth = definitionBackward(problem as BackwardProblem);
			const dK = Matrix.build(truth.dK.rows, truth.dK.cols, (l, b) => truth.dK.at(l, b) + (l + b === 0 ? by : 0));
			const bound = claimed ?? 0;
			const bounds = { dQ: bound, dK: bound, dV: bound };
			return { ...truth, dK, ...(claimed !== undefined && { certificate: { kind: "a-posteriori", bounds } }) };
		},
	});

describe("the gate", () => {
	test.each(backwards.map((backward) => [backward.name, backward] as const))("%s passes", async (_, backward) => {
		const options = backward.options.parse({});
		const [masked, plain] = [like(60), { ...like(60), visibility: { mask: "none" as const } }];
		const problem = backward.supports(masked, options) === true ? masked : plain;
		const errors = await passBackwardGate(backward, problem, options, runtime);
		for (const name of ["dQ", "dK", "dV"] as const) expect(errors[name].max).toBeLessThan(1);
	});

	test.each([
		["an exact answer that is off", wrong(1e-9)],
		["a bound that does not hold", wrong(1e-3, 1e-4)],
		["no number", wrong(Number.NaN)],
	])("%s is invalid", async (_, algorithm) => {
		await expect(passBackwardGate(algorithm, like(60), {}, runtime)).rejects.toMatchObject({
			status: "invalid",
			message: expect.stringMatching(/^correctness gate at n = 60: dK is off by/),
		});
	});

	test("a bound that holds is no error", async () => {
		expect((await passBackwardGate(wrong(1e-3, 1e-2), like(60), {}, runtime)).dK.max).toBeCloseTo(1e-3, 9);
	});
});

test("a measurement has times, and the largest error and bound of the three", async () => {
	const algorithm = findBackward("polynomial");
	const context = { algorithm, options: algorithm.options.parse({ degree: 3 }), runtime, budget: 1, like };
	const measurement = await measureBackward({ ...context, problem: like(100) });
	expect(measurement).toMatchObject({ degree: 3, rank: 10, bound_kind: "a-posteriori" });
	expect(measurement.time_ms).toBeGreaterThan(0);
	const { errors, bounds } = measurement.extra as { errors: Record<string, number>; bounds: Record<string, number> };
	expect(measurement.error_max).toBe(Math.max(...Object.values(errors)));
	expect(measurement.error_bound).toBe(Math.max(...Object.values(bounds)));
	for (const name of ["dQ", "dK", "dV"]) expect(errors[name]).toBeLessThanOrEqual(bounds[name]!);
	expect(measurement.error_rel).toBeLessThanOrEqual(measurement.bound_rel!);
});

test("beyond the gate an approximation is compared where it is asked for, an exact one is not", async () => {
	const algorithm = findBackward("polynomial");
	const context = { options: algorithm.options.parse({ degree: 1 }), runtime, budget: 1, like, problem: like(600) };
	const near = await measureBackward({ ...context, algorithm, comparedUpTo: 600 });
	const far = await measureBackward({ ...context, algorithm, comparedUpTo: 599 });
	const exact = await measureBackward({ ...context, algorithm: findBackward("exact"), options: {}, comparedUpTo: 600 });
	expect([near.error_max, far.error_max, exact.error_max]).toEqual([expect.any(Number), undefined, undefined]);
});
