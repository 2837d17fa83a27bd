export {
	type AnyGradientAlgorithm,
	type Certificate,
	defineAlgorithm,
	type GradientAlgorithm,
	type GradientResult,
	type Reason,
	type TimedRuns,
} from "./algorithm.ts";
export { computeGradient } from "./compute-gradient.ts";
export type { Distribution, Instance, RowMaker } from "./distribution.ts";
export { allDistributions } from "./distributions/index.ts";
export { replaceFile } from "./files/replace-file.ts";
export { distributions, type GenerateOptions, generateProblem, generateRows } from "./generate.ts";
export { boundMet, loss, scaledQueries, values } from "./loss.ts";
export { decodeNpy, encodeNpy, writeNpy } from "./numpy/npy.ts";
export { type AttentionProblem, asDtype, createProblem, inMemory, type MatrixName, matrixNames } from "./problem.ts";
export {
	type OpenProblem,
	openProblem,
	type ProblemFile,
	type ReferenceAnswers,
	readProblem,
} from "./problem-file.ts";
export { type WriteOptions, writeProblem } from "./write-problem.ts";
