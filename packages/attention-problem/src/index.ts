export {
	type AnyGradientAlgorithm,
	type Certificate,
	defineAlgorithm,
	type GradientAlgorithm,
	type GradientResult,
	type Reason,
} from "./algorithm.ts";
export type { Distribution, Instance, RowMaker } from "./distribution.ts";
export { distributions, type GenerateOptions, generateProblem, generateRows } from "./generate.ts";
export { boundMet, loss, scaledQueries, values } from "./loss.ts";
export { type AttentionProblem, asDtype, createProblem, inMemory, type MatrixName, matrixNames } from "./problem.ts";
