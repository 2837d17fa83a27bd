import type { AttentionProblem } from "@attgrad/attention-problem";
import { maxAbsDifference, type RowSource, UsageError } from "@attgrad/matrix-core";
import { polynomialFamilies } from "../families/index.ts";
import { totalDegreeApproximation } from "../method/approximation.ts";
import { balancedSpace } from "../method/feature-space.ts";
import { featureWeights } from "../monomials/feature-tree.ts";
import { profileOf } from "../profile/profile.ts";
import { routes } from "../routes/index.ts";
import type { Route } from "../routes/route.ts";

/**
 * max |g̃_g - g̃_(g-1)|, the gradients of degree g and g - 1 at one radius: an estimate of the error at degree g, not a
 * proof (paper.md 7.6). It is nearer to the error at degree g - 1, and so tens of times above the one at g. Cost that of
 * both gradients.
 * @throws UsageError when the degree is below 1; ComputationError (invalid) when a normaliser is not positive
 */
export async function embeddedEstimate(
	problem: AttentionProblem<RowSource>,
	{
		route = "moment",
		basis = "chebyshev",
		degree,
	}: { route?: Route["name"]; basis?: keyof typeof polynomialFamilies; degree: number },
): Promise<number> {
	if (!(Number.isInteger(degree) && degree >= 1))
		throw new UsageError(`embeddedEstimate: degree must be a whole number >= 1, got ${degree}`);
	const profile = await profileOf(problem);
	const space = balancedSpace(profile);
	const method = { profile, space, route: routes[route], family: polynomialFamilies[basis] };
	const gradientAt = async (g: number) => {
		const approximation = totalDegreeApproximation(method, g);
		const tree = approximation.tree();
		const weights = featureWeights(tree, approximation.coefficients);
		return (await method.route.run({ problem, tree, weights, frame: space.frame })).gradient;
	};
	return maxAbsDifference(await gradientAt(degree), await gradientAt(degree - 1));
}
