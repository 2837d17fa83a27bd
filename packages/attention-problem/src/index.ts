export { makeFolder, readIfThere, replaceFile, temporaryName, writeAtomically } from "#platform";
export {
	type AnyGradientAlgorithm,
	type Certificate,
	defineAlgorithm,
	type GradientAlgorithm,
	type GradientResult,
	type Reason,
	refuseUnless,
	skipUnless,
	type TimedRuns,
} from "./algorithm/algorithm.ts";
export { durationOption, memoryOption } from "./algorithm/amount-options.ts";
export { computeGradient } from "./algorithm/compute-gradient.ts";
export { provedRelative } from "./algorithm/proved-relative.ts";
export { withRuntime } from "./algorithm/with-runtime.ts";
export { fileError, isAbsence } from "./files/file-error.ts";
export { kindOfBytes } from "./files/file-kind.ts";
export type { FileSource, NamedBytes } from "./files/readable-file.ts";
export { distributions, type GenerateOptions, generateProblem, generateRows } from "./generate/generate.ts";
export { carriedError } from "./layers/carried-error.ts";
export { computeOutput, type LayerOutput } from "./layers/compute-output.ts";
export {
	type AnyForwardAlgorithm,
	defineForward,
	type ForwardAlgorithm,
	type ForwardResult,
	type RowSink,
} from "./layers/forward.ts";
export { type LayerRun, runLayers } from "./layers/forward-stack.ts";
export {
	type AttentionLayer,
	type LayerWeights,
	projectedLayer,
	selfAttentionLayer,
	withoutTarget,
} from "./layers/layer.ts";
export { type OpenLayers, openLayers } from "./layers/layer-file.ts";
export { type DecodedArray, decodeArray, encodeArray } from "./numpy/array-bytes.ts";
export { decodeNpy, encodeNpy, writeNpy, writeNpyRows } from "./numpy/npy.ts";
export { type ArrayToWrite, writeArray, writeArrays } from "./numpy/write-arrays.ts";
export * from "./operator/index.ts";
export { boundMet, loss, scaledQueries, values } from "./problem/loss.ts";
export {
	type AttentionProblem,
	asDtype,
	createProblem,
	inMemory,
	type MatrixName,
	matrixNames,
} from "./problem/problem.ts";
export { openProblem, type ReferenceAnswers, readProblem } from "./problem-files/problem-file.ts";
export { type WriteOptions, writeProblem } from "./problem-files/write-problem.ts";
export {
	joinHeads,
	type LayerPass,
	type OperatorGradients,
	runStack,
	type StackOperator,
	type StackRun,
	splitHeads,
} from "./stack/run-stack.ts";
export { type AttentionStack, createStack, type StackSettings, type StackWeights } from "./stack/stack.ts";
export { readStack, type StackFile, type StackFileSettings } from "./stack/stack-file.ts";
