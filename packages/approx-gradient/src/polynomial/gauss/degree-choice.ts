import type { GradientResult } from "@attgrad/attention-problem";
import { ComputationError, shortNumber } from "@attgrad/matrix-core";
import { availableMemory } from "../monomials/feature-tree.ts";
import { LIMITS } from "./bounds/limits.ts";
import { exactPairTime } from "./exact/pair-time.ts";
import { gaussOfDegree, gaussUntilMissed } from "./gauss-gradient.ts";
import { constantsOf, type GaussRequest, memoryAt, sizesOf } from "./gauss-request.ts";
import { type PredictedBound, predictGaussBound } from "./predicted-bound.ts";
import { type CheapestRun, cheapestRun, FAR } from "./run/cheaper-run.ts";
import { type ScoreSample, sampleScores, thinned } from "./score-sample.ts";

/** Highest degree that is tried, and degrees in a row whose predicted bound does not fall after which none is. */
const HIGHEST = 40;
const PATIENCE = 4;

/** A degree that is tried before the lowest ones. */
const MIDDLE = 5;

/**
 * The largest accepted prediction, as a part of epsilon: predictions are within a fifth, and somewhat too high in the median; a run in vain
 * costs about as much as a degree too many, and on many rows half of that, for it is given up.
 */
const ACCEPTED = 1.1;

/** Runs whose certificate may turn out above epsilon. */
const TRIES = 6;

/** A radius up to which rows have polynomials of moderate degree: where few rows are beyond, these may be cheaper exactly. */
const NEAR = 8;

/** A degree and what it is predicted to prove. */
export interface PredictedDegree extends PredictedBound {
	readonly degree: number;
}

/**
 * The least degree, from `from` on, that is predicted to prove epsilon with at most half of the rows exact.
 * @throws ComputationError `invalid` where none is, with what could be proved; `skipped` where its features would not fit
 */
export function gaussDegreeWithin(
	request: GaussRequest,
	epsilon: number,
	from = 0,
	sample?: ScoreSample,
): PredictedDegree {
	const scores = sample ?? sampleScores(request.problem, request);
	let best = { bound: Number.POSITIVE_INFINITY, degree: 0 };
	const available = availableMemory();
	const few = thinned(scores);
	for (
		let degree = firstNear(request, epsilon, from, few, available), worse = 0;
		degree <= HIGHEST && worse < PATIENCE;
		degree++
	) {
		const constants = constantsOf(request, degree);
		const first = predictGaussBound(few, request, constants);
		// Most degrees are far too low, and one may be more than enough, which few rows show.
		const predicted =
			first.bound > FAR * epsilon || FAR * first.bound < epsilon
				? first
				: predictGaussBound(scores, request, constants);
		const fits = memoryAt(request, degree) <= available;
		// The method is of no use where most rows are left to the exact one.
		if (predicted.exactRows > request.profile.n / 2) continue;
		worse = predicted.bound < best.bound ? 0 : worse + 1;
		if (predicted.bound < best.bound && fits) best = { bound: predicted.bound, degree };
		if (predicted.bound <= ACCEPTED * epsilon && fits) return { ...predicted, degree };
		if (!fits)
			throw new ComputationError(
				"skipped",
				`polynomial: epsilon ${shortNumber(epsilon)} needs a degree above ${degree - 1}, ${memoryAt(request, degree)} bytes at ${degree}, ` +
					`${available} are available; ${couldProve(best)}`,
			);
	}
	throw new ComputationError(
		"invalid",
		`polynomial: no degree certifies epsilon ${shortNumber(epsilon)} at radius ${request.space.radius.toPrecision(4)} in ` +
			`${request.profile.dtype}; ${couldProve(best)}`,
	);
}

/** A choice with the cheapest run that is predicted to prove what is asked for: of its degree, or of one degree more in a form of fewer columns. */
export interface GaussPlan extends GaussChoice {
	readonly cheapest: CheapestRun;
}

/** A request whose limit on radii is chosen, with the least degree that is predicted to prove what is asked for. */
interface GaussChoice extends PredictedDegree {
	readonly request: GaussRequest;
}

/** The limits on radii that are worth a look: the largest of all, and one that leaves rows of large scores to the exact method. */
const radiusLimits = ({ radiusLimit, space }: GaussRequest): readonly number[] =>
	radiusLimit !== undefined ? [radiusLimit] : space.radius > NEAR ? [LIMITS.radius, NEAR] : [LIMITS.radius];

/**
 * The degree that is predicted to prove epsilon in the least time, and the radius beyond which rows are exact. Rows of large scores set the degree
 * of all, or are a few that cost as much as all keys each.
 * @throws ComputationError as `gaussDegreeWithin`, with the reason of the largest limit
 */
function gaussChoiceWithin(request: GaussRequest, epsilon: number, sample: ScoreSample): GaussChoice {
	const choices: GaussChoice[] = [];
	let refused: ComputationError | undefined;
	for (const radiusLimit of radiusLimits(request)) {
		const limited = { ...request, radiusLimit };
		try {
			choices.push({ ...gaussDegreeWithin(limited, epsilon, 0, sample), request: limited });
		} catch (failure) {
			if (!(failure instanceof ComputationError)) throw failure;
			refused ??= failure;
		}
	}
	if (choices.length === 0 && refused) throw refused;
	return choices.reduce((one, other) => (choiceWork(other) < choiceWork(one) ? other : one));
}

/**
 * The degree that is predicted to prove epsilon in the least time, the radius beyond which rows are exact, and the run that `gaussWithin` starts with.
 * @throws ComputationError as `gaussDegreeWithin`
 */
export function gaussPlanWithin(
	given: GaussRequest,
	epsilon: number,
	sample: ScoreSample = sampleScores(given.problem, given),
): GaussPlan {
	const choice = gaussChoiceWithin(given, epsilon, sample);
	return { ...choice, cheapest: cheapestRun(choice.request, epsilon, choice.degree, sample) };
}

/**
 * The products of a row with a monomial and a column that take as long as a pair of a row and a key in the exact gradient: (1.3e-6 + 1e-7 d) / 1.2e-7, by the nominal
 * times of `streaming` and of `polynomial/gauss` in `planner/costs/costs.ts`.
 */
const productsOfPair = (d: number): number => 11 + 0.8 * d;

/** The work of a choice, which may leave many rows to the exact method, in products of a row with a monomial and a column. `runWork` compares runs that leave the same rows. */
function choiceWork({ request, degree, exactRows }: GaussChoice): number {
	const { n, d } = request.profile;
	const { size, raisedSize } = sizesOf(d, degree);
	return n * ((size + raisedSize) * (d + 2) + exactRows * productsOfPair(d) * exactPairTime(d));
}

/**
 * The first degree that a choice looks at closely: degrees are passed over two at a time as long as few rows show the second one to be far
 * too low. `from` where bounds end to fall, or features to fit, before one is near.
 */
function firstNear(request: GaussRequest, epsilon: number, from: number, few: ScoreSample, available: number): number {
	let before = Number.POSITIVE_INFINITY;
	const boundAt = (degree: number) => predictGaussBound(few, request, constantsOf(request, degree)).bound;
	// Few accuracies are served by degrees below a middle one.
	const middle = from + MIDDLE;
	const isLow = memoryAt(request, middle + 1) <= available && boundAt(middle) > FAR * epsilon;
	for (
		let degree = isLow ? middle : from + 1;
		degree < HIGHEST && memoryAt(request, degree + 1) <= available;
		degree += 2
	) {
		const bound = boundAt(degree);
		if (!(bound > FAR * epsilon)) return degree - 1;
		if (bound >= before && bound < Number.POSITIVE_INFINITY) return from;
		before = bound;
	}
	return from;
}

/** The least bound that a degree is predicted to prove with at most half of the rows exact; Infinity where none is. */
export function leastProvable(request: GaussRequest, sample: ScoreSample): { bound: number; degree: number } {
	const each = radiusLimits(request).map((radiusLimit) => leastWithin({ ...request, radiusLimit }, sample));
	return each.reduce((one, other) => (other.bound < one.bound ? other : one));
}

function leastWithin(request: GaussRequest, sample: ScoreSample): { bound: number; degree: number } {
	let best = { bound: Number.POSITIVE_INFINITY, degree: 0 };
	for (let degree = 0, worse = 0; degree <= HIGHEST && worse < PATIENCE; degree++) {
		if (memoryAt(request, degree) > availableMemory()) break;
		const { bound, exactRows } = predictGaussBound(sample, request, constantsOf(request, degree));
		if (exactRows > request.profile.n / 2) continue;
		worse = bound < best.bound ? 0 : worse + 1;
		if (bound < best.bound) best = { bound, degree };
	}
	return best;
}

const couldProve = ({ bound, degree }: { bound: number; degree: number }): string =>
	Number.isFinite(bound)
		? `the least that could be certified is about ${bound.toExponential(1)}, at degree ${degree}`
		: "nothing could be certified";

/**
 * The gradient with a certificate of at most epsilon at the least degree that proves it: predicted from a sample, proved by the
 * run, one degree more where the run does not. A run whose first rows foretell that it proves less is not finished. Forms with columns of squares take
 * them where l1 is not predicted to prove epsilon at that degree, nor in less time at the next.
 * @param first what `gaussPlanWithin` gave, where it is known
 * @throws ComputationError as `gaussDegreeWithin`
 */
export async function gaussWithin(
	given: GaussRequest,
	epsilon: number,
	first?: Pick<GaussPlan, "request" | "cheapest">,
): Promise<GradientResult> {
	const sample = sampleScores(given.problem, given);
	const { request, cheapest } = first ?? gaussPlanWithin(given, epsilon, sample);
	const { fewerColumns: cheaper, inTwo, lower, degree: chosen } = cheapest;
	let degree = chosen;
	const fastest = inTwo ?? cheaper ?? request;
	if (lower !== undefined || inTwo !== undefined) {
		const { result, bound } = await unlessBeyondRange(inTwo, () => gaussUntilMissed(fastest, degree, epsilon, lower));
		if (result && bound <= epsilon) return result;
		request.runtime.onMoreRounds?.(1);
	}
	if (cheaper) {
		const { result, bound } = await gaussUntilMissed(cheaper, degree, epsilon);
		if (result && bound <= epsilon) return result;
		request.runtime.onMoreRounds?.(1);
	}
	for (let tries = 1; ; tries++) {
		const { result, bound } =
			tries < TRIES ? await gaussUntilMissed(request, degree, epsilon) : await finished(request, degree);
		if (result && bound <= epsilon) return result;
		if (tries === TRIES)
			throw new ComputationError(
				"invalid",
				`polynomial: certifies ${bound.toExponential(1)} at degree ${degree}, not epsilon ${shortNumber(epsilon)}`,
			);
		// A sample that underestimates the bound at one degree does so at the next.
		const { bound: predicted } = predictGaussBound(sample, request, constantsOf(request, degree));
		const missed = Math.max(1, bound / predicted);
		const wanted = Number.isFinite(missed) ? epsilon / missed : epsilon;
		const { runtime } = request;
		const before = `degree ${degree} proves ${bound.toExponential(1)}, not ${epsilon.toPrecision(3)}`;
		degree = nextDegree(request, epsilon, wanted, degree + 1, sample);
		runtime.onMoreRounds?.(1);
		runtime.onNotice?.(`${before}: again with degree ${degree}`);
	}
}

/** A run, or where it has monomials in single precision and fails, which residuals beyond its range make it do, that nothing is proved. */
async function unlessBeyondRange<Run extends { readonly bound: number }>(
	inTwo: GaussRequest | undefined,
	run: () => Promise<Run>,
): Promise<{ readonly result?: undefined; readonly bound: number } | Run> {
	try {
		return await run();
	} catch (failure) {
		if (inTwo === undefined || !(failure instanceof ComputationError)) throw failure;
		return { bound: Number.POSITIVE_INFINITY };
	}
}

async function finished(request: GaussRequest, degree: number) {
	const result = await gaussOfDegree(request, degree);
	return { result, bound: result.certificate?.bound ?? Number.POSITIVE_INFINITY };
}

/** The least degree that is predicted to prove `wanted`, or where none is, `epsilon`. */
function nextDegree(request: GaussRequest, epsilon: number, wanted: number, from: number, sample: ScoreSample): number {
	try {
		return gaussDegreeWithin(request, wanted, from, sample).degree;
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return gaussDegreeWithin(request, epsilon, from, sample).degree;
	}
}
