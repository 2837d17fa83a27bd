import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import type { Random } from "@attgrad/matrix-core";
import { clusters, linearAttention, nystrom, supportBasis } from "../../src/feature-maps/index.ts";
import { polynomial } from "../../src/index.ts";
import { auto } from "../../src/planner/auto.ts";
import { pick } from "./problems.ts";

/** An algorithm with a proof, and random options for it. */
export type Target = readonly [AnyGradientAlgorithm, (random: Random) => object];

/** The polynomial method: every route, basis, set of monomials and kind of certificate. */
export const polynomialTarget: Target = [
	polynomial,
	(random) => ({
		// A search for the least anisotropic set takes long where there is none: those attacks are at a degree.
		...(random.integer(0, 5) === 0
			? { degree: random.integer(0, 5), monomials: "anisotropic" }
			: { ...polynomialOptions(random), monomials: "total-degree" }),
		route: pick(random, ["paper", "moment", "moment", "reverse"]),
		basis: pick(random, ["taylor", "chebyshev", "minimax"]),
		certificate: pick(random, ["a-posteriori", "a-posteriori", "a-priori"]),
	}),
];

/** The algorithms by feature maps, and the one that chooses. */
export const otherTargets: readonly Target[] = [
	[linearAttention, () => ({})],
	[nystrom, (random) => epsilonOr(random, () => ({ rank: random.integer(1, 130) }))],
	[
		supportBasis,
		(random) => ({
			...polynomialOptions(random),
			...sometimes(random, () => ({ threshold: 3 * random.uniform() * 10 ** random.integer(0, 3) })),
		}),
	],
	[auto, (random) => ({ epsilon: 10 ** random.uniform(-8, 1) })],
	[
		clusters,
		(random) => ({
			...polynomialOptions(random),
			...sometimes(random, () => ({ queryClusters: random.integer(1, 10) })),
			...sometimes(random, () => ({ keyClusters: random.integer(1, 10) })),
			...sometimes(random, () => ({ drop: 10 ** random.uniform(-10, -1) })),
		}),
	],
];

/** Options of the polynomial's outputs. */
export const outputOptions = (random: Random): object => ({
	...polynomialOptions(random),
	basis: pick(random, ["taylor", "chebyshev", "minimax"]),
});

const sometimes = (random: Random, options: () => object): object => (random.integer(0, 1) === 0 ? {} : options());

const epsilonOr = (random: Random, options: () => object): object =>
	random.integer(0, 7) === 0 ? { epsilon: 10 ** random.uniform(-10, 1) } : options();

const polynomialOptions = (random: Random): object =>
	epsilonOr(random, () => ({ degree: random.integer(0, random.integer(0, 1) === 0 ? 5 : 10) }));
