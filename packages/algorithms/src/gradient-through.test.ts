import { spawnSync } from "node:child_process";
import { generateProblem } from "@attgrad/attention-problem";
import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { backwardStreaming, definitionBackward, definitionGradient } from "@attgrad/exact-gradient";
import { createRuntime, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { gradientThrough } from "./gradient-through.ts";
import { backwardPeers } from "./programs/backward-peers.ts";
import { pythonWith } from "./programs/python.ts";

const runtime = await createRuntime({ kernel: "js" });

test("dL/dX through a backward pass is the gradient of the definition", async () => {
	const problem = generateProblem({ distribution: "gaussian", n: 23, d: 3, B: 1, seed: 3 });
	const through = gradientThrough(backwardStreaming);
	const { gradient, loss } = await through.run(problem, through.options.parse({}), runtime);
	const truth = definitionGradient(problem);
	expect(maxAbsDifference(gradient, truth.gradient)).toBeLessThanOrEqual(1e-12 * maxAbs(truth.gradient));
	expect(loss).toBeCloseTo(truth.loss, 12);
});

test("with a causal mask it is the derivative of the loss, by differences", async () => {
	const problem = generateProblem({ distribution: "gaussian", n: 11, d: 2, B: 1, seed: 3 });
	const through = gradientThrough(backwardStreaming);
	const options = through.options.parse({ mask: "causal" });
	const { gradient } = await through.run(problem, options, runtime);
	const h = 1e-5;
	for (const [a, b] of [
		[0, 0],
		[1, 0],
	] as const) {
		const lossAt = async (step: number) => {
			const X = problem.X.copy();
			X.data[a * 2 + b]! += step;
			return (await through.run({ ...problem, X }, options, runtime)).loss;
		};
		const slope = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
		expect(gradient.at(a, b)).toBeCloseTo(slope, 7);
	}
});

describe("other software", () => {
	const has = (...modules: string[]) =>
		spawnSync(pythonWith(...modules), ["-c", modules.map((name) => `import ${name}`).join(";")]).status === 0;
	const needs: Record<string, boolean> = {
		numpy: has("numpy"),
		torch: has("numpy", "torch"),
		onnxruntime: has("numpy", "onnx", "onnxruntime"),
	};
	for (const peer of backwardPeers)
		for (const mask of ["none", "causal"] as const)
			test.skipIf(!needs[peer.name])(`${peer.name}, mask ${mask} (skipped where it is not installed)`, async () => {
				const given = randomBackwardProblem({ n_q: 70, n_k: 70, d: 3, d_v: 2 });
				const problem = { ...given, visibility: { mask } };
				expect(peer.supports(problem, {})).toBe(true);
				const { result, milliseconds } = await peer.timeRuns!(problem, {}, runtime, 1);
				const truth = definitionBackward(problem);
				for (const name of ["dQ", "dK", "dV"] as const)
					expect(maxAbsDifference(result[name], truth[name])).toBeLessThanOrEqual(1e-12 * (1 + maxAbs(truth[name])));
				expect(milliseconds.length).toBeGreaterThan(0);
			});

	test("software that is not installed says so", async () => {
		const missing = backwardPeers.find(({ name }) => !needs[name]);
		if (!missing) return;
		const problem = randomBackwardProblem({ n_q: 5, n_k: 5, d: 3, d_v: 2 });
		await expect(missing.run(problem, {}, runtime)).rejects.toMatchObject({ status: "skipped" });
	});

	test("heads and windows are refused with a reason", () => {
		const problem = randomBackwardProblem({ n_q: 5, n_k: 5, d: 3, d_v: 2 });
		const visibility = { mask: "causal" as const, window: 2 };
		expect(backwardPeers[0]!.supports({ ...problem, visibility }, {})).toMatchObject({
			reason: expect.stringContaining("takes one head"),
		});
	});
});
