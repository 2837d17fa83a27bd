import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { run } from "../../testing/run.ts";
import { embeddedEstimate } from "./embedded-degree.ts";

const distributions = ["uniform", "biased", "hypercube", "clustered"];

test.each(distributions)(
	"the embedded-degree estimate is above the true error and within 1000 times it (%s)",
	async (distribution) => {
		const problem = generateProblem({ distribution, n: 257, d: 3, B: 1, seed: 8 });
		const exact = await streamingGradient(problem);
		for (const route of ["moment", "reverse"] as const)
			for (const degree of [3, 5, 7]) {
				const { gradient } = await run(problem, { route, degree });
				const error = maxAbsDifference(gradient, exact.gradient);
				const estimate = await embeddedEstimate(problem, { route, degree });
				expect(estimate).toBeGreaterThan(error);
				expect(estimate).toBeLessThan(1000 * error);
			}
	},
);

describe("row sampling", () => {
	test.each(distributions)("its estimate is above the true error and within 30 times it (%s)", async (distribution) => {
		const problem = generateProblem({ distribution, n: 600, d: 3, B: 1, seed: 9 });
		const exact = await streamingGradient(problem);
		for (const route of ["moment", "reverse", "paper"] as const)
			for (const degree of [2, 4, 6]) {
				const { gradient, certificate } = await run(problem, { route, degree, certificate: "estimate" });
				const error = maxAbsDifference(gradient, exact.gradient);
				expect(certificate!.kind).toBe("estimate");
				expect(certificate!.bound).toBeGreaterThan(error);
				expect(certificate!.bound).toBeLessThan(30 * error);
			}
	});

	test("with all rows in the sample it is the error itself", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1.5, seed: 1 });
		const exact = await streamingGradient(problem);
		const { gradient, certificate } = await run(problem, { degree: 4, certificate: "estimate" });
		const error = maxAbsDifference(gradient, exact.gradient);
		expect(Math.abs(certificate!.bound - certificate!.floatFloor - error)).toBeLessThan(1e-9 * error + 1e-14);
	});

	test("it asks for a lower degree than a proof does", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 300, d: 3, B: 1, seed: 2 });
		const exact = await streamingGradient(problem);
		const estimated = await run(problem, { epsilon: 1e-7, certificate: "estimate" });
		const proven = await run(problem, { epsilon: 1e-7 });
		expect(estimated.degree).toBeLessThan(proven.degree!);
		expect(maxAbsDifference(estimated.gradient, exact.gradient)).toBeLessThan(1e-7);
	});
});
