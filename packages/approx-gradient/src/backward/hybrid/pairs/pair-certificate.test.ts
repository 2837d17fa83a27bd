import { generateProblem } from "@attgrad/attention-problem";
import { gradientByRows } from "@attgrad/attention-problem/reference";
import { createRuntime, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import { hybrid } from "../../../feature-maps/index.ts";
import { binomialTail } from "../../../testing/binomial-tail.ts";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

describe("probabilistic certificates of hybrid", () => {
	test.each([
		["gaussian", 160, 2, 0.7, 6],
		["uniform", 200, 3, 2, 8],
		["clustered", 150, 3, 3, 6],
		["massive", 150, 2, 2, 4],
	] as const)("fail in no more than a fifth of runs at confidence 0.8: %s", async (distribution, n, d, B, rank) => {
		const problem = generateProblem({ distribution, n, d, B, seed: 5 });
		const truth = gradientByRows(problem).gradient;
		const runs = 60;
		let [failures, sampled] = [0, 0];
		for (let seed = 0; seed < runs; seed++) {
			const options = { rank, certificate: "probabilistic", confidence: 0.8, certificateSeed: seed };
			const { gradient, certificate } = await hybrid.run(problem, hybrid.options.parse(options), runtime);
			if (certificate?.kind === "probabilistic") sampled++;
			if (maxAbsDifference(gradient, truth) > (certificate?.bound ?? 0)) failures++;
		}
		expect(sampled).toBe(runs);
		expect(binomialTail(failures, runs, 0.2)).toBeGreaterThan(0.01);
	});

	test("are repeatable, and tell seed, confidence and pairs", async () => {
		const problem = generateProblem({ distribution: "gaussian", n: 700, d: 4, B: 1, seed: 2 });
		const run = (more: object) => hybrid.run(problem, hybrid.options.parse({ rank: 40, ...more }), runtime);
		const proved = await run({});
		const first = await run({ certificate: "probabilistic", certificateSeed: 7 });
		const again = await run({ certificate: "probabilistic", certificateSeed: 7 });
		const other = await run({ certificate: "probabilistic" });
		expect(first.certificate).toEqual(again.certificate);
		expect(first.certificate).toMatchObject({ kind: "probabilistic", confidence: 1 - 1e-9, seed: 7 });
		expect(first.certificate?.pairs).toBeGreaterThan(1000);
		expect(other.certificate?.seed).not.toBe(7);
		expect(first.certificate?.bound).toBeLessThan((proved.certificate?.bound ?? 0) / 3);
		const error = maxAbsDifference(first.gradient, gradientByRows(problem).gradient);
		expect(error).toBeLessThanOrEqual(first.certificate?.bound ?? 0);
	});

	test("hold where an accuracy is asked for, at the confidence of the request", async () => {
		const problem = generateProblem({ distribution: "gaussian", n: 2000, d: 4, B: 0.5, seed: 2 });
		const truth = gradientByRows(problem).gradient;
		const options = { relative: 0.1, certificate: "probabilistic", confidence: 1e-6 };
		const { gradient, certificate } = await hybrid.run(problem, hybrid.options.parse(options), runtime);
		expect(certificate).toMatchObject({ kind: "probabilistic", confidence: 1 - 1e-6 });
		expect(certificate?.bound).toBeLessThanOrEqual(0.1 * maxAbs(truth));
		expect(maxAbsDifference(gradient, truth)).toBeLessThanOrEqual(certificate?.bound ?? 0);
	});

	test("give way to exact rows where these take less time", async () => {
		const problem = generateProblem({ distribution: "gaussian", n: 300, d: 4, B: 1, seed: 2 });
		const { gradient: truth } = gradientByRows(problem);
		const { gradient, certificate } = await hybrid.run(
			problem,
			hybrid.options.parse({ relative: 1e-3, certificate: "probabilistic" }),
			runtime,
		);
		expect(certificate?.kind).toBe("a-posteriori");
		expect(certificate?.bound).toBeLessThanOrEqual(1e-3 * maxAbs(truth));
		expect(maxAbsDifference(gradient, truth)).toBeLessThanOrEqual(certificate?.bound ?? 0);
	});

	test("are refused where the options are wrong", () => {
		for (const confidence of [0, 1, -0.5, 2])
			expect(() => hybrid.options.parse({ certificate: "probabilistic", confidence })).toThrow();
		expect(() => hybrid.options.parse({ confidence: 0.9 })).toThrow(/hybrid: confidence .* probabilistic/);
		expect(() => hybrid.options.parse({ certificateSeed: 3 })).toThrow(/probabilistic/);
		expect(() => hybrid.options.parse({ certificate: "a-priori" })).toThrow();
		expect(() => hybrid.options.parse({ rank: 8, relative: 0.1 })).toThrow(/one of rank, epsilon and relative/);
	});
});
