// Runs of a degree that take less time: each is for where it is predicted to prove epsilon too.

import { availableMemory } from "../../monomials/feature-tree.ts";
import { lowerConstants, type RowForm } from "../bounds/error-constants.ts";
import {
	arithmeticOf,
	constantsOf,
	type GaussRequest,
	memoryAt,
	onKernels,
	servesTwoPrecisions,
} from "../gauss-request.ts";
import { type PredictedBound, predictGaussBound } from "../predicted-bound.ts";
import { type ScoreSample, thinned } from "../score-sample.ts";
import { type CheaperParts, runWork } from "./run-work.ts";

/** How far from epsilon a bound that is predicted from few rows is surely above it, or below. */
export const FAR = 8;

/** Forms with fewer columns than a form has, those of the least time first: a fifth of a run's time goes to the columns of v2, a third or more to those of vd. */
const FEWER_COLUMNS: Readonly<Record<RowForm, readonly RowForm[]>> = { l1: [], v2: ["l1"], vd: ["l1", "v2"] };

/** The largest prediction, as a part of epsilon, with which a run leaves out columns. */
const ACCEPTED_FORM = 0.8;

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

/** A run that is predicted to prove epsilon in less time than one in the form and in the arithmetic of a request, as far as there is one. */
export interface CheaperRun {
	/** The request with fewer columns. */
	readonly fewerColumns?: GaussRequest | undefined;
	/** That, or the request, in two precisions. */
	readonly inTwo?: GaussRequest | undefined;
	/** The reach up to which rows of that have one degree less. */
	readonly lower?: number | undefined;
}

/** The cheapest run with its degree. */
export interface CheapestRun extends CheaperRun {
	readonly degree: number;
	/** Its part of the work of a run of form v2 in double precision at that degree. */
	readonly part: number;
}

/** The cheapest run of a degree that is predicted to prove epsilon too. */
function cheaperRun(request: GaussRequest, epsilon: number, degree: number, sample: ScoreSample): CheaperRun {
	const fewerColumns = withoutColumns(request, epsilon, degree, sample);
	const { inTwo, predicted } = inTwoPrecisions(fewerColumns ?? request, epsilon, degree, sample) ?? {};
	const lower = lowerReach(inTwo ?? fewerColumns ?? request, epsilon, degree, sample, predicted);
	return { fewerColumns, inTwo, lower };
}

/**
 * The cheapest run that is predicted to prove epsilon, at the degree or at one degree more: where a degree proves epsilon by columns of squares alone, the next one
 * often does without them, in two precisions and for most rows at the lower degree, in less time.
 */
export function cheapestRun(request: GaussRequest, epsilon: number, degree: number, sample: ScoreSample): CheapestRun {
	const workOf = (parts: CheaperParts, degree: number): number => runWork(request, degree, parts, sample);
	const at = (degree: number): CheapestRun & { readonly work: number } => {
		const run = cheaperRun(request, epsilon, degree, sample);
		const work = workOf(partsOf(request, run), degree);
		return { ...run, degree, work, part: work / workOf({ form: "v2" }, degree) };
	};
	const own = at(degree);
	if (request.form === "l1" || request.coins || request.profile.n < LEAST_ROWS || !onKernels(request)) return own;
	if (own.fewerColumns || memoryAt(request, degree + 1) > availableMemory()) return own;
	const above = at(degree + 1);
	if (!above.fewerColumns) return own;
	return above.work < own.work ? above : own;
}

/** The form, the precisions and the lower degree of a run. */
const partsOf = (request: GaussRequest, { fewerColumns, inTwo, lower }: CheaperRun): CheaperParts => ({
	form: (fewerColumns ?? request).form,
	doubleUpTo: inTwo?.doubleUpTo,
	lower,
});

/** The request with a form of fewer columns, where that is predicted to prove epsilon at the degree. */
function withoutColumns(
	request: GaussRequest,
	epsilon: number,
	degree: number,
	sample: ScoreSample,
): GaussRequest | undefined {
	const few = thinned(sample);
	for (const form of FEWER_COLUMNS[request.form]) {
		const other = { ...request, form };
		const constants = constantsOf(other, degree);
		if (predictGaussBound(few, other, constants).bound > FAR * epsilon) continue;
		if (predictGaussBound(sample, other, constants).bound <= ACCEPTED_FORM * epsilon) return other;
	}
	return undefined;
}

/**
 * The request with monomials of high degree in single precision, as many as are predicted to leave most of epsilon to the method; undefined where
 * none are, or where that saves little.
 */
function inTwoPrecisions(
	request: GaussRequest,
	epsilon: number,
	degree: number,
	sample: ScoreSample,
): { readonly inTwo: GaussRequest; readonly predicted: PredictedBound } | undefined {
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
	const predicted = predictGaussBound(sample, arithmeticOf(chosen), constantsOf(chosen, degree));
	const { bound, exactRows } = predicted;
	if (bound > ACCEPTED_FORM * epsilon) return undefined;
	const inOne = (): number => predictGaussBound(sample, request, constantsOf(request, degree)).exactRows;
	return exactRows === 0 || exactRows <= inOne() ? { inTwo: chosen, predicted } : undefined;
}

/**
 * The largest reach up to which rows may have one degree less, by the sample; undefined where these would be few. Errors of rows grow with
 * the power g + 1 of their reach, so that a degree which proves more than epsilon has room for most rows at the one below.
 * @param predicted what the degree is predicted to prove for all rows, where that is known
 */
function lowerReach(
	request: GaussRequest,
	epsilon: number,
	degree: number,
	sample: ScoreSample,
	predicted?: PredictedBound,
): number | undefined {
	const { n } = request.profile;
	if (degree < 2 || n < LEAST_ROWS || request.coins || !onKernels(request)) return undefined;
	const constants = constantsOf(request, degree);
	const own = predicted ?? predictGaussBound(sample, arithmeticOf(request), constants);
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
