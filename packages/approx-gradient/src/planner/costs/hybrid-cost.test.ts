import { generateProblem } from "@attgrad/attention-problem";
import { createRuntime, type Runtime } from "@attgrad/matrix-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { calibratedModel } from "./calibration.ts";
import { costRun } from "./cost-algorithms.ts";
import { ranked } from "./cost-samples.ts";

let runtime: Runtime;
beforeAll(async () => {
	runtime = await createRuntime();
});
afterAll(() => runtime.close());

/** Other processes only ever add to a processor time: rounds go on until the least is as predicted, or there are no more. */
const ROUNDS = 12;

test.each(["hybrid", "forward/hybrid", "backward/hybrid"] as const)(
	"%s takes what is predicted within a factor of 2, at points that the cost is not measured on",
	async (name) => {
		const model = await calibratedModel(runtime, "f64", [name]);
		for (const { n, d, options, work } of [ranked(700, 6, 48), ranked(1500, 12, 24), ranked(3000, 5, 64)]) {
			const problem = generateProblem({ distribution: "uniform", n, d, B: 0.5, seed: 2 });
			const run = costRun(name, problem, options, runtime);
			const predicted = model.timeOf(name, work);
			let least = Number.POSITIVE_INFINITY;
			for (let round = 0; round < ROUNDS && (round < 3 || least > 2 * predicted); round++) {
				const before = process.cpuUsage();
				await run();
				const { user, system } = process.cpuUsage(before);
				least = Math.min(least, (user + system) / 1000);
			}
			expect(least / predicted).toBeGreaterThan(0.5);
			expect(least / predicted).toBeLessThan(2);
		}
	},
	60_000,
);
