import { findAlgorithm } from "@attgrad/algorithms";
import type { AnyGradientAlgorithm, AttentionProblem, GradientResult } from "@attgrad/attention-problem";
import { asDtype } from "@attgrad/attention-problem";
import {
	ComputationError,
	createRuntime,
	type Matrix,
	maxAbs,
	maxAbsDifference,
	type Runtime,
} from "@attgrad/matrix-core";
import { roundingBound } from "./rounding-bound.ts";

/** Largest n at which the gate compares a cell's own problem; larger cells are checked on a reduced one of this n. */
export const gateSize = 512;

/** How far a gradient is from the exact one. */
export interface GradientError {
	/** max |g~ − g|. */
	readonly max: number;
	/** `max` over max |g|; absent where g = 0. */
	readonly relative?: number;
}

/**
 * The exact answer on a problem, by a method that is not the one under test, in plain TypeScript and double precision.
 * Cost O(n²d).
 */
export async function referenceGradient(
	problem: AttentionProblem,
	{ name }: Pick<AnyGradientAlgorithm, "name">,
): Promise<GradientResult> {
	const { algorithm, options } = findAlgorithm(name === "streaming" ? "dense" : "streaming");
	const runtime = await createRuntime({ kernel: "js" });
	try {
		return await algorithm.run(asDtype(problem, "f64"), algorithm.options.parse(options), runtime);
	} finally {
		await runtime.close();
	}
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
	const exact = await referenceGradient(problem, algorithm);
	const error = gradientError(result.gradient, exact.gradient);
	const rounding = roundingBound(problem, algorithm.exact ? problem.A1.dtype : "f64");
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
	const isProof = certificate?.kind === "a-priori" || certificate?.kind === "a-posteriori";
	const part = relative === undefined || remark !== undefined ? Number.POSITIVE_INFINITY : Number(relative) * largest;
	const asked = Math.min(Number(epsilon ?? Number.POSITIVE_INFINITY), part);
	return Math.min(isProof ? certificate.bound : Number.POSITIVE_INFINITY, asked);
}
