import {
	type AnyGradientAlgorithm,
	type AttentionProblem,
	asDtype,
	type GradientResult,
} from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { maxAbs, maxAbsDifference, unitRoundoff } from "@attgrad/matrix-core";
import { expect } from "vitest";
import { referenceRounding, scoreRounding } from "./problems.ts";

/** Expects a result to be finite, an exact one to be the gradient up to rounding, and a proof not to be below the true error. */
export async function expectSound(
	algorithm: AnyGradientAlgorithm,
	problem: AttentionProblem,
	result: GradientResult,
): Promise<void> {
	expect([result.gradient.rows, result.gradient.cols]).toEqual([problem.d, problem.d]);
	expect(result.gradient.data.every(Number.isFinite)).toBe(true);
	expect(Number.isFinite(result.loss)).toBe(true);
	const { certificate } = result;
	const isExact = algorithm.exact || (result.picked !== undefined && certificate === undefined);
	if (isExact) {
		const { gradient } = await streamingGradient(asDtype(problem, "f64"));
		// First order in u, and largest entries for all entries: 8 covers the higher orders where u n is small.
		const unit = unitRoundoff(problem.A1.dtype) / unitRoundoff("f64");
		expect(maxAbsDifference(result.gradient, gradient)).toBeLessThanOrEqual(8 * unit * scoreRounding(problem));
	}
	if (certificate === undefined || certificate.kind === "none") return;
	expect(certificate.bound).toBeGreaterThanOrEqual(0);
	expect(certificate.radius).toBeGreaterThanOrEqual(0);
	expect(certificate.relativeError).toBeGreaterThanOrEqual(0);
	expect(certificate.bound).toBeGreaterThanOrEqual(certificate.floatFloor);
	if (certificate.kind === "estimate") return;
	const { gradient } = await streamingGradient(asDtype(problem, "f64"));
	const error = maxAbsDifference(result.gradient, gradient);
	expect(error).toBeLessThanOrEqual(certificate.bound + referenceRounding(problem));
}

/**
 * Expects an algorithm to take an easy problem at least, to run on each that it says it supports, soundly, and to be near the gradient of the first.
 * Gives the reasons for those that it refuses.
 * @throws Error where it refuses all
 */
export async function expectEasyRuns(
	algorithm: AnyGradientAlgorithm,
	problems: readonly AttentionProblem[],
	run: (problem: AttentionProblem) => Promise<GradientResult>,
	supports: (problem: AttentionProblem) => true | { readonly reason: string },
): Promise<string[]> {
	const refusals: string[] = [];
	for (const problem of problems) {
		const supported = supports(problem);
		if (supported !== true) {
			refusals.push(`n = ${problem.n}, d = ${problem.d}: ${supported.reason}`);
			continue;
		}
		const result = await run(problem);
		await expectSound(algorithm, problem, result);
		if (problem !== problems[0]) continue;
		const exact = await streamingGradient(problem);
		expect(maxAbsDifference(result.gradient, exact.gradient)).toBeLessThan(maxAbs(exact.gradient) / 2);
	}
	if (refusals.length === problems.length)
		throw new Error(`${algorithm.name} refuses every easy problem: ${refusals.join("; ")}`);
	return refusals;
}
