import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import { clusters } from "./feature-maps/clusters/clusters.ts";
import { hybrid } from "./feature-maps/hybrid/hybrid.ts";
import { nystrom } from "./feature-maps/nystrom/nystrom.ts";
import { linearAttention } from "./feature-maps/polynomial/linear-attention.ts";
import { randomFeatures } from "./feature-maps/random-features/random-features.ts";
import { supportBasis } from "./feature-maps/support-basis/support-basis.ts";
import { auto } from "./planner/auto.ts";
import { polynomial } from "./polynomial/polynomial.ts";

/** The algorithms that approximate the gradient. */
export const approximateAlgorithms: readonly AnyGradientAlgorithm[] = [
	polynomial,
	nystrom,
	randomFeatures,
	supportBasis,
	linearAttention,
	clusters,
	hybrid,
	auto,
];
