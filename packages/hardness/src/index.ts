export { type AttentionMass, attentionMass } from "./attention-mass.ts";
export { BitMatrix, hammingDistance, innerProduct } from "./bit-matrix.ts";
export { countModels } from "./brute-force.ts";
export { balance, type GapInstance, isClose, leastDistance, plantedGap } from "./closest-pair.ts";
export { type CountOptions, count, type ModelCount } from "./count.ts";
export { type CountingOptions, type CountingPlan, countingPlan } from "./counting-plan.ts";
export { type Decision, decide, type Measurement } from "./decision.ts";
export { readDimacs, writeDimacs } from "./dimacs.ts";
export { findPair, type PairSearch } from "./find-pair.ts";
export { type Assignment, asLiterals, type Formula, satisfies } from "./formula.ts";
export { pigeonhole, randomFormula, threeSatThreshold, uniqueModelFormula } from "./formulas.ts";
export { gapGradient, gapLogits } from "./gap-gradient.ts";
export { gapIntegral, type IntegralOptions } from "./gap-integral.ts";
export { gapRiemannSum, type RiemannSumOptions } from "./gap-riemann-sum.ts";
export { certifiedNodes, gaussLegendre, leftRiemannSum, type QuadratureRule } from "./gauss-legendre.ts";
export type { GradientQueries, GradientSizes, OracleError, Readings } from "./gradient-queries.ts";
export { type HardAttention, hardAttention, separatingBeta } from "./hard-attention.ts";
export { massAtZero, massSquares, scoreRange, scoreRangeBound } from "./integral.ts";
export { findModel } from "./model-search.ts";
export { addNoise, type Noise, parseNoise } from "./noise.ts";
export type { OneCallOptions } from "./one-call-core.ts";
export { createOracle, type Oracle, type OracleOptions } from "./oracle.ts";
export { type CountingSizes, orthogonalCounting, type PairCount } from "./orthogonal-counting.ts";
export { orthogonalGradient } from "./orthogonal-gradient.ts";
export { isOrthogonal, type OrthogonalVectors, orthogonalPairs } from "./orthogonal-vectors.ts";
export type { BitSides, PairDecision, Side } from "./pair-decision.ts";
export { type Pair, type PairInstance, restrict } from "./pairs.ts";
export { perturb } from "./perturb.ts";
export { chebyshevDegree } from "./polynomial-need.ts";
export { defineReduction, type ProblemName, type Reduced, type Reduction } from "./reduction.ts";
export { reductions } from "./reductions.ts";
export { type Reading, type Report, requireBuildable, type Unknown } from "./report.ts";
export { formulaReductions, type Solution, type SolveOptions, solve } from "./solve.ts";
export { splitAndList, type VectorSizes } from "./split-and-list.ts";
export { symmetricEigenvalues } from "./symmetric-eigenvalues.ts";
export {
	binaryEntropy,
	certifiedLimit,
	certifiedRank,
	type HypercubeFamily,
	hypercubeSpectrum,
	log2MonomialCount,
	spectralLimit,
	spectralRank,
} from "./threshold.ts";
