export { certificateOf, type Proof } from "./certificate.ts";
export {
	addErrors,
	divideError,
	type ErrorParts,
	maxErrors,
	noError,
	scaleError,
	totalError,
	unknownError,
} from "./error-parts.ts";
export {
	type FeatureSizes,
	gradientUnderflow,
	gradientUnderflowBy,
	lostOfSums,
	outputUnderflow,
} from "./feature-underflow.ts";
export { InputRounding, type InputSizes, type RoundedRow } from "./input-rounding.ts";
export { type NumberType, numberTypes } from "./number-type.ts";
export { Quantity } from "./quantity.ts";
export { RelativeRounding } from "./relative-rounding.ts";
export * from "./upward.ts";
