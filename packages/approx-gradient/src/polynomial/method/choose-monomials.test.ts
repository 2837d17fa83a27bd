import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { decayingProblem } from "../../testing/problems.ts";
import { run } from "../../testing/run.ts";
import { countMonomials } from "../monomials/feature-tree.ts";

describe("anisotropic monomials", () => {
	test.each(["a-priori", "a-posteriori"] as const)(
		"on a decaying spectrum, d = 8, K is at least 3 times smaller at the same epsilon (%s)",
		async (certificate) => {
			const problem = decayingProblem({ n: 512, d: 8, B: 1.5, decay: 0.5, seed: 3 });
			const exact = await streamingGradient(problem);
			const all = await run(problem, { epsilon: 1e-4, certificate });
			const few = await run(problem, { epsilon: 1e-4, certificate, monomials: "anisotropic" });
			expect(all.rank).toBe(countMonomials(8, all.degree!));
			expect(few.rank! * 3).toBeLessThanOrEqual(all.rank!);
			for (const { gradient, certificate: proof } of [all, few]) {
				expect(proof!.bound).toBeLessThanOrEqual(1e-4);
				expect(maxAbsDifference(gradient, exact.gradient)).toBeLessThanOrEqual(proof!.bound);
			}
		},
	);

	test.each(["paper", "moment", "reverse"] as const)("are never more than total degree has (%s)", async (route) => {
		for (const distribution of ["uniform", "hypercube", "low-rank", "biased"]) {
			const problem = generateProblem({ distribution, n: 111, d: 3, B: 1, seed: 2 });
			const exact = await streamingGradient(problem);
			const all = await run(problem, { route, epsilon: 1e-6 });
			const few = await run(problem, { route, epsilon: 1e-6, monomials: "anisotropic" });
			expect(few.rank).toBeLessThanOrEqual(all.rank!);
			expect(maxAbsDifference(few.gradient, exact.gradient)).toBeLessThanOrEqual(few.certificate!.bound);
			expect(few.certificate!.bound).toBeLessThanOrEqual(1e-6);
		}
	});

	test("a degree gives the set that at most doubles the relative error", async () => {
		const problem = decayingProblem({ n: 111, d: 4, B: 1.5, decay: 0.5, seed: 3 });
		const exact = await streamingGradient(problem);
		const { rank, gradient, certificate } = await run(problem, { degree: 6, monomials: "anisotropic" });
		expect(rank).toBeLessThan(countMonomials(4, 6));
		expect(maxAbsDifference(gradient, exact.gradient)).toBeLessThanOrEqual(certificate!.bound);
	});

	test("have no estimated certificate", async () => {
		const problem = decayingProblem({ n: 11, d: 2, B: 1, decay: 0.5, seed: 3 });
		const { polynomial } = await import("../polynomial.ts");
		const options = polynomial.options.parse({ monomials: "anisotropic", certificate: "estimate" });
		expect(polynomial.supports(problem, options)).toEqual({
			reason: "an error is estimated for total-degree monomials only",
		});
	});
});
