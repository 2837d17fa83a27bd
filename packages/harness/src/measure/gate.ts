import type { AnyGradientAlgorithm, AttentionProblem, GradientResult } from "@attgrad/attention-problem";
import { asDtype } from "@attgrad/attention-problem";
import { gradientByRows, truthOf } from "@attgrad/attention-problem/reference";
import {
	ComputationError,
	type Dtype,
	type Matrix,
	maxAbs,
	maxAbsDifference,
	type Runtime,
} from "@attgrad/matrix-core";

/** Largest n at which the gate compares a cell's own problem; larger cells are checked on a reduced one of this n. */
export const gateSize = 512;

/** How far a gradient is from the exact one. */
export interface GradientError {
	/** max |g~ − g|. */
	readonly max: number;
	/** `max` over max |g|; absent where g = 0. */
	readonly relative?: number;
}

/** Largest n of which the gradient is worked out in whole numbers. */
const EXACT_ROWS = 24;

/** The exact answer on a problem, and how far an exact method may come from it by rounding. */
export interface ReferenceGradient {
	readonly gradient: Matrix;
	readonly loss: number;
	/** In a number type: of the gradient, and of the loss; what the reference itself is rounded by included. */
	rounding(dtype: Dtype): { readonly gradient: number; readonly loss: number };
}

/**
 * The gradient from its definition, row by row in double precision, and for a few rows in whole numbers: no code is shared with any
 * algorithm, so that a mistake that several have in common is seen. Keys that are masked by being far away count as far as
 * they have weight, not by their size. Cost O(n²d).
 */
export function referenceGradient(problem: AttentionProblem): ReferenceGradient {
	const wide = asDtype(problem, "f64");
	const { gradient, loss, rounding } = gradientByRows(wide);
	const own = rounding("f64");
	return {
		gradient: problem.n <= EXACT_ROWS ? truthOf(wide).gradient.toMatrix() : gradient,
		loss,
		rounding(dtype) {
			const of = rounding(dtype);
			return { gradient: of.gradient + own.gradient, loss: of.loss + own.loss };
		},
	};
}

/** Error of a gradient against the exact one. */
export function gradientError(gradient: Matrix, exact: Matrix): GradientError {
	const max = maxAbsDifference(gradient, exact);
	const size = maxAbs(exact);
	return { max, ...(size > 0 && { relative: max / size }) };
}

/**
 * @throws ComputationError `invalid` when a gradient or loss holds NaN or infinity
 */
export function requireFinite({ gradient, loss }: GradientResult): void {
	if (!Number.isFinite(maxAbs(gradient))) throw new ComputationError("invalid", "the gradient holds NaN or infinity");
	if (!Number.isFinite(loss)) throw new ComputationError("invalid", `the loss is ${loss}`);
}

/**
 * The gate before any time is reported: runs the algorithm on a problem small enough for the exact answer and compares.
 * An exact algorithm must be within rounding of it, in gradient and loss; an approximate one within its certificate,
 * where that is a proof, and within the epsilon that was asked for.
 * @returns the error, for the row of a cell whose own problem this is
 * @throws ComputationError `invalid` where the answer is not that good; whatever the algorithm throws
 */
export async function passGate(
	algorithm: AnyGradientAlgorithm,
	problem: AttentionProblem,
	options: Readonly<Record<string, unknown>>,
	runtime: Runtime,
): Promise<GradientError> {
	const result = await algorithm.run(problem, options, runtime);
	requireFinite(result);
	const exact = referenceGradient(problem);
	const error = gradientError(result.gradient, exact.gradient);
	const rounding = exact.rounding(algorithm.exact ? problem.A1.dtype : "f64");
	const off = (what: string, by: number, allowed: number) =>
		new ComputationError(
			"invalid",
			`correctness gate at n = ${problem.n}: ${what} is off by ${by.toExponential(2)}, allowed ${allowed.toExponential(2)}`,
		);
	if (algorithm.exact) {
		if (error.max > rounding.gradient) throw off("gradient", error.max, rounding.gradient);
		const difference = Math.abs(result.loss - exact.loss);
		if (difference > rounding.loss) throw off("loss", difference, rounding.loss);
		return error;
	}
	const allowed = proven(result, options, maxAbs(exact.gradient)) + rounding.gradient;
	if (error.max > allowed) throw off("gradient", error.max, allowed);
	return error;
}

/**
 * The largest error that a result's certificate and the accuracy of its options allow; Infinity where nothing is claimed. A result with
 * a remark has a gradient that may be zero, and no relative error.
 */
function proven(
	{ certificate, remark }: GradientResult,
	{ epsilon, relative }: Readonly<Record<string, unknown>>,
	largest: number,
): number {
	// A probabilistic bound may be wrong once in a chance that no gate sees, unless a low confidence was asked for.
	const isProof =
		certificate?.kind === "a-priori" ||
		certificate?.kind === "a-posteriori" ||
		(certificate?.kind === "probabilistic" && (certificate.confidence ?? 0) > 1 - 1e-6);
	const part = relative === undefined || remark !== undefined ? Number.POSITIVE_INFINITY : Number(relative) * largest;
	const asked = Math.min(Number(epsilon ?? Number.POSITIVE_INFINITY), part);
	return Math.min(isProof ? certificate.bound : Number.POSITIVE_INFINITY, asked);
}
