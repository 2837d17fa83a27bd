import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { ComputationError, Matrix, maxAbsDifference } from "@attgrad/matrix-core";
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

	test("are refused at once where the error that they are chosen by is beyond double precision", async () => {
		const drawn = generateProblem({ distribution: "uniform", n: 8, d: 2, B: 1, seed: 1 });
		for (const size of [1e3, 1e6, 1e100]) {
			const grown = (A: Matrix) => Matrix.build(A.rows, A.cols, (i, j) => size * A.at(i, j));
			const problem = { ...drawn, A1: grown(drawn.A1), A2: grown(drawn.A2) };
			for (const basis of ["taylor", "chebyshev", "minimax"] as const)
				await expect(run(problem, { basis, monomials: "anisotropic", degree: 4 })).rejects.toThrow(ComputationError);
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
