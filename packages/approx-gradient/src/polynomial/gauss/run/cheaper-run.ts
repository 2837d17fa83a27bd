// Runs of a degree that take less time: each is for where it is predicted to prove epsilon too.

import { lowerConstants } from "../bounds/error-constants.ts";
import { arithmeticOf, constantsOf, type GaussRequest, onKernels, servesTwoPrecisions } from "../gauss-request.ts";
import { predictGaussBound } from "../predicted-bound.ts";
import { type ScoreSample, thinned } from "../score-sample.ts";

/** How far from epsilon a bound that is predicted from few rows is surely above it, or below. */
export const FAR = 8;

/**
 * The largest prediction for the form l1, as a part of epsilon, with which a run leaves out the columns of v2, a fifth of its time or more.
 */
const ACCEPTED_L1 = 0.8;

/**
 * The largest prediction, as a part of epsilon, with which rows of small reach have one degree less; the part of all rows that these must be;
 * and the rows from which on that saves a millisecond.
 */
const ACCEPTED_LOWER = 0.8;
const LEAST_SHARE = 0.15;
const LEAST_ROWS = 2 ** 13;

/**
 * The largest predicted part of epsilon that rounding may take where monomials of high degree are in single precision; the least degree of
 * which all are in double precision, which the bounds from covariances take; and the highest degree of a run, whose powers are in range.
 */
const ACCEPTED_SINGLE = 0.4;
const LEAST_DOUBLE = 3;
const MOST_SINGLE = 12;

/** The request with the form l1 in place of v2, where that is predicted to prove epsilon at the degree. */
export function withoutColumns(
	request: GaussRequest,
	epsilon: number,
	degree: number,
	sample: ScoreSample,
): GaussRequest | undefined {
	if (request.form !== "v2") return undefined;
	const other = { ...request, form: "l1" } as const;
	const few = thinned(sample);
	const constants = constantsOf(other, degree);
	if (predictGaussBound(few, other, constants).bound > FAR * epsilon) return undefined;
	return predictGaussBound(sample, other, constants).bound <= ACCEPTED_L1 * epsilon ? other : undefined;
}

/**
 * The request with monomials of high degree in single precision, as many as are predicted to leave most of epsilon to the method; undefined where
 * none are, or where that saves little.
 */
export function inTwoPrecisions(
	request: GaussRequest,
	epsilon: number,
	degree: number,
	sample: ScoreSample,
): GaussRequest | undefined {
	if (request.profile.n < LEAST_ROWS || degree > MOST_SINGLE || !servesTwoPrecisions(request)) return undefined;
	const few = thinned(sample);
	let chosen: GaussRequest | undefined;
	for (let doubleUpTo = degree - 1; doubleUpTo >= LEAST_DOUBLE; doubleUpTo--) {
		const inTwo = { ...request, doubleUpTo };
		const { floor } = predictGaussBound(few, arithmeticOf(inTwo), constantsOf(inTwo, degree));
		if (!(floor <= ACCEPTED_SINGLE * epsilon)) break;
		chosen = inTwo;
	}
	if (chosen === undefined) return undefined;
	const own = predictGaussBound(sample, request, constantsOf(request, degree));
	const { bound, exactRows } = predictGaussBound(sample, arithmeticOf(chosen), constantsOf(chosen, degree));
	return bound <= ACCEPTED_L1 * epsilon && exactRows <= own.exactRows ? chosen : undefined;
}

/**
 * The largest reach up to which rows may have one degree less, by the sample; undefined where these would be few. Errors of rows grow with
 * the power g + 1 of their reach, so that a degree which proves more than epsilon has room for most rows at the one below.
 */
export function lowerReach(
	request: GaussRequest,
	epsilon: number,
	degree: number,
	sample: ScoreSample,
): number | undefined {
	const { n } = request.profile;
	if (degree < 2 || n < LEAST_ROWS || request.coins || !onKernels(request)) return undefined;
	const constants = constantsOf(request, degree);
	const own = predictGaussBound(sample, arithmeticOf(request), constants);
	const { parts } = predictGaussBound(sample, arithmeticOf(request), lowerConstants(constants));
	const all = own.parts.reduce((sum, part) => sum + (part < Number.POSITIVE_INFINITY ? part : 0), 0);
	const order = Array.from(sample.rows.keys()).sort((a, b) => sample.rows[a].reach - sample.rows[b].reach);
	let [bound, share, reach] = [own.bound, 0, 0];
	for (const at of order) {
		bound += (own.bound * (parts[at] - own.parts[at])) / all;
		if (!(bound <= ACCEPTED_LOWER * epsilon)) break;
		share += sample.rows[at].share;
		reach = sample.rows[at].reach;
	}
	return share >= LEAST_SHARE * n ? reach : undefined;
}
