export {
	type AnyBackwardAlgorithm,
	type BackwardAlgorithm,
	type BackwardCertificate,
	type BackwardResult,
	type BackwardWants,
	defineBackward,
	type OfEachGradient,
	type TimedBackward,
} from "./backward-algorithm.ts";
export { type HeadArray, headArray, rowsBetween, shapeText } from "./head-array.ts";
export {
	type KeyIntervals,
	queriesSeeing,
	type RowRange,
	type Sequence,
	sequencesOf,
	visibleKeys,
	visiblePairs,
} from "./intervals.ts";
export {
	type AttentionOperands,
	type BackwardProblem,
	createBackwardProblem,
	createOperands,
	type Head,
	type HeadRows,
	headsOf,
	type OperatorSettings,
	shapesOf,
} from "./operands.ts";
export {
	arrayNames,
	holdsOperands,
	namedScales,
	type OpenOperands,
	type OperandsSettings,
	openBackwardProblem,
	openOperands,
	type ScaleSetting,
	scaleOf,
} from "./operands-file.ts";
export { describeVisibility, everyKey, type MaskName, maskNames, type Visibility } from "./visibility.ts";
