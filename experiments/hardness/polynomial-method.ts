import {
	chebyshevDegree,
	countingPlan,
	type GradientSizes,
	gapGradient,
	gapIntegral,
	innerProduct,
	log2MonomialCount,
	type OrthogonalVectors,
	orthogonalCounting,
	orthogonalGradient,
	plantedGap,
	randomFormula,
	scoreRange,
	splitAndList,
} from "@attgrad/hardness";
import type { CellContext, Measurement } from "@attgrad/harness";
import { type Decoding, thetaMax } from "./cases.ts";

/** Relative error of the exponentials that the polynomial is asked for: generous to it. */
export const polynomialError = 0.1;

/** Sizes of a problem and the range of its scores, for an instance of `size` queries and keys. */
export function scoresOf(reduction: Decoding, size: number, seed: number): GradientSizes & { range: number } {
	if (reduction === "R1b") {
		const source = plantedGap({ n: size, yes: true, seed });
		return { ...gapGradient.sizes(source), range: scoreRange(source) };
	}
	if (reduction === "R2") {
		const source = plantedGap({ n: size, yes: true, seed });
		return { ...gapIntegral.sizes(source), range: scoreRange(source) };
	}
	const { target } = splitAndList.reduce(randomFormula({ variables: 2 * Math.log2(size), seed }));
	const overlap = largestOverlap(target);
	if (reduction === "R1a") {
		const sizes = orthogonalGradient.sizes(target);
		return { ...sizes, range: (sizes.B ** 2 / sizes.d) * overlap };
	}
	const plan = countingPlan(target, { thetaMax });
	return { ...orthogonalCounting.sizes(target, { thetaMax }), range: thetaMax * overlap + plan.logM };
}

function largestOverlap({ a, b }: OrthogonalVectors): number {
	let largest = 0;
	for (let j = 0; j < a.rows; j++)
		for (let l = 0; l < b.rows; l++) largest = Math.max(largest, innerProduct(a.row(j), b.row(l)));
	return largest;
}

/** Degree and rank of the data-oblivious polynomial method on an instance, with the best possible centring. */
export async function measurePolynomial(
	reduction: Decoding,
	size: number,
	{ cell }: CellContext,
): Promise<Measurement> {
	const { n, d, B, range } = scoresOf(reduction, size, cell.seed);
	const degree = chebyshevDegree(range / 2, polynomialError);
	return {
		degree,
		radius: range / 2,
		extra: {
			reduction,
			source: size,
			ratio: B / Math.sqrt(Math.log(n)),
			range,
			log2Rank: log2MonomialCount(d, degree),
			exponent: log2MonomialCount(d, degree) / Math.log2(n),
		},
	};
}
