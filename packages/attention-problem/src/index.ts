export {
	type AnyGradientAlgorithm,
	type Certificate,
	defineAlgorithm,
	type GradientAlgorithm,
	type GradientResult,
	type Reason,
} from "./algorithm.ts";
export { boundMet, loss, scaledQueries, values } from "./loss.ts";
export { type AttentionProblem, asDtype, createProblem, inMemory, type MatrixName, matrixNames } from "./problem.ts";
