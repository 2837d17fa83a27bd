import { countMonomials, polynomialFamilies, roundingFloor } from "@attgrad/approx-gradient";
import { type AttentionProblem, rowBlocks } from "@attgrad/attention-problem";
import { type Matrix, maxAbs, multiply, type RowSource, rowNorms } from "@attgrad/matrix-core";
import { type Selection, selectAlgorithm } from "./gradient-request.ts";
import { shortNumber } from "./short-number.ts";

/** What `auto` picked, and why in words. */
export interface Choice extends Selection {
	readonly why: string;
}

/**
 * Picks the cheaper of exact and polynomial: the polynomial where a bound from the sizes of the matrices alone proves
 * epsilon at a degree at which the moment route takes fewer flops, 4nd(K + K⁺) against 8n²d. The bound is
 * computed without centring, so that the degree is never too low; the run may do with less. Rows are read once, in blocks. Cost O(nd²).
 */
export function chooseAlgorithm(problem: AttentionProblem<RowSource>, epsilon: number): Choice {
	const { n, d } = problem;
	const degree = sufficientDegree(problem, epsilon);
	if (!Number.isFinite(degree)) return exactly(`no polynomial is certain to be within ${shortNumber(epsilon)}`);
	const features = countMonomials(d, degree);
	const crossover = (features + countMonomials(d, degree + 1)) / 2;
	const cost = `degree ${degree}, ${features} features are certain to be within ${shortNumber(epsilon)}`;
	if (crossover >= n) return exactly(`${cost}, but pay only from n = ${Math.ceil(crossover)} on`);
	const saving = (n / crossover).toPrecision(2);
	return {
		...selectAlgorithm("polynomial/moment", { epsilon: String(epsilon) }),
		why: `${cost} and take 1/${saving} of the exact method's operations`,
	};
}

/** The exact algorithm, for this reason. */
export function exactly(why: string): Choice {
	return { ...selectAlgorithm("streaming", {}), why };
}

/** Least degree whose error, by the sizes of the matrices alone, is at most epsilon; Infinity where no degree will do. */
function sufficientDegree(problem: AttentionProblem<RowSource>, epsilon: number): number {
	const { n, d, scale, A1, A2, A3, E, X, Y } = problem;
	const [query, queryNorm] = largest(A1, maxAbs, (rows) => scale * largestNorm(multiply(rows, X)));
	const [key, keyNorm] = largest(A2, maxAbs, largestNorm);
	const [H] = largest(A3, (rows) => maxAbs(multiply(rows, Y)));
	const [target] = largest(E, maxAbs);
	const sensitivity = scale * d * n * query! * key! * H! * (3 * (H! + target!) + H!);
	const tau = Math.min(1 / 2, epsilon / sensitivity);
	const radius = queryNorm! * keyNorm!;
	const delta = tau / (1 + tau) - roundingFloor(radius, A1.dtype);
	return delta > 0 ? polynomialFamilies.chebyshev.degreeFor(radius, delta) : Number.POSITIVE_INFINITY;
}

/** The largest of each size over all blocks of rows. */
function largest(rows: RowSource, ...sizes: ((block: Matrix) => number)[]): number[] {
	const found = sizes.map(() => 0);
	for (const block of rowBlocks(rows))
		for (const [i, size] of sizes.entries()) found[i] = Math.max(found[i]!, size(block));
	return found;
}

function largestNorm(rows: Matrix): number {
	return rowNorms(rows).reduce((a, b) => Math.max(a, b));
}
