export { definition, dense, exactAlgorithms, streaming } from "./algorithms.ts";
export { attentionForward, attentionLayer, attentionLayers } from "./attention.ts";
export { backwardDefinition, backwardStreaming, exactBackwards, intervalBackward } from "./backward/algorithms.ts";
export { definitionBackward } from "./backward/definition.ts";
export { type OperatorOutput, operatorForward } from "./backward/forward.ts";
export { type KernelBackward, kernelBackward } from "./backward/kernel-backward.ts";
export { type ProblemGradients, problemGradients } from "./backward/problem-gradients.ts";
/** The objects of the paper's section 3, under their names there. */
export * as objects from "./definition.ts";
export { definitionGradient } from "./definition.ts";
export { type DenseIntermediates, denseGradient, denseIntermediates } from "./dense.ts";
export type { ExactGradient } from "./exact-gradient.ts";
export { exactForward, kernelStreamingForward, streamingForward } from "./forward.ts";
export { type InputGradients, inputGradients, weightGradients } from "./input-gradients.ts";
export { scaledOperands } from "./range/scaled-operands.ts";
export { type KernelStreamingOptions, kernelStreamingGradient } from "./streaming/kernel-streaming.ts";
export { type StreamingOptions, streamingGradient } from "./streaming/streaming.ts";
