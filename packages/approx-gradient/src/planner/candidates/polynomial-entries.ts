import { shortDuration } from "@attgrad/matrix-core";
import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import type { Profile } from "../../polynomial/profile/profile.ts";
import type { PlanEntry } from "../plan.ts";
import { anisotropicGaussEntry, LEAST_LEFT, whyNotAnisotropic } from "./anisotropic-candidates.ts";
import type { Budget } from "./budget.ts";
import type { PlanContext } from "./plan-context.ts";
import {
	byRowTime,
	GAUSS,
	GAUSS_SET,
	guessedDegree,
	leastPolynomialTime,
	timeAtDegree,
	unseenVariant,
	type Variant,
	variantEntry,
	variants,
} from "./polynomial-candidates.ts";

/** Milliseconds that looking at a further variant of the polynomial takes: bounds for some ten degrees. */
const VARIANT_COST = { gauss: 3, reverse: 1, minimax: 20 };

/**
 * The share of the time at the guessed degree that is taken for certain: of a long run a little less, for the guess is from a few rows; of
 * a short one a little more, for where both take about the same a closer look would take longer than it may save.
 */
const GUESS_SHARE = { long: 0.85, short: 1.15 };
const LONG = 50;

/** Where even this degree pays and its run is short, none is guessed: a guess is a tenth of such a run, and all rows are looked at anyway. */
const SAFE_DEGREE = 16;
const SHORT = 10;

/**
 * By how many degrees less polynomials by row prove what one polynomial for all does: two to three as a rule, more where scores differ much. Where a run
 * takes less than so many milliseconds a look is a part of it, and they are looked at for no more than this part of the degree. In a longer run
 * it may be any number: a few rows of far larger scores, which set the radius of all, are computed exactly.
 */
const MOST_GAUSS_GAIN = { degrees: 6, part: 0.4, milliseconds: 100 };

/** Monomials of an anisotropic set that are looked at where all is: a second. */
const LARGEST_SET = 20_000;

/** The variants of the polynomial, each looked at where it may be the cheapest. */
export async function polynomialEntries(
	context: PlanContext,
	budget: Pick<Budget, "allows">,
	thorough: boolean,
	exactTime: number,
): Promise<PlanEntry[]> {
	const all = (reason: string, time?: number) =>
		variants.map((variant) => unseenVariant(context, variant, reason, time));
	const least = leastPolynomialTime(context);
	if (!thorough && GUESS_SHARE.short * least >= exactTime)
		return all(`no polynomial is faster at n = ${context.problem.n}`, least);
	const safeTime = timeAtDegree(context, SAFE_DEGREE);
	const isSafe = safeTime < SHORT && GUESS_SHARE.short * safeTime < exactTime;
	const { degree, hopeless } = isSafe ? { degree: SAFE_DEGREE, hopeless: false } : await guessedDegree(context);
	if (!Number.isFinite(degree)) {
		const others = all("no degree proves epsilon: in a sample of rows, rounding at scores of this size is above it");
		if (hopeless && exactTime < Number.POSITIVE_INFINITY && !thorough) return others;
		// Polynomials by row prove more; and where nothing may be left that can, what could be proved is to be told.
		const at = hopeless || exactTime === Number.POSITIVE_INFINITY ? 0 : GAUSS;
		const profile = await context.profile();
		const looked = others.with(at, variantEntry(context, profile, variants[at]));
		return at === GAUSS
			? looked.with(GAUSS_SET, setEntry({ context, profile, thorough, exactTime }, variants[GAUSS_SET], looked))
			: looked;
	}
	const time = timeAtDegree(context, degree);
	const share = exactTime > LONG ? GUESS_SHARE.long : GUESS_SHARE.short;
	if (!thorough && share * time >= exactTime && !maySetsPay(context, degree, time, exactTime)) {
		const near = time < exactTime ? "; a closer look would take longer than it may save" : "";
		return all(`about degree ${degree} would be needed, ${shortDuration(time)} predicted${near}`, time);
	}
	return lookedAt(context, budget, thorough, exactTime);
}

/** The variants in their order, where the usual one may pay. */
async function lookedAt(
	context: PlanContext,
	budget: Pick<Budget, "allows">,
	thorough: boolean,
	exactTime: number,
): Promise<PlanEntry[]> {
	const profile = await context.profile();
	const [first, ...others] = variants;
	const usual = variantEntry(context, profile, first);
	const entries = [usual];
	for (const variant of others) {
		if (variant.monomials === "anisotropic") {
			entries.push(setEntry({ context, profile, thorough, exactTime }, variant, entries));
			continue;
		}
		const best = bestTime(entries, exactTime);
		const kind = variant.basis === "chebyshev" ? "reverse" : variant.basis;
		// A route saves a fifth, a degree less two fifths at most, polynomials by row some degrees.
		const least = {
			gauss:
				usual.degree === undefined || best >= MOST_GAUSS_GAIN.milliseconds
					? 0.3 * best
					: byRowTime(context, usual.degree - gaussGain(usual)),
			reverse: 0.8 * best,
			minimax: 0.6 * best,
		}[kind];
		// Where the usual one takes long or proves nothing, polynomials by row are always worth a look, if so many degrees less pay at all.
		const isWorth = kind === "gauss" && least < best && !((usual.milliseconds ?? Number.POSITIVE_INFINITY) < SHORT);
		entries.push(
			isWorth || budget.allows(VARIANT_COST[kind], least, best)
				? // Of the reverse route a degree proves no more than of the moment route.
					variantEntry(context, profile, variant, { from: kind === "reverse" ? usual.degree : 0 })
				: unseenVariant(context, variant, "not looked at: it would save less than looking takes"),
		);
	}
	return entries;
}

/** Whether anisotropic sets may be faster than the exact method where all monomials are not: scores of a sample spread over few directions. */
const maySetsPay = (context: PlanContext, degree: number, time: number, exactTime: number): boolean =>
	LEAST_LEFT * time < exactTime &&
	whyNotAnisotropic(context, "gauss", countMonomials(context.problem.d, degree), exactTime) === undefined;

/** An anisotropic variant, looked at where the one with all monomials proves epsilon and it may pay. */
function setEntry(
	{ context, profile, thorough, exactTime }: SetRequest,
	variant: Variant,
	entries: readonly PlanEntry[],
): PlanEntry {
	const { run, rank } = entries[variant.basis === "gauss" ? GAUSS : 0];
	if (variant.basis === "gauss" && (!run || rank === undefined))
		return unseenVariant(context, variant, "not looked at: with all monomials no degree is known to prove epsilon");
	if (!thorough) {
		const basis = variant.basis === "gauss" ? "gauss" : "chebyshev";
		const why = whyNotAnisotropic(context, basis, rank ?? Number.POSITIVE_INFINITY, bestTime(entries, exactTime));
		if (why !== undefined) return unseenVariant(context, variant, why);
	}
	return variant.basis === "gauss"
		? anisotropicGaussEntry(context, profile, variant)
		: variantEntry(context, profile, variant, thorough ? { largest: LARGEST_SET } : {});
}

interface SetRequest {
	readonly context: PlanContext;
	readonly profile: Profile;
	readonly thorough: boolean;
	readonly exactTime: number;
}

const bestTime = (entries: readonly PlanEntry[], exactTime: number): number =>
	Math.min(
		exactTime,
		...entries.map(({ run, milliseconds = Number.POSITIVE_INFINITY }) =>
			run ? milliseconds : Number.POSITIVE_INFINITY,
		),
	);

/** By how many degrees less polynomials by row may prove what the usual variant does. */
function gaussGain({ degree = 0, milliseconds = Number.POSITIVE_INFINITY }: PlanEntry): number {
	const { degrees, part, milliseconds: long } = MOST_GAUSS_GAIN;
	return milliseconds < long ? Math.min(degrees, Math.floor(part * degree)) : degrees;
}
