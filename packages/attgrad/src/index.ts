export type { StackCertificate, StackResult } from "@attgrad/algorithms";
export { algorithmSpellings, algorithms, backwards, forwards } from "@attgrad/algorithms";
export type { Plan, PlanEntry } from "@attgrad/approx-gradient";
export { type LocatedHead, type LocateOptions, locate, type RanksAt, type Verdict } from "@attgrad/approx-gradient";
export {
	type AttentionLayer,
	type AttentionOperands,
	type AttentionProblem,
	type AttentionStack,
	asDtype,
	type BackwardProblem,
	type BackwardResult,
	type Certificate,
	createBackwardProblem,
	createProblem,
	createStack,
	defineAlgorithm,
	type GradientAlgorithm,
	type GradientResult,
	generateProblem,
	headArray,
	type LayerOutput,
	openBackwardProblem,
	openLayers,
	openOperands,
	openProblem,
	projectedLayer,
	readProblem,
	readStack,
	selfAttentionLayer,
	type Visibility,
	writeArrays,
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
export { type BackwardOptions, backward } from "./library/backward.ts";
export { backwardStack, type StackOptions } from "./library/backward-stack.ts";
export { type ForwardOptions, forward } from "./library/forward.ts";
export { type GradientOptions, gradient } from "./library/gradient.ts";
export { type PlanOptions, plan } from "./library/plan.ts";
