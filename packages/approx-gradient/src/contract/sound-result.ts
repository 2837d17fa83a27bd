import {
	type AnyGradientAlgorithm,
	type AttentionProblem,
	asDtype,
	type GradientResult,
} from "@attgrad/attention-problem";
import { gradientByRows, truthOf } from "@attgrad/attention-problem/reference";
import { type Matrix, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { expect } from "vitest";

/** Most rows whose gradient is worked out in whole numbers. */
const EXACT_ROWS = 24;

/** The true gradient, by no code of an algorithm: in whole numbers for a few rows, otherwise from the definition. */
function trueGradient(problem: AttentionProblem) {
	const wide = asDtype(problem, "f64");
	const { gradient, rounding } = gradientByRows(wide);
	if (problem.n > EXACT_ROWS) {
		const distanceTo = (computed: Matrix): number => maxAbsDifference(computed, gradient);
		return { gradient, rounding, own: rounding("f64").gradient, distanceTo };
	}
	const exact = truthOf(wide).gradient;
	return { gradient, rounding, own: 0, distanceTo: (computed: Matrix): number => exact.distanceTo(computed) };
}

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
	const truth = trueGradient(problem);
	if (isExact) {
		const rounding = truth.rounding(problem.A1.dtype);
		expect(truth.distanceTo(result.gradient)).toBeLessThanOrEqual(rounding.gradient + truth.own);
	}
	if (certificate === undefined || certificate.kind === "none") return;
	expect(certificate.bound).toBeGreaterThanOrEqual(0);
	expect(certificate.radius).toBeGreaterThanOrEqual(0);
	expect(certificate.relativeError).toBeGreaterThanOrEqual(0);
	expect(certificate.bound).toBeGreaterThanOrEqual(certificate.floatFloor);
	if (certificate.kind === "estimate") return;
	expect(truth.distanceTo(result.gradient)).toBeLessThanOrEqual(certificate.bound + truth.own);
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
		const exact = trueGradient(problem).gradient;
		expect(maxAbsDifference(result.gradient, exact)).toBeLessThan(maxAbs(exact) / 2);
	}
	if (refusals.length === problems.length)
		throw new Error(`${algorithm.name} refuses every easy problem: ${refusals.join("; ")}`);
	return refusals;
}
