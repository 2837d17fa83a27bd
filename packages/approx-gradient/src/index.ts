import type { AnyBackwardAlgorithm } from "@attgrad/attention-problem";
import { backwardHybrid, backwardPolynomial } from "./backward/index.ts";
import { featureMapBackwards } from "./feature-maps/index.ts";

export { cacheFolder } from "#platform";
export { ABSOLUTE_OF_ZERO, DEFAULT_RELATIVE, oneAccuracy, relativeOption } from "./accuracy.ts";
/** The backward passes that approximate. */
export const approximateBackwards: readonly AnyBackwardAlgorithm[] = [
	backwardPolynomial,
	...featureMapBackwards,
	backwardHybrid,
];

export {
	autoBackward,
	type BackwardAccuracy,
	type BackwardEntries,
	type BackwardEntry,
	type BackwardPlan,
	backwardHybrid,
	backwardPolynomial,
	type CertifiedProblemGradients,
	type HybridOperatorOutput,
	hybridForward,
	hybridOperatorOutput,
	type PolynomialBackwardOptions,
	type PolynomialOperatorOutput,
	type ProblemGradientsRequest,
	planBackward,
	planBackwardEntries,
	planProblemGradients,
	polynomialGradientOptions,
	polynomialOperatorOutput,
	polynomialProblemGradients,
	whyNotHybrid,
} from "./backward/index.ts";
export {
	clusters,
	type FeatureMap,
	type FeatureMapGradient,
	type FeatureMapOptions,
	featureMapBackward,
	featureMapGradient,
	type GradientForm,
	type HeadMap,
	hybrid,
	linearAttention,
	nystrom,
	randomFeatures,
	supportBasis,
	takesNoMask,
} from "./feature-maps/index.ts";
export { PivotedCholesky } from "./feature-maps/nystrom/pivoted-cholesky.ts";
export { approximateAlgorithms } from "./gradients.ts";
export * from "./location/index.ts";
export { auto } from "./planner/auto.ts";
export { calibratedModel } from "./planner/costs/calibration.ts";
export { costRun } from "./planner/costs/cost-algorithms.ts";
/** Runs that costs are measured on, by their sizes. */
export * as costSamples from "./planner/costs/cost-samples.ts";
export { type CostName, costNames } from "./planner/costs/costs.ts";
export { exactRowsRun, exactRowsTime } from "./planner/costs/exact-rows-cost.ts";
export { type PlannedRun, predictTime } from "./planner/costs/predict-time.ts";
export type { CostSample } from "./planner/costs/work.ts";
export { type Plan, type PlanEntry, type PlanTarget, timeByName } from "./planner/plan.ts";
export { type AskedError, type ForwardPlan, planForward } from "./planner/plan-forward.ts";
export { planGradient } from "./planner/plan-gradient.ts";
export { embeddedEstimate } from "./polynomial/certificates/embedded-degree.ts";
export type { PolynomialFamily } from "./polynomial/families/family.ts";
export { polynomialFamilies } from "./polynomial/families/index.ts";
export { roundingFloor } from "./polynomial/families/rounding-floor.ts";
export { type ApproximateGradientY, polynomialGradientY } from "./polynomial/gradient-y.ts";
export { kernelPasses } from "./polynomial/kernels/kernel-passes.ts";
export { type LowRankFactors, lowRankFactors } from "./polynomial/low-rank-factors.ts";
export { countMonomials } from "./polynomial/monomials/feature-tree.ts";
export { totalDegreeTree } from "./polynomial/monomials/total-degree.ts";
export { type PolynomialOptions, polynomial } from "./polynomial/polynomial.ts";
export { type PolynomialForwardOptions, polynomialForward } from "./polynomial/polynomial-forward.ts";
export {
	type EndToEnd,
	endToEnd,
	type LayerPerturbation,
	largestPerturbation,
	operandSample,
	type ProvedGradients,
	type ProvedOutput,
	type ProvedPass,
	perturbationOf,
	polynomialStack,
	type StackAccuracy,
	type StackRoute,
	servesSample,
} from "./stack/index.ts";
