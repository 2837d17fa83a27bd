import { type AttentionProblem, distributions, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { createRuntime, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { profileOn } from "../method/method-of.ts";
import { gaussPlanWithin, gaussWithin } from "./degree-choice.ts";
import { gaussOfDegree, gaussUntilMissed } from "./gauss-gradient.ts";
import { gaussRequest } from "./gauss-request.ts";

const runtime = await createRuntime({ threads: 1 });
const HIGHEST = 7;

const requestOf = async (problem: AttentionProblem) =>
	gaussRequest(problem, await profileOn(problem, runtime), runtime, "v2");

/** Degrees above the least that proves epsilon, for accuracies that some degree proves with few exact rows. */
async function excess(problem: AttentionProblem): Promise<number[]> {
	const request = await requestOf(problem);
	const runs = [];
	for (let degree = 0; degree <= HIGHEST; degree++) runs.push(await gaussOfDegree(request, degree));
	const largest = maxAbs(runs[HIGHEST].gradient);
	const more: number[] = [];
	for (const relative of [0.3, 1e-2, 1e-3, 1e-5]) {
		const epsilon = relative * largest;
		const least = runs.findIndex(
			({ certificate, exactRows = 0 }) => certificate && certificate.bound <= epsilon && exactRows <= problem.n / 2,
		);
		if (least < 0) continue;
		const { degree = 0, certificate } = await gaussWithin(await requestOf(problem), epsilon);
		expect(certificate?.bound).toBeLessThanOrEqual(epsilon);
		more.push(degree - least);
	}
	return more;
}

test("the degree that is chosen is nearly always the least that proves what is asked", {
	timeout: 60_000,
}, async () => {
	const more: number[] = [];
	for (const distribution of distributions)
		for (const d of [2, 4])
			more.push(...(await excess(generateProblem({ distribution, n: 1500, d, B: 0.5, seed: 3 }))));
	expect(more.length).toBeGreaterThan(40);
	expect(Math.min(...more)).toBeGreaterThanOrEqual(0);
	expect(Math.max(...more)).toBeLessThanOrEqual(2);
	expect(more.filter((above) => above === 0).length / more.length).toBeGreaterThan(0.85);
});

test.each([
	["cheap exactly", 3000, 8],
	["dearer exactly than a few degrees more are", 30_000, 12],
])("rows of scores beyond 8 are exact where they are %s", async (_, n, limit) => {
	const problem = generateProblem({ distribution: "uniform", n, d: 4, B: 3.5, seed: 1 });
	const request = await requestOf(problem);
	const epsilon = 1.6e-5 * Math.sqrt(n);
	const plan = gaussPlanWithin(request, epsilon);
	expect(plan.request.radiusLimit).toBe(limit);
	expect(plan.exactRows > 0).toBe(limit === 8);
	if (limit > 8) return;
	const result = await gaussWithin(request, epsilon, plan);
	expect(result.certificate?.bound).toBeLessThanOrEqual(epsilon);
	const { gradient } = await streaming.run(problem, streaming.options.parse({}), runtime);
	expect(maxAbsDifference(result.gradient, gradient)).toBeLessThan(epsilon);
});

test("a degree that proves too little is followed by one that proves what is asked", async () => {
	const told: string[] = [];
	const own = await createRuntime({ threads: 1 });
	Object.assign(own, { onNotice: (words: string) => told.push(words) });
	const problem = generateProblem({ distribution: "uniform", n: 3000, d: 4, B: 1, seed: 1 });
	const request = gaussRequest(problem, await profileOn(problem, own), own, "v2");
	const { certificate } = await gaussOfDegree(request, 5);
	const epsilon = (certificate?.bound ?? 0) / 100;
	const result = await gaussWithin(request, epsilon, { request, cheapest: { degree: 5, part: 1 } });
	expect(told).toHaveLength(1);
	expect(result.degree).toBeGreaterThan(5);
	expect(result.certificate?.bound).toBeLessThanOrEqual(epsilon);
	await own.close();
});

test.skipIf(runtime.kernel === "js")(
	"a run is given up where its first rows foretell that it is in vain",
	{ timeout: 60_000 },
	async () => {
		// At this degree pass 2 takes 45,000 rows at a time.
		const degree = 9;
		const problem = generateProblem({ distribution: "uniform", n: 200_000, d: 4, B: 0.5, seed: 1 });
		const request = await requestOf(problem);
		const bound = (await gaussOfDegree(request, degree)).certificate?.bound ?? 0;
		const missed = await gaussUntilMissed(request, degree, bound / 2);
		expect(missed.result).toBeUndefined();
		expect(missed.bound / bound).toBeGreaterThan(0.8);
		expect(missed.bound / bound).toBeLessThan(1.2);
		const held = await gaussUntilMissed(request, degree, bound);
		expect(held.result?.certificate?.bound).toBe(bound);
	},
);
