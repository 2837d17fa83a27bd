import { generateProblem } from "@attgrad/attention-problem";
import { createRuntime, type Runtime } from "@attgrad/matrix-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { profileOn } from "../../polynomial/method/method-of.ts";
import { nominalModel } from "../costs/cost-model.ts";
import { featureMapEntry } from "./feature-map-candidates.ts";

let runtime: Runtime;
beforeAll(async () => {
	runtime = await createRuntime();
});
afterAll(() => runtime.close());

test.each([
	["clusters", "sinks"],
	["clusters", "heavy-tailed"],
	["support-basis", "sinks"],
	["support-basis", "heavy-tailed"],
] as const)("the degree of %s is foreseen where a few rows set it: %s", async (name, distribution) => {
	const problem = generateProblem({ distribution, n: 6000, d: 2, B: 2, seed: 1 });
	const epsilon = 0.05;
	const base = { problem, epsilon, asked: { epsilon }, runtime, model: nominalModel };
	const { degree, run } = await featureMapEntry({ ...base, profile: () => profileOn(problem, runtime) }, name);
	const result = (await run?.()) ?? expect.unreachable("it can be run");
	expect(result.degree).toBe(degree);
	expect(result.certificate?.bound).toBeLessThanOrEqual(epsilon);
});
