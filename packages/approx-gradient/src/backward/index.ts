export { backwardHybrid } from "./hybrid/hybrid-backward.ts";
export { whyNotHybrid } from "./hybrid/hybrid-options.ts";
export { type HybridOperatorOutput, hybridForward, hybridOperatorOutput } from "./hybrid/hybrid-output.ts";
export { type PolynomialOperatorOutput, polynomialOperatorOutput } from "./output/polynomial-output.ts";
export { autoBackward } from "./plan/auto-backward.ts";
export { type BackwardEntries, type BackwardEntry, planBackwardEntries } from "./plan/backward-entries.ts";
export { degreeAfter } from "./plan/degree-search.ts";
export type { BackwardAccuracy } from "./plan/expected-degree.ts";
export { type BackwardPlan, planBackward } from "./plan-backward.ts";
export { backwardPolynomial, type PolynomialBackwardOptions } from "./polynomial-backward.ts";
export { planProblemGradients } from "./problem/plan-problem-gradients.ts";
export { polynomialProblemGradients } from "./problem/polynomial-problem-gradients.ts";
export {
	type CertifiedProblemGradients,
	type ProblemGradientsRequest,
	polynomialGradientOptions,
} from "./problem/problem-gradients-request.ts";
