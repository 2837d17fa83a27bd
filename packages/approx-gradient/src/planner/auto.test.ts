import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { ComputationError, createRuntime, Matrix, maxAbs, maxAbsDifference, type Runtime } from "@attgrad/matrix-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outOfCore } from "../testing/run.ts";
import { auto, runPlan } from "./auto.ts";
import { planOf } from "./plan.ts";
import { planGradient } from "./plan-gradient.ts";

const easy = (n: number, d = 2, B = 0.5) => generateProblem({ distribution: "uniform", n, d, B, seed: 1 });

describe.each(["js", undefined])("on the kernel %s", (kernel) => {
	let runtime: Runtime;
	beforeAll(async () => {
		runtime = await createRuntime(kernel ? { kernel } : {});
	});
	afterAll(() => runtime.close());

	test("few tokens are done exactly, many by a polynomial, within epsilon both", async () => {
		for (const [n, picked] of [
			[20, /^streaming$/],
			[6000, /^polynomial/],
		] as const) {
			const problem = easy(n);
			const result = await auto.run(problem, { epsilon: 1e-3 }, runtime);
			expect(result.picked!.algorithm).toMatch(picked);
			expect(result.picked!.why).toMatch(/predicted/);
			const exact = await streamingGradient(problem);
			expect(maxAbsDifference(result.gradient, exact.gradient)).toBeLessThanOrEqual(1e-3);
		}
	});

	test.each(["sinks", "massive"])(
		"%s keep the certificate, and cost no more than the exact method does",
		async (distribution) => {
			const problem = generateProblem({ distribution, n: 3000, d: 4, B: 4, seed: 2 });
			const exact = await streamingGradient(problem);
			for (const epsilon of [1e-1, 1e-6]) {
				const result = await auto.run(problem, { epsilon }, runtime);
				expect(result.picked?.exact === true || (result.certificate?.bound ?? Infinity) <= epsilon).toBe(true);
				expect(maxAbsDifference(result.gradient, exact.gradient)).toBeLessThanOrEqual(epsilon);
				const { entries, chosen } = await planGradient(problem, { epsilon }, runtime);
				const streaming = entries.find(({ algorithm }) => algorithm === "streaming");
				expect(chosen.milliseconds).toBeLessThanOrEqual(streaming?.milliseconds ?? 0);
			}
		},
	);

	test("a few rows that look at a sink do not make the others exact", async () => {
		const problem = generateProblem({ distribution: "sinks", n: 12_000, d: 4, B: 5, seed: 2 });
		for (const relative of [1e-2, 1e-4]) {
			const { chosen } = await planGradient(problem, { relative }, runtime);
			expect(chosen.algorithm).toBe("polynomial/moment");
			const result = (await chosen.run?.()) ?? expect.unreachable("it can be run");
			expect(result.exactRows).toBe(240);
			expect(result.certificate?.bound).toBeLessThanOrEqual(relative * maxAbs(result.gradient));
		}
	});

	test("the choice is the same each time, and for rows in a file", async () => {
		const problem = easy(3000);
		const plans = await Promise.all([
			planGradient(problem, { epsilon: 1e-4 }, runtime),
			planGradient(problem, { epsilon: 1e-4 }, runtime),
			planGradient(outOfCore(problem), { epsilon: 1e-4 }, runtime),
		]);
		expect(new Set(plans.map(({ why }) => why)).size).toBe(1);
	});

	test("exact is chosen, with the reason, where no polynomial can prove epsilon", async () => {
		// Scores of up to 60: rounding e^120 leaves nothing.
		const plan = await planGradient(easy(6000, 2, 8), { epsilon: 1e-6 }, runtime);
		expect(plan.chosen.algorithm).toBe("streaming");
		expect(plan.why).toMatch(/nothing else: .*no degree (proves|certifies) epsilon/);
	});
});

test("a thorough plan tells of every algorithm what it costs or why it cannot prove epsilon", async () => {
	const runtime = await createRuntime();
	try {
		const { entries } = await planGradient(easy(2000), { epsilon: 1e-3, thorough: true }, runtime);
		for (const { algorithm, run, reason, milliseconds, certificate } of entries) {
			expect({ algorithm, either: (run === undefined) !== (reason === undefined) }).toEqual({
				algorithm,
				either: true,
			});
			if (run) expect(milliseconds).toBeGreaterThan(0);
			if (run && certificate!.kind !== "exact") expect(certificate!.bound).toBeLessThanOrEqual(1e-3);
		}
		const possible = entries.filter(({ run }) => run).map(({ algorithm }) => algorithm);
		expect(possible).toContain("clusters");
	} finally {
		await runtime.close();
	}
});

test("the choice of a thorough plan is that of auto, which looks at less", async () => {
	const runtime = await createRuntime();
	try {
		for (const [problem, asked] of [
			[easy(1000, 2, 0.25), { relative: 1e-2 }],
			[easy(1500, 4, 1), { relative: 1e-2 }],
			[easy(1500, 2, 0.25), { epsilon: 1e-3 }],
		] as const) {
			const { chosen, why, entries } = await planGradient(problem, { ...asked, thorough: true }, runtime);
			const { picked } = await auto.run(problem, asked, runtime);
			expect({ algorithm: chosen.algorithm, why }).toEqual({ algorithm: picked?.algorithm, why: picked?.why });
			expect(entries.some(({ run, algorithm }) => run && algorithm.startsWith("polynomial/"))).toBe(true);
		}
	} finally {
		await runtime.close();
	}
});

test("what was foreseen of an algorithm is met when it runs", async () => {
	const runtime = await createRuntime();
	try {
		const problem = easy(2000);
		const { entries } = await planGradient(problem, { epsilon: 1e-3, thorough: true }, runtime);
		const exact = await streamingGradient(problem);
		for (const { algorithm, run, degree, rank } of entries.filter((entry) => entry.run)) {
			const result = await run!();
			expect(maxAbsDifference(result.gradient, exact.gradient)).toBeLessThanOrEqual(1e-3);
			if (algorithm.startsWith("polynomial")) expect([result.degree, result.rank]).toEqual([degree, rank]);
		}
	} finally {
		await runtime.close();
	}
});

const result = { gradient: Matrix.zeros(1, 1), loss: 0 };
const entry = (algorithm: string, milliseconds: number, run: () => Promise<typeof result>) => ({
	algorithm,
	options: {},
	detail: "",
	milliseconds,
	certificate: { kind: algorithm === "streaming" ? ("exact" as const) : ("a-posteriori" as const) },
	run,
});

test("should the choice fail, the next cheapest runs, with the reason", async () => {
	const fails = () => Promise.reject(new ComputationError("invalid", "no luck"));
	const plan = planOf([entry("streaming", 9, async () => result), entry("first", 1, fails), entry("second", 2, fails)]);
	expect(plan.chosen.algorithm).toBe("first");
	const why = "second failed: no luck";
	expect((await runPlan({ ...plan, target: { epsilon: 1 } }, {})).picked).toEqual({
		algorithm: "streaming",
		why,
		exact: true,
	});
});

test("an error that is a bug is not taken for a failure of the algorithm", async () => {
	const plan = planOf([
		entry("streaming", 9, async () => result),
		entry("first", 1, () => Promise.reject(new TypeError("bug"))),
	]);
	await expect(runPlan({ ...plan, target: { epsilon: 1 } }, {})).rejects.toThrow("bug");
});

test("where nothing can prove epsilon that is said, with what could be", async () => {
	const { run: _run, ...exact } = entry("streaming", 9, async () => result);
	const plan = planOf([{ ...exact, reason: "float32 gives 1e-3 only" }]);
	await expect(runPlan({ ...plan, target: { epsilon: 1e-9 } }, {})).rejects.toThrow(
		"nothing can prove epsilon 1e-9: float32 gives 1e-3 only",
	);
});

test("where every run fails, each says why", async () => {
	const fails = (why: string) => () => Promise.reject(new ComputationError("failed", why));
	const plan = planOf([
		entry("streaming", 9, fails("the result is NaN")),
		entry("second", 1, fails("the scores overflow")),
		{ algorithm: "polynomial/moment", options: {}, detail: "", reason: "no polynomial is faster" },
	]);
	await expect(runPlan({ ...plan, target: { epsilon: 1 } }, {})).rejects.toThrow(
		"nothing can prove epsilon 1: second failed: the scores overflow; streaming failed: the result is NaN",
	);
});
