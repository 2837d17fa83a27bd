export {
	type AnyGradientAlgorithm,
	type Certificate,
	defineAlgorithm,
	type GradientAlgorithm,
	type GradientResult,
	type Reason,
	type TimedRuns,
} from "./algorithm.ts";
export { carriedError } from "./carried-error.ts";
export { computeGradient } from "./compute-gradient.ts";
export type { Distribution, Instance, RowMaker } from "./distribution.ts";
export { allDistributions } from "./distributions/index.ts";
export { fileError } from "./files/file-error.ts";
export { replaceFile } from "./files/replace-file.ts";
export {
	type AnyForwardAlgorithm,
	defineForward,
	type ForwardAlgorithm,
	type ForwardResult,
	type RowSink,
} from "./forward.ts";
export { type LayerRun, outputOf, runLayers } from "./forward-stack.ts";
export { distributions, type GenerateOptions, generateProblem, generateRows } from "./generate.ts";
export {
	type AttentionLayer,
	type LayerWeights,
	projectedLayer,
	selfAttentionLayer,
	withoutTarget,
} from "./layer.ts";
export { type LayerInputs, type OpenLayers, openLayers } from "./layer-file.ts";
export { boundMet, loss, scaledQueries, values } from "./loss.ts";
export { decodeNpy, encodeNpy, writeNpy, writeNpyRows } from "./numpy/npy.ts";
export { type AttentionProblem, asDtype, createProblem, inMemory, type MatrixName, matrixNames } from "./problem.ts";
export {
	type OpenProblem,
	openProblem,
	type ProblemFile,
	type ReferenceAnswers,
	readProblem,
} from "./problem-file.ts";
export { rowBlocks } from "./row-blocks.ts";
export { type WriteOptions, writeProblem } from "./write-problem.ts";
