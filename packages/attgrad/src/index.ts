export { algorithmSpellings, algorithms, forwards } from "@attgrad/algorithms";
export type { Plan, PlanEntry } from "@attgrad/approx-gradient";
export {
	type AttentionLayer,
	type AttentionProblem,
	asDtype,
	type Certificate,
	createProblem,
	defineAlgorithm,
	type GradientAlgorithm,
	type GradientResult,
	generateProblem,
	type LayerOutput,
	openLayers,
	openProblem,
	projectedLayer,
	readProblem,
	selfAttentionLayer,
	writeNpy,
	writeProblem,
} from "@attgrad/attention-problem";
export {
	ComputationError,
	createRuntime,
	Matrix,
	maxAbsDifference,
	type RowSource,
	type Runtime,
	UsageError,
} from "@attgrad/matrix-core";
export { type ForwardOptions, forward } from "./library/forward.ts";
export { type GradientOptions, gradient } from "./library/gradient.ts";
export { type PlanOptions, plan } from "./library/plan.ts";
