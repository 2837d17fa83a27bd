export { countModels } from "./formulas/brute-force.ts";
export { readDimacs, writeDimacs } from "./formulas/dimacs.ts";
export { pigeonhole, randomFormula, threeSatThreshold, uniqueModelFormula } from "./formulas/families.ts";
export { type Assignment, asLiterals, type Formula, satisfies, type WantedCount } from "./formulas/formula.ts";
export { findModel } from "./formulas/model-search.ts";
export type { GradientQueries, GradientSizes, OracleError, Readings } from "./oracle/gradient-queries.ts";
export { addNoise, type Noise, parseNoise } from "./oracle/noise.ts";
export { createOracle, type Oracle, type OracleOptions } from "./oracle/oracle.ts";
export { perturb } from "./oracle/perturb.ts";
export { type Decision, decide, type Measurement } from "./reductions/decision/decision.ts";
export type { OneCallOptions } from "./reductions/decision/one-call-core.ts";
export type { BitSides, PairDecision, Side } from "./reductions/decision/pair-decision.ts";
export { defineReduction, type ProblemName, type Reduced, type Reduction } from "./reductions/decision/reduction.ts";
export { type AttentionMass, attentionMass } from "./reductions/gap/attention-mass.ts";
export { gapGradient, gapLogits } from "./reductions/gap/gap-gradient.ts";
export { gapIntegral, type IntegralOptions } from "./reductions/gap/gap-integral.ts";
export { gapRiemannSum, type RiemannSumOptions } from "./reductions/gap/gap-riemann-sum.ts";
export { certifiedNodes, gaussLegendre, leftRiemannSum, type QuadratureRule } from "./reductions/gap/gauss-legendre.ts";
export { massAtZero, massSquares, scoreRange, scoreRangeBound } from "./reductions/gap/integral.ts";
export { type HardAttention, hardAttention, separatingBeta } from "./reductions/hard-attention.ts";
export { BitMatrix, hammingDistance, innerProduct } from "./reductions/instances/bit-matrix.ts";
export { balance, type GapInstance, isClose, leastDistance, plantedGap } from "./reductions/instances/closest-pair.ts";
export { isOrthogonal, type OrthogonalVectors, orthogonalPairs } from "./reductions/instances/orthogonal-vectors.ts";
export { type Pair, type PairInstance, restrict } from "./reductions/instances/pairs.ts";
export { type CountingOptions, type CountingPlan, countingPlan } from "./reductions/orthogonal/counting-plan.ts";
export { type CountingSizes, orthogonalCounting, type PairCount } from "./reductions/orthogonal/orthogonal-counting.ts";
export { orthogonalGradient } from "./reductions/orthogonal/orthogonal-gradient.ts";
export { reductions } from "./reductions/registry.ts";
export { splitAndList, type VectorSizes } from "./reductions/split-and-list.ts";
export { type CountOptions, count, type ModelCount, requirePlainCount } from "./solve/count.ts";
export { findPair, type PairSearch } from "./solve/find-pair.ts";
export { type Reading, type Report, requireBuildable, type Unknown } from "./solve/report.ts";
export { formulaReductions, type Solution, type SolveOptions, solve } from "./solve/solve.ts";
export { chebyshevDegree } from "./threshold/polynomial-need.ts";
export { symmetricEigenvalues } from "./threshold/symmetric-eigenvalues.ts";
export {
	binaryEntropy,
	certifiedLimit,
	certifiedRank,
	type HypercubeFamily,
	hypercubeSpectrum,
	log2MonomialCount,
	spectralLimit,
	spectralRank,
} from "./threshold/threshold.ts";
