import { arbitraryBackwardProblem, randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { availableKernels, createRuntime, type Matrix } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { backwardTolerance, rounded } from "../testing/backward-ways.ts";
import { definitionBackward } from "./definition.ts";
import { operatorForward } from "./forward.ts";
import { withinDays } from "./within-days.ts";

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

test("so many visible pairs that they would take days are refused with what would do; a window makes them few", async () => {
	const runtime = await createRuntime({ kernel: "js" });
	const large = { ...randomBackwardProblem({ n_q: 4, n_k: 4, d: 2, d_v: 2 }), batch: 1, heads: 1, n_q: 1e8, n_k: 1e8 };
	await expect(operatorForward(large, runtime)).rejects.toThrow(
		/^streaming: 100000000 x 100000000 visible pairs would take about \d+ days; use --algorithm polynomial with --relative or --epsilon, or --mask causal with a --window$/,
	);
	const shape = { ...large, n_q: 1e6, n_k: 1e6, d: 4000, d_v: 4000 };
	expect(withinDays(shape, 2)).not.toBe(true);
	expect(withinDays({ ...shape, visibility: { mask: "causal", window: 9 } }, 2)).toBe(true);
});
