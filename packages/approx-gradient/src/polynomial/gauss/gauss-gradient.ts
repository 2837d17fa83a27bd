import type { AttentionProblem, GradientResult } from "@attgrad/attention-problem";
import {
	add,
	ComputationError,
	type KernelName,
	type Matrix,
	type RowSource,
	type Runtime,
	scale,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { certificateOf } from "../../error-bound/index.ts";
import { requireFinite } from "../../rows/gradient-sum.ts";
import { kernelRoundingCounts, kernelScoreError } from "../certificates/kernel-rounding.ts";
import { type RoundingCounts, roundingCounts } from "../certificates/rounding.ts";
import { balancedSpace, type FeatureSpace } from "../method/feature-space.ts";
import { memoryOf } from "../method/memory.ts";
import { availableMemory, countMonomials, requireMemory } from "../monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../monomials/total-degree.ts";
import type { Profile } from "../profile/profile.ts";
import { routes } from "../routes/index.ts";
import { type ErrorConstants, errorConstants, type RowForm } from "./bounds/error-constants.ts";
import { boundFromGaussTotals } from "./bounds/gauss-bound.ts";
import { exactRowSums } from "./exact-rows.ts";
import { gaussOnKernels } from "./kernel-run.ts";
import { plainGaussRun } from "./plain-run.ts";
import { type PredictedBound, predictGaussBound } from "./predicted-bound.ts";
import { type ScoreSample, sampleScores } from "./score-sample.ts";

/** A gradient with a polynomial of its own for each row that is asked for. */
export interface GaussRequest {
	readonly problem: AttentionProblem<RowSource>;
	readonly profile: Profile;
	readonly space: FeatureSpace;
	readonly route: "moment" | "reverse";
	/** The row errors that the certificate is made of. */
	readonly form: RowForm;
	readonly kernel: KernelName;
	readonly runtime: Runtime;
}

/** A request on the route by moments. */
export const gaussRequest = (
	problem: AttentionProblem<RowSource>,
	profile: Profile,
	runtime: Runtime,
	form: RowForm,
	route: GaussRequest["route"] = "moment",
): GaussRequest => ({
	...{ problem, profile, runtime, form, route },
	space: balancedSpace(profile),
	kernel: runtime.kernel,
});

/** Highest degree that is tried, and degrees in a row whose predicted bound does not fall after which none is. */
const HIGHEST = 40;
const PATIENCE = 4;

/** The largest accepted prediction, as a part of epsilon: a run in vain costs more than a degree too many, which one in some runs is. */
const MARGIN = 0.5;

/** Runs whose certificate may turn out above epsilon. */
const TRIES = 4;

const sizesOf = (d: number, degree: number) => ({
	size: countMonomials(d, degree),
	raisedSize: countMonomials(d, degree + 1),
});

/** The constants of a request at a degree. */
export function constantsOf(request: GaussRequest, degree: number): ErrorConstants {
	const { profile, space, form } = request;
	const scoreError = onKernels(request) ? kernelScoreError(space) : space.scoreError;
	return errorConstants({ profile, space }, degree, form, countsOf(request, degree), scoreError);
}

/** Whether a request runs on kernels: those are for the route by moments and have no columns of single coordinates. */
const onKernels = ({ kernel, route, form }: GaussRequest): boolean =>
	kernel !== "js" && route === "moment" && form !== "vd";

/** The plain passes are those of the routes with one degree more; sums by degree and coefficients are four roundings more. */
function countsOf(request: GaussRequest, degree: number): RoundingCounts {
	const { profile, route, form } = request;
	const { raisedSize } = sizesOf(profile.d, degree);
	if (onKernels(request)) {
		const sizes = { size: raisedSize, raisedSize, degree: degree + 1 };
		const columns = profile.d + (form === "l1" ? 1 : 3);
		const counts = kernelRoundingCounts(routes[route], profile, sizes, columns);
		// Sums by degree, coefficients as stored, and their products: four more, and an addition for each degree.
		const more = (degree + 6) * unitRoundoff(profile.dtype);
		return { ...counts, sums: counts.sums + more, gradient: counts.gradient + 2 * more };
	}
	const counts = roundingCounts(routes[route], profile, { size: raisedSize, raisedSize, degree: degree + 1 });
	const more = 4 * 2 ** -53;
	return { ...counts, sums: counts.sums + more, gradient: counts.gradient + 2 * more };
}

/** Bytes that a run takes. */
const memoryAt = ({ profile, route }: GaussRequest, degree: number): number =>
	memoryOf({ route: routes[route], profile }, { ...sizesOf(profile.d, degree) });

/**
 * The gradient at a degree, with what is proved of its error. Rows that the method does not serve are computed exactly and counted.
 * @throws UsageError when the features would not fit in memory
 */
export async function gaussOfDegree(request: GaussRequest, degree: number): Promise<GradientResult> {
	const { problem, profile, space } = request;
	const { run, constants, tree } = await runOfDegree(request, degree);
	const { exactRows, largestKappa } = run.totals;
	const exact = await exactRowSums(problem, { profile }, exactRows, constants.scoreError);
	const totals = { ofRows: run.totals, ...(exactRows.length > 0 && { exact }) };
	const error = boundFromGaussTotals({ profile, space }, constants, totals);
	const gradient = add(run.gradient, scale(exact.gradient, problem.scale));
	return {
		...requireFinite("polynomial", { gradient, loss: run.loss + exact.loss }),
		degree,
		rank: tree.size,
		exactRows: exactRows.length,
		certificate: certificateOf({
			...{ kind: "a-posteriori", error },
			...{ radius: space.radius, relativeError: largestKappa },
		}),
	};
}

/** A gradient without the rows that the method does not serve. */
export interface ServedGradient {
	readonly gradient: Matrix;
	readonly leftOut: number;
	/** Bound on the rounding error of an entry. */
	readonly floor: number;
}

/** The gradient of the rows that a degree serves, for a first look: nothing is proved of the others. @throws as `gaussOfDegree` */
export async function gaussWithoutRest(request: GaussRequest, degree: number): Promise<ServedGradient> {
	const { run, constants } = await runOfDegree(request, degree);
	const { exactRows, largestKappa: relativeError } = run.totals;
	const error = boundFromGaussTotals(request, constants, { ofRows: run.totals });
	const { radius } = request.space;
	const { floatFloor: floor } = certificateOf({ kind: "a-posteriori", error, radius, relativeError });
	return { gradient: run.gradient, leftOut: exactRows.length, floor };
}

/** Runs a degree, without the rows that it does not serve. */
async function runOfDegree(request: GaussRequest, degree: number) {
	const { problem, profile, space, runtime, route } = request;
	requireMemory(sizesOf(profile.d, degree).size, memoryAt(request, degree));
	const constants = constantsOf(request, degree);
	const tree = keptTotalDegreeTree(profile.d, degree);
	const input = { problem, tree, space, constants, route };
	const run = onKernels(request)
		? await gaussOnKernels(input, runtime)
		: await plainGaussRun(input, runtime.onProgress);
	return { run, constants, tree };
}

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
	let near: PredictedDegree | undefined;
	const available = availableMemory();
	for (let degree = from, worse = 0; degree <= HIGHEST && worse < PATIENCE; degree++) {
		const predicted = predictGaussBound(scores, request, constantsOf(request, degree));
		const fits = memoryAt(request, degree) <= available;
		// The method is of no use where most rows are left to the exact one.
		if (predicted.exactRows > request.profile.n / 2) continue;
		worse = predicted.bound < best.bound ? 0 : worse + 1;
		if (predicted.bound < best.bound && fits) best = { bound: predicted.bound, degree };
		if (predicted.bound <= epsilon && fits) near ??= { ...predicted, degree };
		if (predicted.bound <= MARGIN * epsilon && fits) return { ...predicted, degree };
		if (!fits && near) return near;
		if (!fits)
			throw new ComputationError(
				"skipped",
				`polynomial: epsilon ${epsilon} needs a degree above ${degree - 1}, ${memoryAt(request, degree)} bytes at ${degree}, ` +
					`${available} are available; ${couldProve(best)}`,
			);
	}
	if (near) return near;
	throw new ComputationError(
		"invalid",
		`polynomial: no degree certifies epsilon ${epsilon} at radius ${request.space.radius.toPrecision(4)} in ` +
			`${request.profile.dtype}; ${couldProve(best)}`,
	);
}

/** The least bound that a degree is predicted to prove with at most half of the rows exact; Infinity where none is. */
export function leastProvable(request: GaussRequest, sample: ScoreSample): { bound: number; degree: number } {
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
 * run, one degree more where the run does not.
 * @throws ComputationError as `gaussDegreeWithin`
 */
export async function gaussWithin(request: GaussRequest, epsilon: number, first?: number): Promise<GradientResult> {
	const sample = sampleScores(request.problem, request);
	let degree = first ?? gaussDegreeWithin(request, epsilon, 0, sample).degree;
	let result = await gaussOfDegree(request, degree);
	for (let tries = 1; tries < TRIES && !(boundOf(result) <= epsilon); tries++) {
		// A sample that underestimates the bound at one degree does so at the next.
		const { bound: predicted } = predictGaussBound(sample, request, constantsOf(request, degree));
		const missed = Math.max(1, boundOf(result) / predicted);
		const wanted = Number.isFinite(missed) ? epsilon / missed : epsilon;
		const { runtime } = request;
		const before = `degree ${degree} proves ${boundOf(result).toExponential(1)}, not ${epsilon.toPrecision(3)}`;
		degree = nextDegree(request, epsilon, wanted, degree + 1, sample);
		runtime.onMoreRounds?.(1);
		runtime.onNotice?.(`${before}: again with degree ${degree}`);
		result = await gaussOfDegree(request, degree);
	}
	const bound = boundOf(result);
	if (bound <= epsilon) return result;
	throw new ComputationError(
		"invalid",
		`polynomial: certifies ${bound.toExponential(1)} at degree ${result.degree}, not ${epsilon}`,
	);
}

const boundOf = ({ certificate }: GradientResult): number => certificate?.bound ?? Number.POSITIVE_INFINITY;

/** The least degree that is predicted to prove `wanted`, or where none is, `epsilon`. */
function nextDegree(request: GaussRequest, epsilon: number, wanted: number, from: number, sample: ScoreSample): number {
	try {
		return gaussDegreeWithin(request, wanted, from, sample).degree;
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return gaussDegreeWithin(request, epsilon, from, sample).degree;
	}
}
