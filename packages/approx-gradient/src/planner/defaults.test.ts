import { type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { ComputationError, createRuntime, type Runtime } from "@attgrad/matrix-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { polynomial } from "../polynomial/polynomial.ts";
import { auto } from "./auto.ts";
import { timeByName } from "./plan.ts";
import { planGradient } from "./plan-gradient.ts";
import { refusalOf } from "./refusal.ts";

let runtime: Runtime;
beforeAll(async () => {
	runtime = await createRuntime();
});
afterAll(() => runtime.close());

/** The time that auto may take beyond twice the best: for choosing. */
const SLACK = { times: 2, milliseconds: 12 };
/**
 * Other processes and the compiler only ever add to a processor time, so the least of more rounds is nearer to the truth, for
 * every run alike: rounds go on until auto is within its time, or until there are no more.
 */
const ROUNDS = { least: 2, most: 12 };

const points = [200, 800, 2500].flatMap((n) =>
	[2, 4, 6, 8].flatMap((d) => (n === 2500 ? [0.25, 1, 3] : [0.25, 0.5, 1, 2, 3]).map((B) => ({ n, d, B }))),
);

/** The least processor time of each of some runs, in turn, round after round until it is enough; of one that fails none. */
async function leastTimes(
	runs: Readonly<Record<string, () => Promise<unknown>>>,
	isEnough: (times: ReadonlyMap<string, number>) => boolean,
): Promise<Map<string, number>> {
	const least = new Map<string, number>();
	const failed = new Set<string>();
	for (let round = 0; round < ROUNDS.most && (round < ROUNDS.least || !isEnough(least)); round++)
		for (const [name, run] of Object.entries(runs)) {
			if (failed.has(name)) continue;
			const before = process.cpuUsage();
			try {
				await run();
			} catch (failure) {
				if (!(failure instanceof ComputationError)) throw failure;
				failed.add(name);
				continue;
			}
			const { user, system } = process.cpuUsage(before);
			least.set(name, Math.min(least.get(name) ?? Number.POSITIVE_INFINITY, (user + system) / 1000));
		}
	return least;
}

const byDefault = (problem: AttentionProblem) => ({
	auto: () => auto.run(problem, auto.options.parse({}), runtime),
	streaming: () => streaming.run(problem, streaming.options.parse({}), runtime),
});

/** Polynomials too, where a plan does not tell that they take far longer than the exact method. */
async function rivals(problem: AttentionProblem) {
	const { entries } = await planGradient(problem, { thorough: true }, runtime);
	const exact = entries.find(({ algorithm }) => algorithm === "streaming")?.milliseconds ?? 0;
	const usual = entries.find(({ options, run }) => run && options["basis"] === "gauss");
	if (usual === undefined || (timeByName(usual) ?? 0) > 3 * exact) return {};
	return {
		chebyshev: () => polynomial.run(problem, polynomial.options.parse({ relative: 1e-3 }), runtime),
		"by row": () => polynomial.run(problem, polynomial.options.parse({ relative: 1e-3, basis: "gauss" }), runtime),
	};
}

test.each(points)(
	"defaults at n $n, d $d, B $B take at most twice the best time that there is",
	async ({ n, d, B }) => {
		const problem = generateProblem({ distribution: "uniform", n, d, B, seed: 1 });
		const allowed = (times: ReadonlyMap<string, number>) =>
			SLACK.times * Math.min(...times.values()) + SLACK.milliseconds;
		const isWithin = (times: ReadonlyMap<string, number>) => (times.get("auto") ?? Infinity) <= allowed(times);
		const times = await leastTimes({ ...byDefault(problem), ...(await rivals(problem)) }, isWithin);
		expect(times.get("auto")).toBeLessThanOrEqual(allowed(times));
	},
);

test("what only the exact method proves in minutes is refused at once, with what can be proved and what that costs", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 3000, d: 2, B: 1, seed: 1 });
	const plan = await planGradient(problem, { epsilon: 1e-14 }, runtime);
	expect(plan.refusal).toBeUndefined();
	// The same plan on a machine that is so much slower.
	const slow = plan.entries.map((entry) => ({ ...entry, milliseconds: 1e5 * (entry.milliseconds ?? 1) }));
	const { profileOn } = await import("../polynomial/method/method-of.ts");
	const model = { timeOf: () => 1400 };
	const context = {
		...{ problem, epsilon: 1e-14, asked: { epsilon: 1e-14 }, runtime, model },
		profile: () => profileOn(problem, runtime),
	};
	expect(await refusalOf(context, { ...plan, entries: slow, chosen: slow[0] })).toMatch(
		/^1e-14 is below what double precision can prove here \(\d.*e-\d+, at degree \d+\); relative 0.001 takes 1.4 s; the exact method takes .*: ask for it by name$/,
	);
});

test("the choice is told before the run, and a run that takes three times the prediction is reported", async () => {
	const { runPlan } = await import("./auto.ts");
	const notices: string[] = [];
	const entry = {
		...{ algorithm: "slow", options: {}, detail: "", milliseconds: 1 },
		certificate: { kind: "exact" as const },
		run: async () => {
			expect(notices).toEqual([expect.stringMatching(/^auto: slow, /)]);
			await new Promise((resolve) => setTimeout(resolve, 1300));
			return { gradient: generateProblem({ distribution: "uniform", n: 4, d: 1, B: 1, seed: 1 }).X, loss: 0 };
		},
	};
	const plan = { entries: [entry], chosen: entry, why: "1 ms predicted" };
	await runPlan(plan, { onNotice: (line) => notices.push(line) });
	expect(notices[1]).toBe("slow has taken 1 s, 1 ms were predicted; still running");
});
