import {
	type BackwardCertificate,
	type BackwardProblem,
	type BackwardResult,
	defineBackward,
	type OfEachGradient,
	provedRelative,
	type Reason,
} from "@attgrad/attention-problem";
import {
	ComputationError,
	type Dtype,
	type Matrix,
	maxAbs,
	moduleBeside,
	type RowSource,
	type Runtime,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { z } from "zod";
import { ABSOLUTE_OF_ZERO, DEFAULT_RELATIVE, oneAccuracy, relativeOption } from "../accuracy.ts";
import { plus, rootUp, times } from "../error-bound/index.ts";
import { availableMemory, countMonomials } from "../polynomial/monomials/feature-tree.ts";
import { type Attempt, attemptDegree } from "./attempt.ts";
import { gradientNames } from "./attempt-rows.ts";
import { leastProving } from "./plan/degree-search.ts";
import { expectedShare, firstDegree, HIGHEST_TRIED } from "./plan/expected-degree.ts";

/** Rows of a chunk. */
const CHUNK = 64;

const options = z
	.strictObject({
		degree: z
			.int()
			.min(1)
			.max(40)
			.optional()
			.describe(
				"degree of the polynomials; default: one that certifies the accuracy, as low as a sample of rows tells",
			),
		epsilon: z.number().positive().optional().describe("bound on the error of every entry of dQ, dK and dV"),
		relative: relativeOption.describe(
			`bound on the error of each gradient as a part of its largest entry; default: ${DEFAULT_RELATIVE} if no other accuracy is given`,
		),
		chunk: z
			.int()
			.min(1)
			.max(4096)
			.default(CHUNK)
			.describe("rows per chunk; keys between the last whole chunk and the edge of a mask are exact"),
	})
	.refine(...oneAccuracy("polynomial"));

/** Options of the polynomial backward pass. */
export type PolynomialBackwardOptions = z.output<typeof options>;

/**
 * The backward pass by sums of monomials, with a polynomial of its own for each query and a proof of the error of each gradient
 * (backward.md A2, Theorem A.1; tight.md Theorems 1 to 4). O(n K (d + d_v)), K = C(d + degree, degree), also under a mask; no
 * n_q x n_k matrix. Rows that no polynomial serves, and those without a whole chunk of keys in view, are exact.
 */
export const backwardPolynomial = defineBackward({
	name: "polynomial",
	summary: "sums of monomials in time O(n K (d + d_v)), with a proof of the error of each gradient",
	exact: false,
	version: 1,
	modules: [
		"attempt",
		"attempt-rows",
		"part",
		"query-sweep",
		"key-sweep",
		"edge-row",
		"exact-row",
		"row-bounds",
		"part-bounds",
	].map((name) => moduleBeside(import.meta.url, name).href),
	options,
	supports: (problem, { degree, chunk }): true | Reason => {
		const rounded = whyRounded(problem);
		if (rounded !== undefined) return { reason: rounded };
		const bytes = memoryOf(problem, degree ?? 1, chunk);
		if (bytes <= availableMemory()) return true;
		return { reason: `polynomial: degree ${degree ?? 1} in ${problem.d} dimensions needs ${bytes} bytes of memory` };
	},
	run: async (problem, asked, runtime, wants) => {
		const rounded = whyRounded(problem);
		if (rounded !== undefined) throw new ComputationError("invalid", rounded);
		const attempt = await bestAttempt(problem, asked, runtime);
		const remark = zeroRemark(attempt, asked);
		const result = resultOf(problem, attempt, wants?.rowBounds ?? false);
		return remark === undefined ? result : { ...result, remark };
	},
});

/** Why nothing is proved about numbers that were rounded when they were read; undefined where they were not. */
function whyRounded({ roundedFrom, Q: { dtype } }: BackwardProblem<RowSource>): string | undefined {
	if (roundedFrom === undefined || unitRoundoff(roundedFrom) >= unitRoundoff(dtype)) return undefined;
	return `polynomial: its proof is about the numbers that were given, and these were rounded from ${roundedFrom} to ${dtype}; read them as ${roundedFrom}`;
}

/** Bytes of the sums and blocks at a degree. */
export function memoryOf(
	{ d, d_v, visibility, n_q, n_k, batch, heads }: BackwardProblem<RowSource>,
	degree: number,
	chunk: number,
): number {
	const K = countMonomials(d, degree + 1);
	const states = visibility.window === undefined ? 3 : 3 + 2 * Math.ceil(Math.min(n_k, visibility.window) / chunk);
	const kept = batch * heads * (n_q + n_k) * (degree + 3 * (d + d_v) + 16);
	return 8 * (K * (4 * chunk + 2 * (d_v + 3) * states + d + 4) + kept);
}

/** The first degree that keeps what is asked for, of those from the expected one on. @throws ComputationError naming what can be proved where none does */
async function bestAttempt(
	problem: BackwardProblem<RowSource>,
	asked: PolynomialBackwardOptions,
	runtime: Runtime,
): Promise<Attempt> {
	const { degree, epsilon, chunk } = asked;
	const relative = asked.relative ?? (degree === undefined && epsilon === undefined ? DEFAULT_RELATIVE : undefined);
	const limit = epsilon ?? Number.POSITIVE_INFINITY;
	const fits = (tried: number) => memoryOf(problem, tried, chunk) <= availableMemory();
	const shares = expectedShare(problem, { epsilon, relative });
	const first = degree ?? (await firstDegree(problem, shares, runtime, fits));
	const best = await leastProving<Attempt>(first, degree ?? HIGHEST_TRIED, async (tried) => {
		if (degree === undefined && !fits(tried)) return undefined;
		const attempt = await attemptDegree(problem, tried, chunk, limit, runtime, runtime);
		if ("above" in attempt) return { share: attempt.above / limit };
		return { made: attempt, share: shareOf(attempt, problem.Q.dtype, limit, relative) };
	});
	if (best.made && best.share <= 1) return best.made;
	throw new ComputationError("failed", notProved({ ...asked, relative }, best));
}

function notProved(
	{ degree, epsilon, relative }: PolynomialBackwardOptions,
	best: { readonly share: number; readonly degree: number },
): string {
	const asked = [epsilon && `epsilon ${epsilon}`, relative && `relative ${relative}`].filter(Boolean).join(", ");
	const at = degree === undefined ? "no degree proves" : `degree ${degree} does not prove`;
	if (!Number.isFinite(best.share)) return `polynomial: ${at} ${asked}: no bound holds; use streaming`;
	return `polynomial: ${at} ${asked}; degree ${best.degree} proves ${best.share.toPrecision(3)} times that`;
}

/** The largest bound over what is asked for. */
function shareOf(attempt: Attempt, dtype: Dtype, limit: number, relative: number | undefined): number {
	let share = 0;
	for (const name of gradientNames) {
		const bound = withStorage(attempt.gradients[name], dtype)(attempt.largest[name]);
		if (limit < Number.POSITIVE_INFINITY) share = Math.max(share, bound / limit);
		if (relative === undefined) continue;
		const size = (1 - unitRoundoff(dtype)) * attempt.sizes[name];
		share = Math.max(
			share,
			maybeZero(attempt, name) ? bound / ABSOLUTE_OF_ZERO : provedRelative(bound, size) / relative,
		);
	}
	return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
}

/** Whether rounding may account for all of a gradient: a relative error has no meaning then. */
const maybeZero = ({ sizes, floors }: Attempt, name: keyof OfEachGradient): boolean => sizes[name] <= floors[name];

/** The remark for a run with a relative error where some gradients may be zero. */
function zeroRemark(attempt: Attempt, { degree, epsilon, relative }: PolynomialBackwardOptions): string | undefined {
	const isAsked = relative !== undefined || (degree === undefined && epsilon === undefined);
	if (!isAsked) return undefined;
	const names = gradientNames.filter((name) => maybeZero(attempt, name));
	if (names.length === 0) return undefined;
	return `${names.join(", ")} cannot be told from zero: a relative error has no meaning, an absolute one of ${ABSOLUTE_OF_ZERO} is proved`;
}

/**
 * Adds to bounds on entries of a matrix their rounding to a number type; to bounds on lengths of rows that of so many entries. O(size) once, then O(1) a
 * bound.
 */
export function withStorage(stored: Matrix, dtype: Dtype, entries = 1): (bound: number) => number {
	if (dtype === "f64") return (bound) => bound;
	// Half the least subnormal number of single precision is below 2^-149.
	const entry = plus(times(unitRoundoff(dtype), maxAbs(stored)), 2 ** -149);
	const more = times(rootUp(entries), entry);
	return (bound) => plus(bound, more);
}

function resultOf(problem: BackwardProblem<RowSource>, attempt: Attempt, rowBounds: boolean): BackwardResult {
	const { dtype } = problem.Q;
	const { gradients, rows, largest, floors, output, outputRows, lse, degree, exactRows } = attempt;
	const outputBound = withStorage(output, dtype, problem.d_v);
	const ofEach = <Value>(value: (name: keyof OfEachGradient) => Value): OfEachGradient<Value> => ({
		dQ: value("dQ"),
		dK: value("dK"),
		dV: value("dV"),
	});
	const stored = ofEach((name) => withStorage(gradients[name], dtype));
	const bounds = ofEach((name) => stored[name](largest[name]));
	const proved = gradientNames.every((name) => Number.isFinite(bounds[name]));
	const certificate: BackwardCertificate = {
		kind: proved ? "a-posteriori" : "none",
		bounds,
		floatFloor: ofEach((name) => stored[name](floors[name])),
		output: {
			bound: outputBound(largest.output),
			...(rowBounds && { rows: outputRows.map((bound) => outputBound(bound)) }),
		},
		...(rowBounds && {
			rowBounds: ofEach((name) => rows[name].map((bound) => stored[name](bound))),
		}),
	};
	return {
		...ofEach((name): Matrix => inRange(name, gradients[name].as(dtype))),
		...{ output: output.as(dtype), lse, degree, rank: countMonomials(problem.d, degree), exactRows, certificate },
	};
}

/** @throws ComputationError (failed) where a gradient is beyond the range of the operands' number type */
function inRange(name: string, gradient: Matrix): Matrix {
	// Those in double precision have been looked at.
	if (gradient.dtype === "f64" || gradient.data.every(Number.isFinite)) return gradient;
	throw new ComputationError("failed", `polynomial: ${name} is beyond the range of ${gradient.dtype}`);
}
