import { type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { createRuntime, maxAbs, type Runtime } from "@attgrad/matrix-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { leastProvable } from "../polynomial/gauss/degree-choice.ts";
import { gaussRequest } from "../polynomial/gauss/gauss-request.ts";
import { sampleScores } from "../polynomial/gauss/score-sample.ts";
import { profileOn } from "../polynomial/method/method-of.ts";
import { type CostModel, nominalModel } from "./costs/cost-model.ts";
import { refusedFromSample } from "./sample-refusal.ts";

let runtime: Runtime;
beforeAll(async () => {
	runtime = await createRuntime();
});
afterAll(() => runtime.close());

/** Milliseconds of the exact method that count as minutes and as seconds. */
const [MINUTES, SECONDS] = [300_000, 5000];

const refused = (problem: AttentionProblem, relative: number, exactTime: number) => {
	const asked = { relative };
	const base = { problem, runtime, model: nominalModel, asked, profile: () => profileOn(problem, runtime) };
	return refusedFromSample(base, exactTime);
};

const uniform = (n: number, d: number, B: number, seed = 1) =>
	generateProblem({ distribution: "uniform", n, d, B, seed });

test("what rounding puts out of reach is refused without a pilot", async () => {
	const problem = uniform(20_000, 8, 3);
	const before = process.cpuUsage();
	const plan = await refused(problem, 1e-9, MINUTES);
	const { user, system } = process.cpuUsage(before);
	expect(plan?.refusal).toMatch(
		/^relative 1e-9 is below what double precision can prove here \(.*\); the exact method takes 5 min: ask for it by name$/,
	);
	// Other processes at most double it.
	expect((user + system) / 1000).toBeLessThan(2000);
	// It is out of reach: the least bound that a full look foresees is above the error that is asked for.
	const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, "v2");
	const { gradient } = await streaming.run(problem, streaming.options.parse({}), runtime);
	expect(leastProvable(request, sampleScores(problem, request)).bound).toBeGreaterThan(1e-9 * maxAbs(gradient));
});

test("what takes hours to prove is refused with the time that it takes, on a machine that is so slow", async () => {
	const problem = uniform(20_000, 4, 3.5);
	const before = process.cpuUsage();
	const asked = { relative: 1e-3 };
	const model: CostModel = { timeOf: (name, work) => 50_000 * nominalModel.timeOf(name, work) };
	const base = { problem, runtime, asked, profile: () => profileOn(problem, runtime) };
	const exactTime = model.timeOf("streaming", problem);
	const plan = await refusedFromSample({ ...base, model }, exactTime);
	const { user, system } = process.cpuUsage(before);
	expect(plan?.refusal).toMatch(
		/^the fastest proof, by polynomial\/moment, would take about [\d.]+ h; the exact method takes [\d.]+ h: ask for it by name$/,
	);
	expect((user + system) / 1000).toBeLessThan(4000);
	expect(await refusedFromSample({ ...base, model: nominalModel }, exactTime)).toBeUndefined();
});

/** A uniform problem of which one row, that no sample has, has far larger targets: they make up its gradient. */
function withOutlier(n: number, d: number, B: number): AttentionProblem {
	const problem = uniform(n, d, B, 3);
	const E = problem.E.copy();
	E.row(1000).fill(1e6);
	return { ...problem, E };
}

test.each([
	["one row makes up the gradient", withOutlier(20_000, 2, 2), 1e-9, MINUTES],
	["a moderate degree serves", uniform(20_000, 4, 1), 1e-3, MINUTES],
	["large scores, an error within reach", uniform(20_000, 2, 3), 1e-3, MINUTES],
	["the exact method takes seconds", uniform(20_000, 8, 3), 1e-9, SECONDS],
])("nothing is refused where %s", async (_, problem, relative, exactTime) => {
	expect(await refused(problem, relative, exactTime)).toBeUndefined();
});
