import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import { clusters, linearAttention, nystrom, randomFeatures, supportBasis } from "./feature-maps/index.ts";
import { auto } from "./planner/auto.ts";
import { polynomial } from "./polynomial.ts";

/** The algorithms that approximate the gradient. */
export const approximateAlgorithms: readonly AnyGradientAlgorithm[] = [
	polynomial,
	nystrom,
	randomFeatures,
	supportBasis,
	linearAttention,
	clusters,
	auto,
];

export { embeddedEstimate } from "./certificates/embedded-degree.ts";
export {
	clusters,
	type FeatureMap,
	type FeatureMapGradient,
	type FeatureMapOptions,
	featureMapGradient,
	type GradientForm,
	linearAttention,
	nystrom,
	randomFeatures,
	supportBasis,
} from "./feature-maps/index.ts";
export { PivotedCholesky } from "./feature-maps/nystrom/pivoted-cholesky.ts";
export { type ApproximateGradientY, polynomialGradientY } from "./gradient-y.ts";
export { type KernelPasses, kernelPasses } from "./kernel-passes.ts";
export { type LowRankFactors, lowRankFactors } from "./low-rank-factors.ts";
export { downwardClosedTree } from "./monomials/downward-closed.ts";
export { countMonomials, type FeatureTree, featureWeights } from "./monomials/feature-tree.ts";
export { totalDegreeTree } from "./monomials/total-degree.ts";
export { auto, runPlan } from "./planner/auto.ts";
export { calibratedModel } from "./planner/calibration.ts";
export { cacheFolder } from "./planner/calibration-cache.ts";
export { type CostModel, nominalModel } from "./planner/cost-model.ts";
export type { CostName, Work } from "./planner/costs.ts";
export { type Plan, type PlanEntry, shortTime } from "./planner/plan.ts";
export { type ForwardPlan, planForward } from "./planner/plan-forward.ts";
export { planGradient } from "./planner/plan-gradient.ts";
export { type PlannedRun, predictTime } from "./planner/predict-time.ts";
export { type PolynomialOptions, polynomial } from "./polynomial.ts";
export {
	type PolynomialForwardOptions,
	type PreparedForward,
	polynomialForward,
	prepareForward,
} from "./polynomial-forward.ts";
export type { PolynomialFamily } from "./polynomials/family.ts";
export { polynomialFamilies } from "./polynomials/index.ts";
export { roundingFloor } from "./polynomials/rounding-floor.ts";
