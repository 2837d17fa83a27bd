import { asDtype, generateProblem } from "@attgrad/attention-problem";
import { gradientByRows } from "@attgrad/attention-problem/reference";
import { availableKernels, createRuntime, maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { binomialTail } from "../../../testing/binomial-tail.ts";
import { profileOn } from "../../method/method-of.ts";
import { polynomial } from "../../polynomial.ts";
import { gaussOfDegree } from "../gauss-gradient.ts";
import { type Coins, gaussRequest } from "../gauss-request.ts";
import { gaussWithinProbable } from "./probable-degree.ts";

const kernels = await availableKernels();
const runtime = await createRuntime({ kernel: kernels.at(-1) ?? "js", threads: 1 });

async function requestFor(problem: ReturnType<typeof generateProblem>) {
	return gaussRequest(problem, await profileOn(problem, runtime), runtime, "v2");
}

describe("probabilistic certificates", () => {
	test.each([
		["uniform", 1.5, 1],
		["gaussian", 0.7, 3],
		["clustered", 1, 3],
	] as const)(
		"fail in no more than a fifth of runs at confidence 0.8: %s, B = %s, degree %s",
		async (distribution, B, degree) => {
			const problem = generateProblem({ distribution, n: 192, d: 2, B, seed: 5 });
			const request = await requestFor(problem);
			const truth = gradientByRows(problem).gradient;
			const runs = 100;
			let failures = 0;
			let sampled = 0;
			for (let seed = 0; seed < runs; seed++) {
				const coins: Coins = { failure: 0.2, seed };
				const { gradient, certificate } = await gaussOfDegree({ ...request, coins }, degree);
				if (certificate?.kind === "probabilistic") sampled++;
				if (maxAbsDifference(gradient, truth) > (certificate?.bound ?? 0)) failures++;
			}
			expect(sampled).toBe(runs);
			expect(binomialTail(failures, runs, 0.2)).toBeGreaterThan(0.01);
		},
	);

	test.each(kernels)("are a repeatable part of what is proved, kernel %s", async (kernel) => {
		const onKernel = await createRuntime({ kernel, threads: 1 });
		const problem = generateProblem({ distribution: "clustered", n: 4000, d: 3, B: 2, seed: 2 });
		const options = { basis: "gauss", degree: 5, route: "moment" } as const;
		const run = (more: object) => polynomial.run(problem, polynomial.options.parse({ ...options, ...more }), onKernel);
		const proved = await run({});
		const [first, again, other] = [
			await run({ certificate: "probabilistic", certificateSeed: 7 }),
			await run({ certificate: "probabilistic", certificateSeed: 7 }),
			await run({ certificate: "probabilistic" }),
		];
		expect(first.certificate).toEqual(again.certificate);
		expect(first.gradient.data).toEqual(proved.gradient.data);
		expect(first.certificate).toMatchObject({ kind: "probabilistic", confidence: 1 - 1e-9, seed: 7 });
		expect(other.certificate?.seed).not.toBe(7);
		const bound = first.certificate?.bound ?? 0;
		expect(bound).toBeLessThan(proved.certificate?.bound ?? 0);
		expect(maxAbsDifference(first.gradient, gradientByRows(problem).gradient)).toBeLessThanOrEqual(bound);
	});

	test("count rounding in single precision", async () => {
		const problem = asDtype(generateProblem({ distribution: "uniform", n: 1500, d: 2, B: 1, seed: 9 }), "f32");
		const options = polynomial.options.parse({ basis: "gauss", degree: 5, certificate: "probabilistic" });
		const { gradient, certificate } = await polynomial.run(problem, options, runtime);
		const error = maxAbsDifference(gradient, gradientByRows(asDtype(problem, "f64")).gradient);
		expect(certificate?.bound).toBeGreaterThan(error);
		expect(certificate?.floatFloor).toBeGreaterThan(0);
	});

	test("hold where an accuracy is asked for", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 3000, d: 2, B: 1, seed: 4 });
		const options = polynomial.options.parse({
			basis: "gauss",
			relative: 1e-3,
			certificate: "probabilistic",
			confidence: 1e-6,
		});
		const { gradient, certificate } = await polynomial.run(problem, options, runtime);
		const largest = Math.max(...gradient.data.map(Math.abs));
		expect(certificate?.bound).toBeLessThan(1.01e-3 * largest);
		if (certificate?.kind === "probabilistic") expect(certificate.confidence).toBe(1 - 1e-6);
		expect(maxAbsDifference(gradient, gradientByRows(problem).gradient)).toBeLessThan(certificate?.bound ?? 0);
	});

	test("of one seed have coins of their own for each accuracy", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 2 ** 14, d: 6, B: 1, seed: 4 });
		const request = { ...(await requestFor(problem)), coins: { failure: 1e-6, seed: 7 } };
		const run = (epsilon: number) => gaussWithinProbable(request, epsilon);
		const [first, again, other] = [await run(0.0069), await run(0.0069), await run(0.00689)];
		expect(first.certificate).toMatchObject({ kind: "probabilistic", confidence: 1 - 1e-6, seed: 7 });
		expect(again.certificate).toEqual(first.certificate);
		expect(other.certificate).toMatchObject({ kind: "probabilistic", confidence: 1 - 1e-6, seed: 7 });
		expect(other.degree).toBe(first.degree);
		expect(other.certificate?.bound).not.toBe(first.certificate?.bound);
	});

	test("are refused without polynomials by row, and with a confidence that is none", () => {
		const problem = generateProblem({ distribution: "uniform", n: 8, d: 2, B: 1, seed: 4 });
		const supports = (options: object) => polynomial.supports(problem, polynomial.options.parse(options));
		expect(supports({ degree: 3, certificate: "probabilistic" })).toEqual({
			reason: "a probabilistic certificate is of polynomials by row: basis gauss",
		});
		expect(supports({ degree: 3, basis: "gauss", form: "l1", certificate: "probabilistic" })).not.toBe(true);
		for (const confidence of [0, 1, -0.5, 2])
			expect(() => polynomial.options.parse({ basis: "gauss", certificate: "probabilistic", confidence })).toThrow();
		expect(() => polynomial.options.parse({ basis: "gauss", confidence: 0.9 })).toThrow(/probabilistic/);
	});
});
