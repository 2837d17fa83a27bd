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
export { type NumberType, numberTypes } from "./number-type.ts";
export { Quantity } from "./quantity.ts";
export * from "./upward.ts";
