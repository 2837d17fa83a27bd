export { dyadicOf, toNumber } from "./dyadic.ts";
export { ExactMatrix } from "./exact-matrix.ts";
export { fixedExponential, PLACES } from "./fixed-exponential.ts";
export { gradientByRows, type RowGradient } from "./gradient-by-rows.ts";
export {
	type ExactGradients,
	type ExactOperands,
	type ExactOutput,
	exactBackward,
	exactOutput,
	operatorTruth,
	type Visible,
} from "./operator-truth.ts";
export { type ProblemTruth, truthOf } from "./problem-truth.ts";
