export { countModels } from "./formulas/brute-force.ts";
export { readDimacs, writeDimacs } from "./formulas/dimacs.ts";
export { pigeonhole, randomFormula, threeSatThreshold, uniqueModelFormula } from "./formulas/families.ts";
export { asLiterals, type Formula, satisfies } from "./formulas/formula.ts";
export { findModel } from "./formulas/model-search.ts";
export type { GradientQueries, GradientSizes, Readings } from "./oracle/gradient-queries.ts";
export { addNoise, type Noise, parseNoise } from "./oracle/noise.ts";
export { createOracle, type Oracle, type OracleOptions } from "./oracle/oracle.ts";
export { perturb } from "./oracle/perturb.ts";
export type { Decision } from "./reductions/decision/decision.ts";
export type { ProblemName } from "./reductions/decision/reduction.ts";
export { attentionMass } from "./reductions/gap/attention-mass.ts";
export { gapGradient } from "./reductions/gap/gap-gradient.ts";
export { gapIntegral } from "./reductions/gap/gap-integral.ts";
export { gapRiemannSum } from "./reductions/gap/gap-riemann-sum.ts";
export { certifiedNodes, gaussLegendre, leftRiemannSum, type QuadratureRule } from "./reductions/gap/gauss-legendre.ts";
export { massAtZero, massSquares, scoreRange, scoreRangeBound } from "./reductions/gap/integral.ts";
export { hardAttention } from "./reductions/hard-attention.ts";
export { innerProduct } from "./reductions/instances/bit-matrix.ts";
export { type GapInstance, plantedGap } from "./reductions/instances/closest-pair.ts";
export type { OrthogonalVectors } from "./reductions/instances/orthogonal-vectors.ts";
export { countingPlan } from "./reductions/orthogonal/counting-plan.ts";
export type { CountingSizes } from "./reductions/orthogonal/orthogonal-counting.ts";
export { orthogonalCounting } from "./reductions/orthogonal/orthogonal-counting.ts";
export { orthogonalGradient } from "./reductions/orthogonal/orthogonal-gradient.ts";
export { reductions } from "./reductions/registry.ts";
export { splitAndList } from "./reductions/split-and-list.ts";
export { count, type ModelCount, requirePlainCount } from "./solve/count.ts";
export { type Report, requireBuildable } from "./solve/report.ts";
export { formulaReductions, type Solution, type SolveOptions, solve } from "./solve/solve.ts";
export { chebyshevDegree } from "./threshold/polynomial-need.ts";
export {
	certifiedLimit,
	certifiedRank,
	type HypercubeFamily,
	hypercubeSpectrum,
	log2MonomialCount,
	spectralLimit,
	spectralRank,
} from "./threshold/threshold.ts";
