export { availableMemory, copyNumbers, nextTurn, processorCount, totalMemory } from "#platform";
export { ColumnShift } from "./algebra/column-shift.ts";
export { add, exp, hadamard, mapEntries, scale, scaleRows, subtract } from "./algebra/entrywise.ts";
export { firstNotFinite } from "./algebra/finite.ts";
export {
	expOn,
	exponentialProductOn,
	multiplyOn,
	type PlacedMatrix,
	productRowsOn,
} from "./algebra/kernel-matrices.ts";
export { kronecker, rowKronecker, unvec, vec } from "./algebra/kronecker.ts";
export { matricesKernels } from "./algebra/matrices-kernels.ts";
export { matrixOf, type PlacedMatrices, withMatrices } from "./algebra/placed-matrices.ts";
export { multiply, type ProductOptions, transpose, widerType } from "./algebra/products.ts";
export {
	columnRange,
	columnSums,
	frobeniusNorm,
	maxAbs,
	maxAbsDifference,
	rowNorms,
	rowSums,
	trace,
} from "./algebra/reductions.ts";
export { type SingularValues, singularValues } from "./algebra/singular-values.ts";
export { qr, solve } from "./algebra/solve.ts";
export { symmetricEigenvalues } from "./algebra/symmetric-eigenvalues.ts";
export { ComputationError, type FailureStatus, UsageError } from "./errors.ts";
export {
	allocateNumbers,
	bytesPerNumber,
	type Dtype,
	Matrix,
	materialise,
	type Numbers,
	type RowSource,
	unitRoundoff,
} from "./matrix.ts";
export { moduleBeside } from "./module-beside.ts";
export { provideKernels } from "./platform/provided-kernels.ts";
export { provideThreads } from "./platform/provided-threads.ts";
export { present } from "./present.ts";
export { type Random, seededRandom } from "./random.ts";
export { registerArithmetic } from "./register-arithmetic.ts";
export { builds, type KernelName, kernelNames } from "./runtime/builds.ts";
export { availableKernels, kernelsAreBuilt } from "./runtime/choice.ts";
export { type KernelModule, type KernelTask, kernelCompileTime, kernelModule } from "./runtime/kernel-module.ts";
export type { Kernels, RunOptions } from "./runtime/kernels.ts";
export type { ProgressReport } from "./runtime/progress-report.ts";
export { createRuntime, type Runtime, type RuntimeOptions, withCachedRows, withKernels } from "./runtime/runtime.ts";
export { readDuration, readMemory, shortDuration } from "./text/amounts.ts";
export { printable } from "./text/printable.ts";
export { shortNumber } from "./text/short-number.ts";
export { meantOrKnown, nearest } from "./text/suggestion.ts";
export { describeSystemError } from "./text/system-error.ts";
