import { generateProblem } from "@attgrad/attention-problem";
import { denseIntermediates } from "@attgrad/exact-gradient";
import { expect, test } from "vitest";
import { chebyshev } from "../families/chebyshev.ts";
import { totalDegreeApproximation } from "../method/approximation.ts";
import { balancedSpace } from "../method/feature-space.ts";
import { featureWeights } from "../monomials/feature-tree.ts";
import { profileOf } from "../profile/profile.ts";
import { routes } from "../routes/index.ts";
import { DeviationPilot, pilotDegree, pilotInflation } from "./deviation-pilot.ts";

test.each(["uniform", "gaussian", "hypercube", "biased", "heavy-tailed", "clustered"])(
	"the deviations of every row are at least the true ones and at most 1.3 times them (%s)",
	async (distribution) => {
		const problem = generateProblem({ distribution, n: 111, d: 3, B: 0.8, seed: 2 });
		const profile = await profileOf(problem);
		const method = { profile, space: balancedSpace(profile), route: routes.moment, family: chebyshev };
		const approximation = totalDegreeApproximation(method, 12);
		const tree = approximation.tree();
		const pilot = new DeviationPilot(method, tree, pilotDegree(method, approximation)!);
		const { f, h } = denseIntermediates(problem);
		let rows = 0;
		await routes.moment.run(
			{ problem, tree, weights: featureWeights(tree, approximation.coefficients), frame: method.space.frame },
			{
				watchers: [
					pilot,
					{
						rows(block) {
							for (let j = 0; j < block.count; j++, rows++) {
								const bounds = pilot.deviations(j)!;
								for (let i = 0; i < 3; i++) {
									const ofValues = deviation(f.row(block.indices[j]), (l) => h.at(l, i));
									const ofKeys = deviation(f.row(block.indices[j]), (l) => problem.A2.at(l, i));
									expect(bounds.values[i]).toBeGreaterThanOrEqual(ofValues * (1 - 1e-12));
									expect(bounds.keys[i]).toBeGreaterThanOrEqual(ofKeys * (1 - 1e-12));
									// Rounding adds at most 1e-6 of the range: the root of some 1e-13 of its square.
									expect(bounds.values[i]).toBeLessThanOrEqual(pilotInflation ** 2 * ofValues + 1e-5);
									expect(bounds.keys[i]).toBeLessThanOrEqual(pilotInflation ** 2 * ofKeys + 1e-5);
								}
							}
						},
					},
				],
			},
		);
		expect(rows).toBe(111);
	},
);

function deviation(weights: ArrayLike<number>, x: (l: number) => number): number {
	let mean = 0;
	for (let l = 0; l < weights.length; l++) mean += weights[l] * x(l);
	let variance = 0;
	for (let l = 0; l < weights.length; l++) variance += weights[l] * (x(l) - mean) ** 2;
	return Math.sqrt(variance);
}
