import { generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { createRuntime, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { profileOn } from "../polynomial/method/method-of.ts";
import type { PlanContext } from "./candidates/plan-context.ts";
import { nominalModel } from "./costs/cost-model.ts";
import { planGradient } from "./plan-gradient.ts";
import { planRelative } from "./plan-relative.ts";

const asked = { relative: 1e-3 };

test.each([2, 4, 8])("short sequences are exact at once: nothing is looked at, d %s", async (d) => {
	const problem = generateProblem({ distribution: "uniform", n: 1000, d, B: 0.25, seed: 1 });
	const runtime = await createRuntime();
	const profile = () => expect.unreachable("no row is looked at");
	const base = { problem, runtime, model: nominalModel, asked, profile };
	const plan = await planRelative(base, () => expect.unreachable("nothing is chosen"), false);
	expect(plan.chosen.algorithm).toBe("streaming");
	await runtime.close();
});

test.each([
	["uniform", 0.25],
	["uniform", 1],
	["gaussian", 0.5],
] as const)(
	"where a degree is cheap a sample stands for the pilot, and the run proves what is asked for: %s, B %s",
	async (distribution, B) => {
		const problem = generateProblem({ distribution, n: 20_000, d: 2, B, seed: 1 });
		let rounds = 0;
		const runtime = await createRuntime({
			onMoreRounds: (count) => {
				rounds += count;
			},
		});
		// A machine on which a pilot of so many rows is not to be neglected.
		const model = { timeOf: (...of: Parameters<typeof nominalModel.timeOf>) => 4 * nominalModel.timeOf(...of) };
		const base = { problem, runtime, model, asked, profile: () => profileOn(problem, runtime) };
		const within = ({ epsilon }: PlanContext) => planGradient(problem, { epsilon }, runtime);
		const plan = await planRelative(base, within, false);
		expect(rounds).toBe(0);
		expect(plan.chosen.algorithm).toMatch(/^polynomial/);
		const { gradient, certificate } = (await plan.chosen.run?.()) ?? expect.unreachable("it can be run");
		const exact = await streaming.run(problem, streaming.options.parse({}), runtime);
		const largest = maxAbs(exact.gradient);
		expect(certificate?.bound).toBeLessThanOrEqual(1e-3 * largest);
		expect(maxAbsDifference(gradient, exact.gradient)).toBeLessThanOrEqual(certificate?.bound ?? 0);
		await runtime.close();
	},
);
