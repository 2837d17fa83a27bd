import { generateProblem } from "@attgrad/attention-problem";
import { exactForward } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbsDifference, type Runtime } from "@attgrad/matrix-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ForwardPlan, planForward } from "./plan-forward.ts";

const layer = (n: number, B = 0.5) => generateProblem({ distribution: "uniform", n, d: 2, B, seed: 1 });

async function outputOf(n: number, run: ForwardPlan["run"]): Promise<Matrix> {
	const output = Matrix.zeros(n, 2);
	await run((from, rows) => output.data.set(rows.data, 2 * from));
	return output;
}

describe.each(["js", undefined])("on the kernel %s", (kernel) => {
	let runtime: Runtime;
	beforeAll(async () => {
		runtime = await createRuntime(kernel ? { kernel } : {});
	});
	afterAll(() => runtime.close());

	test.each([
		[20, "streaming"],
		[6000, "polynomial"],
	])("the output of %i tokens is computed by %s, within epsilon", async (n, algorithm) => {
		const plan = await planForward(layer(n), { epsilon: 1e-3 }, runtime);
		expect(plan).toMatchObject({ algorithm, why: expect.stringMatching(/predicted/) });
		const exact = await outputOf(n, (sink) => exactForward.run(layer(n), {}, runtime, sink));
		expect(maxAbsDifference(await outputOf(n, plan.run), exact)).toBeLessThanOrEqual(1e-3);
	});

	test("where no polynomial can prove epsilon the output is exact, and the reason is told", async () => {
		const { algorithm, why } = await planForward(layer(6000, 8), { epsilon: 1e-6 }, runtime);
		expect({ algorithm, why }).toEqual({ algorithm: "streaming", why: expect.stringMatching(/no degree certifies/) });
	});
});
