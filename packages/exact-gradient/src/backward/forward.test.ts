import { arbitraryBackwardProblem } from "@attgrad/attention-problem/testing";
import { availableKernels, createRuntime, type Matrix } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { backwardTolerance, rounded } from "../testing/backward-ways.ts";
import { definitionBackward } from "./definition.ts";
import { operatorForward } from "./forward.ts";

describe.each(await availableKernels())("kernel %s", (kernel) => {
	test.each([
		["f64", 1],
		["f64", 60],
		["f32", 1],
	] as const)("the output and lse are the definition's, %s, spread %d", async (dtype, spread) => {
		const runtime = await createRuntime({ kernel, threads: kernel === "js" ? 1 : 2 });
		await fc.assert(
			fc.asyncProperty(arbitraryBackwardProblem({ maxN: 129, spread }), async (given) => {
				const problem = rounded(rounded(given, dtype), "f64");
				const [truth, got] = [definitionBackward(problem), await operatorForward(rounded(problem, dtype), runtime)];
				const tolerance = backwardTolerance(problem, dtype === "f64" ? 2 ** -53 : 2 ** -24);
				expect(got.output.dtype).toBe(dtype);
				expect(got.output.as("f64")).toBeAllclose(truth.output as Matrix, { rtol: 0, atol: tolerance.output });
				for (const [j, lse] of (truth.lse ?? []).entries())
					if (Number.isFinite(lse)) expect(Math.abs(got.lse[j] - lse)).toBeLessThanOrEqual(tolerance.lse);
					else expect(got.lse[j]).toBe(lse);
			}),
			{ numRuns: 20 },
		);
		await runtime.close();
	});
});
