import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { maxAbsDifference } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { run } from "../../testing/run.ts";
import { polynomialFamilies } from "../families/index.ts";
import { profileOf } from "../profile/profile.ts";
import { routes } from "../routes/index.ts";
import { totalDegreeApproximation } from "./approximation.ts";
import { balancedSpace, reachOf } from "./feature-space.ts";
import { rowDegrees } from "./row-degrees.ts";

const problem = generateProblem({ distribution: "heavy-tailed", n: 700, d: 3, B: 2, seed: 5 });

test("the degree of a row grows with its radius, and its errors are within those of the whole", async () => {
	const profile = await profileOf(problem);
	const space = balancedSpace(profile);
	for (const family of Object.values(polynomialFamilies)) {
		const method = { profile, space, route: routes.moment, family };
		const approximation = totalDegreeApproximation(method, 9);
		const plan = rowDegrees(method, approximation, approximation.tree());
		let previous = 0;
		for (const part of [0.01, 0.1, 0.3, 0.6, 0.8, 0.99]) {
			const direction = Float64Array.of(1, 1, 1);
			const length = (part * space.radius) / reachOf(direction, 0, 1, space);
			const point = direction.map((x) => length * x);
			const degree = plan.degreeOf(point, 0, 1);
			expect(degree).toBeGreaterThanOrEqual(previous);
			expect(plan.weightsOf(degree).length).toBe(((degree + 1) * (degree + 2) * (degree + 3)) / 6);
			previous = degree;
		}
		expect(plan.degreeOf(new Float64Array(3), 0, 1)).toBeLessThan(4);
		expect(previous).toBe(9);
	}
});

test("degrees by row keep the certificate and change little", async () => {
	const exact = await streamingGradient(problem);
	for (const options of [{ epsilon: 1e-4 }, { degree: 12 }, { epsilon: 1e-4, certificate: "a-priori" as const }]) {
		const uniform = await run(problem, options);
		const byRow = await run(problem, { ...options, rowDegrees: true });
		expect(byRow.degree).toBe(uniform.degree);
		expect(byRow.certificate!.bound).toBeLessThanOrEqual(1.1 * uniform.certificate!.bound);
		expect(maxAbsDifference(byRow.gradient, exact.gradient)).toBeLessThanOrEqual(byRow.certificate!.bound);
		expect(byRow.gradient.data).not.toEqual(uniform.gradient.data);
		expect(Math.abs(byRow.loss / exact.loss - 1)).toBeLessThan(1e-6);
	}
});

test("degrees by row are for the moment route and total degree", async () => {
	const { polynomial } = await import("../polynomial.ts");
	for (const options of [{ route: "paper" }, { monomials: "anisotropic" }])
		expect(polynomial.supports(problem, polynomial.options.parse({ ...options, rowDegrees: true }))).toHaveProperty(
			"reason",
		);
});
