import { generateProblem } from "@attgrad/attention-problem";
import { createRuntime, type Runtime } from "@attgrad/matrix-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gaussPlanWithin } from "../polynomial/gauss/degree-choice.ts";
import { gaussRequest } from "../polynomial/gauss/gauss-request.ts";
import { profileOn } from "../polynomial/method/method-of.ts";
import { narrowingProblem } from "../testing/problems.ts";
import { timeByName } from "./plan.ts";
import { planGradient } from "./plan-gradient.ts";

let runtime: Runtime;
/** Further runs that were needed after a planned one. */
let more = 0;
beforeAll(async () => {
	runtime = await createRuntime({
		onMoreRounds: (count) => {
			more += count;
		},
	});
});
afterAll(() => runtime.close());

/** A problem of a distribution, or of uniform tokens whose spread falls by a factor from one coordinate to the next. */
function problemOf(distribution: string | number, n: number, d: number, B: number) {
	return typeof distribution === "number"
		? narrowingProblem(n, d, B, distribution, 3)
		: generateProblem({ distribution, n, d, B, seed: 3 });
}

test.each([
	["uniform", 1500, 2, 1, 1e-3],
	["uniform", 9000, 4, 1, 1e-3],
	["uniform", 9000, 4, 1, 1e-5],
	[0.5, 3000, 4, 1.5, 1e-3],
	[0.5, 1200, 8, 1, 1e-2],
	["low-rank", 2000, 6, 0.7, 1e-3],
	["gaussian", 2000, 3, 0.5, 1e-4],
] as const)(
	"degrees and numbers of monomials that a plan is made of are those of the runs: %s, n %d, d %d, B %d, relative %d",
	async (distribution, n, d, B, relative) => {
		const problem = problemOf(distribution, n, d, B);
		const { entries } = await planGradient(problem, { relative, thorough: true }, runtime);
		const planned = entries.filter(({ algorithm, run }) => run && algorithm.startsWith("polynomial/"));
		expect(planned.filter(({ options }) => options["monomials"] === "anisotropic").length).toBeGreaterThan(0);
		let asPlanned = 0;
		for (const { degree = 0, rank = 0, options, run } of planned) {
			more = 0;
			const result = await run?.();
			// A run that proves too little, as samples are off by some percent, is followed by one with more monomials.
			if (more > 0) expect(result?.rank).toBeGreaterThanOrEqual(rank);
			else {
				expect({ options, degree, rank }).toEqual({ options, degree: result?.degree, rank: result?.rank });
				asPlanned++;
			}
		}
		expect(asPlanned).toBeGreaterThanOrEqual(planned.length / 2);
	},
	60_000,
);

test("the time to find a set is apart from that of its run, and a thorough plan is in the order of both", async () => {
	const problem = problemOf(0.5, 2000, 4, 1.5);
	const { entries } = await planGradient(problem, { epsilon: 1e-3, thorough: true }, runtime);
	const sets = entries.filter(({ options, run }) => run && options["monomials"] === "anisotropic");
	expect(sets).toHaveLength(2);
	for (const set of sets) {
		const { milliseconds = 0, choosing = 0 } = set;
		expect(choosing).toBeGreaterThan(1);
		expect(milliseconds).toBeGreaterThan(0);
		expect(timeByName(set)).toBe(milliseconds + choosing);
	}
	const times = entries.filter(({ run }) => run).map((entry) => timeByName(entry) ?? Number.NaN);
	expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test("fewer columns, single precision and a lower degree for most rows make a run by row cheaper in a plan", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 16_384, d: 4, B: 1, seed: 1 });
	const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, "v2");
	const { cheapest } = gaussPlanWithin(request, 1e-3);
	expect(cheapest.fewerColumns?.form).toBe("l1");
	expect(cheapest.inTwo).toBeDefined();
	expect(cheapest.part).toBeLessThan(0.75);
	// Short problems have all rows at one degree in double precision: fewer columns are all that can make a run cheaper.
	const short = generateProblem({ distribution: "uniform", n: 500, d: 4, B: 1, seed: 1 });
	const few = gaussRequest(short, await profileOn(short, runtime), runtime, "v2");
	const parts = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5].map((epsilon) => gaussPlanWithin(few, epsilon).cheapest);
	for (const { part, fewerColumns } of parts) expect(part < 1).toBe(fewerColumns !== undefined);
});
