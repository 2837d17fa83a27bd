import { type AnyGradientAlgorithm, defineAlgorithm, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { ComputationError, createRuntime, type Matrix } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Attempts } from "./attempts.ts";
import { easyProblems } from "./problems.ts";
import { expectEasyRuns } from "./sound-result.ts";

const runtime = await createRuntime({ kernel: "js" });

/** An algorithm that supports problems up to a size and then gives up with `failure`, or else gives the exact gradient. */
const algorithmThat = ({ largest, failure }: { largest: number; failure?: string }): AnyGradientAlgorithm =>
	defineAlgorithm({
		name: "test",
		summary: "for this test",
		exact: true,
		version: 1,
		modules: [],
		options: z.strictObject({}),
		supports: ({ n }) => n <= largest || { reason: `n must be <= ${largest}, got ${n}` },
		async run(problem, _options, runtime) {
			if (failure !== undefined) throw new ComputationError("invalid", failure);
			return streaming.run(problem, streaming.options.parse({}), runtime);
		},
	});

const easyRuns = (algorithm: AnyGradientAlgorithm) =>
	expectEasyRuns(
		algorithm,
		easyProblems(),
		(problem) => algorithm.run(problem, {}, runtime),
		(problem) => algorithm.supports(problem, {}),
	);

describe("the contract's easy problems", () => {
	test("an algorithm that refuses all of them fails, with its reasons", async () => {
		await expect(easyRuns(algorithmThat({ largest: 0 }))).rejects.toThrow(
			/^test refuses every easy problem: n = 63, d = 2: n must be <= 0, got 63;/,
		);
	});

	test("an algorithm that gives up on a problem that it supports fails", async () => {
		await expect(easyRuns(algorithmThat({ largest: 100, failure: "test: gives up" }))).rejects.toThrow("gives up");
	});

	test("refusals of some are told", async () => {
		expect(await easyRuns(algorithmThat({ largest: 100 }))).toEqual(["n = 111, d = 3: n must be <= 100, got 111"]);
		expect(await easyRuns(algorithmThat({ largest: 1000 }))).toEqual([]);
	});

	test("a wrong gradient fails", async () => {
		const right = algorithmThat({ largest: 1000 });
		const negated: AnyGradientAlgorithm = {
			...right,
			async run(...given) {
				const result = await right.run(...given);
				const gradient: Matrix = result.gradient.copy();
				for (let at = 0; at < gradient.data.length; at++) gradient.data[at] *= -1;
				return { ...result, gradient };
			},
		};
		await expect(easyRuns(negated)).rejects.toThrow();
	});
});

describe("attempts", () => {
	const problem = (n: number) => generateProblem({ distribution: "uniform", n, d: 2, B: 0.3, seed: 1 });

	test("say what was refused, each reason once", async () => {
		const attempts = new Attempts(algorithmThat({ largest: 10 }), {}, runtime);
		for (const n of [3, 20, 20, 30]) await attempts.run(problem(n));
		expect(attempts.account()).toBe(
			"skipped 3 of 4 problems: n = 20, d = 2, f64: n must be <= 10, got 20; n = 30, d = 2, f64: n must be <= 10, got 30",
		);
	});

	test("fail where some problems are supported and none is run on", async () => {
		const attempts = new Attempts(algorithmThat({ largest: 10, failure: "test: gives up" }), {}, runtime);
		for (const n of [3, 20]) expect(await attempts.run(problem(n))).toBeUndefined();
		expect(() => attempts.account()).toThrow("test supports 1 of 2 problems and ran on none");
	});

	test("have nothing to say where all problems are run on", async () => {
		const attempts = new Attempts(algorithmThat({ largest: 10 }), {}, runtime);
		expect(await attempts.run(problem(3))).toBeDefined();
		expect(attempts.account()).toBe("");
	});

	test("refuse a refusal that begins with a capital", async () => {
		const attempts = new Attempts(algorithmThat({ largest: 10, failure: "Capital" }), {}, runtime);
		await expect(attempts.run(problem(3))).rejects.toThrow("a refusal must begin in lower case");
	});

	test.each(["", "two\nlines"])("refuse %j as a reason", async (reason) => {
		const algorithm = { ...algorithmThat({ largest: 10 }), supports: () => ({ reason }) };
		await expect(new Attempts(algorithm, {}, runtime).run(problem(3))).rejects.toThrow("a refusal must be one line");
	});
});
