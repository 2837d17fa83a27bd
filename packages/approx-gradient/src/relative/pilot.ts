import type { AttentionProblem } from "@attgrad/attention-problem";
import { ComputationError, type Matrix, maxAbs, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { LIMITS } from "../polynomial/gauss/bounds/limits.ts";
import { gaussWithoutRest, type ServedGradient } from "../polynomial/gauss/gauss-gradient.ts";
import { constantsOf, type GaussRequest, gaussRequest } from "../polynomial/gauss/gauss-request.ts";
import { predictGaussBound } from "../polynomial/gauss/predicted-bound.ts";
import { sampleScores } from "../polynomial/gauss/score-sample.ts";
import { methodOf } from "../polynomial/method/method-of.ts";
import { gradientOfDegree } from "../polynomial/polynomial-gradient.ts";
import type { Profile } from "../polynomial/profile/profile.ts";
import { extremeSizes } from "../rows/extreme-sizes.ts";
import { NEARER_TO_1 } from "../rows/softmax-rows.ts";

/** About how large a gradient is, from a run at a low degree. */
export interface Pilot {
	/** Largest entry of the approximate gradient. */
	readonly largest: number;
	/** Bound on the rounding error of an entry: where `largest` is not above it, the gradient may as well be zero. 0 where rows were left out. */
	readonly floor: number;
	readonly degree: number;
}

/** Degrees that are looked at, and the part of the rows that a pilot may leave out. */
const DEGREES = { least: 2, most: 12 };
const LEFT_OUT = 0.05;

/** Rows that tell how much those which are left out add to a gradient. */
const REST_ROWS = 32;

/**
 * Scores up to which 1 + s + s²/2, which is positive everywhere, tells how large a gradient is: in half the time that polynomials by row
 * take, with no sample. A gradient below `least` may be of products below the normal range.
 */
const PLAIN = { degree: 2, radius: 1.5, least: 1e-200 };

const isPlain = ({ space, kernel }: GaussRequest): boolean => space.radius <= PLAIN.radius && kernel !== "js";

/**
 * The least degree that serves all but a few of the rows; undefined where none does. O(1) in n, some milliseconds.
 */
export const pilotDegree = (request: GaussRequest): number | undefined =>
	isPlain(request) ? PLAIN.degree : leastServingDegree(request);

function leastServingDegree(request: GaussRequest): number | undefined {
	const sample = sampleScores(request.problem, request);
	for (let degree = DEGREES.least; degree <= DEGREES.most; degree++) {
		const { exactRows } = predictGaussBound(sample, request, constantsOf(request, degree));
		if (exactRows <= LEFT_OUT * request.profile.n) return degree;
	}
	return undefined;
}

/**
 * Runs a polynomial of low degree, whose true error is far below its proved one, to tell how large the gradient is: the same for all rows
 * where scores are small, else polynomials by row; then rows that the degree does not serve are told from a few of them.
 * @param known the problem's profile
 * @throws ComputationError invalid where no degree serves nearly all rows, or products of entries leave the range of numbers
 */
export async function pilotGradient(
	problem: AttentionProblem<RowSource>,
	known: Profile,
	runtime: Runtime,
	chosen?: number,
): Promise<Pilot> {
	const request = gaussRequest(problem, known, runtime, "l1");
	const plain = isPlain(request);
	const pilot = plain ? await plainPilot(problem, known, runtime) : undefined;
	if (pilot) return pilot;
	const degree = plain ? leastServingDegree(request) : (chosen ?? leastServingDegree(request));
	if (degree === undefined) throw servesNoRows(request);
	runtime.onMoreRounds?.(1);
	const served = await gaussWithoutRest(request, degree);
	const largest = Math.max(maxAbs(served.gradient), maxAbs(await withRest(request, served).catch(withoutRest(served))));
	if (!Number.isFinite(largest))
		throw beyondRange(problem) ?? new ComputationError("failed", "the gradient is beyond the range of numbers");
	return { largest, floor: served.rest.length > 0 ? 0 : served.floor, degree };
}

/**
 * The gradient with what the rows that were left out add to it, told from a sample of them: their mean, less by its standard error, times
 * their number, and the deviation of such a sum. O(n d) for each row of the sample.
 */
async function withRest(
	{ problem, exact }: GaussRequest,
	{ gradient, rest, scoreError }: ServedGradient,
): Promise<Matrix> {
	const step = Math.max(1, rest.length / REST_ROWS);
	const rows = Array.from({ length: Math.min(rest.length, REST_ROWS) }, (_, i) => rest[Math.floor(i * step)]);
	// All at once, by the kernels; one by one they are then known.
	await exact.sums(rows, scoreError, false);
	const [sum, squares] = [new Float64Array(gradient.data.length), new Float64Array(gradient.data.length)];
	for (const row of rows) {
		const { data } = (await exact.sums([row], scoreError)).gradient;
		for (let at = 0; at < data.length; at++) {
			sum[at] += data[at];
			squares[at] += data[at] ** 2;
		}
	}
	const made = gradient.copy();
	for (let at = 0; at < sum.length; at++) {
		// All of them are known where they are few. Otherwise they add up at least as far as random signs do.
		const isKnown = rest.length === rows.length;
		const error = isKnown ? 0 : Math.sqrt(squares[at]);
		const mean = step * Math.max(0, Math.abs(sum[at]) - error);
		made.data[at] += problem.scale * (sum[at] < 0 ? -1 : 1) * Math.hypot(mean, Math.sqrt(step) * error);
	}
	return made;
}

/** Where the keys of a row do not fit into the memory of the exact kernels, what the rest adds is not told: no proof rests on it. */
const withoutRest =
	({ gradient }: ServedGradient) =>
	(failure: unknown): Matrix => {
		if (failure instanceof ComputationError && failure.status === "out-of-memory") return gradient;
		throw failure;
	};

/** A pilot with one polynomial for all rows; undefined where that does not tell the gradient from zero, or not within the range of numbers. */
async function plainPilot(
	problem: AttentionProblem<RowSource>,
	profile: Profile,
	runtime: Runtime,
): Promise<Pilot | undefined> {
	const { degree } = PLAIN;
	const choice = { route: "moment", basis: "taylor", monomials: "total-degree", kernel: runtime.kernel } as const;
	const method = methodOf(problem, profile, choice);
	runtime.onMoreRounds?.(1);
	try {
		const request = { problem, method, monomials: choice.monomials, rowDegrees: false, runtime };
		const { gradient, certificate } = await gradientOfDegree({ ...request, certificate: "a-posteriori" }, degree);
		const [largest, floor] = [maxAbs(gradient), certificate.floatFloor];
		return largest > floor && largest >= PLAIN.least ? { largest, floor, degree } : undefined;
	} catch (failure) {
		if (failure instanceof ComputationError) return undefined;
		throw failure;
	}
}

/** The error of a problem most of whose rows have no polynomial: for the radius of their scores, or for the sizes that the scores are made of. */
function servesNoRows({ problem, space: { radius } }: GaussRequest): ComputationError {
	const ofSizes = radius <= LIMITS.radius ? beyondRange(problem) : undefined;
	return (
		ofSizes ??
		new ComputationError(
			"invalid",
			`no polynomial of a degree up to ${DEGREES.most} serves most rows at radius ${radius.toPrecision(4)}`,
		)
	);
}

/** The error of a problem whose entries are too large or too small for the certificate; undefined where they are neither. */
function beyondRange(problem: AttentionProblem<RowSource>): ComputationError | undefined {
	const sizes = extremeSizes(problem);
	if (sizes === undefined) return undefined;
	return new ComputationError(
		"invalid",
		`sizes are beyond what the certificate of a polynomial can count: ${sizes}; ${NEARER_TO_1}`,
	);
}
