import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { createRuntime, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { supportBasis } from "./support-basis.ts";

const runtime = await createRuntime({ kernel: "js" });
const run = async (problem: ReturnType<typeof generateProblem>, options: object) => {
	const result = await supportBasis.run(problem, supportBasis.options.parse(options), runtime);
	const exact = await streamingGradient(problem);
	return { ...result, error: maxAbsDifference(result.gradient, exact.gradient) / maxAbs(exact.gradient) };
};
const heavy = generateProblem({ distribution: "heavy-tailed", n: 700, d: 3, B: 3, seed: 1 });

describe("support-basis", () => {
	it("is right on heavy tails at a degree at which the polynomial alone is useless", async () => {
		const [support, polynomial] = [await run(heavy, { degree: 5 }), await run(heavy, { degree: 5, threshold: 10 })];
		expect(support.error).toBeLessThan(1e-8);
		expect(polynomial.error).toBeGreaterThan(1e-3);
	});

	it("certifies with the radius of the light rows", async () => {
		const { certificate } = await run(heavy, { threshold: 0.5 });
		// light entries are below 0.5: ‖q‖‖k‖ <= 0.5√3/3 · 0.5√3
		expect(certificate?.radius).toBeLessThan(0.2501);
		expect(certificate?.kind).toBe("a-posteriori");
	});

	it("is exact where all rows are heavy", async () => {
		const problem = generateProblem({ distribution: "gaussian", n: 111, d: 2, B: 2, seed: 2 });
		expect((await run(problem, { threshold: 0, degree: 0 })).error).toBeLessThan(1e-13);
	});

	it("keeps the epsilon it was given", async () => {
		for (const epsilon of [1e-2, 1e-5]) {
			const { certificate } = await run(heavy, { epsilon });
			expect(certificate?.bound).toBeLessThanOrEqual(epsilon);
		}
	});

	it("chooses a threshold that leaves few rows heavy on heavy tails", async () => {
		const { rank, degree } = await run(heavy, {});
		expect(degree).toBeLessThanOrEqual(5);
		// C(3 + 5, 5) = 56 monomials and the 1 % of heavy keys
		expect(rank).toBeLessThan(56 + 20);
	});
});
