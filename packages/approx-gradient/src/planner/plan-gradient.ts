import type { AttentionProblem } from "@attgrad/attention-problem";
import { type RowSource, type Runtime, shortDuration } from "@attgrad/matrix-core";
import { DEFAULT_RELATIVE } from "../accuracy.ts";
import { profileOn } from "../polynomial/method/method-of.ts";
import type { Profile } from "../polynomial/profile/profile.ts";
import { Budget, unlimited } from "./candidates/budget.ts";
import { exactEntry } from "./candidates/exact-candidate.ts";
import { featureMapEntry, featureMapNames, outlook } from "./candidates/feature-map-candidates.ts";
import type { PlanContext } from "./candidates/plan-context.ts";
import {
	byRowTime,
	GAUSS,
	guessedDegree,
	leastPolynomialTime,
	timeAtDegree,
	unseenVariant,
	variantEntry,
	variants,
} from "./candidates/polynomial-candidates.ts";
import { calibratedModel } from "./costs/calibration.ts";
import type { CostModel } from "./costs/cost-model.ts";
import type { CostName } from "./costs/costs.ts";
import { type Plan, type PlanEntry, planOf } from "./plan.ts";
import { planRelative } from "./plan-relative.ts";
import { refusalOf } from "./refusal.ts";

/** Milliseconds that looking at a further variant of the polynomial takes: bounds for some ten degrees. */
const VARIANT_COST = { gauss: 3, reverse: 1, minimax: 20, anisotropic: 10 };

/**
 * The share of the time at the guessed degree that is taken for certain: of a long run a little less, for the guess is from a few rows; of
 * a short one a little more, for where both take about the same a closer look would take longer than it may save.
 */
const GUESS_SHARE = { long: 0.85, short: 1.15 };
const LONG = 50;

/** Where even this degree pays and its run is short, none is guessed: a guess is a tenth of such a run, and all rows are looked at anyway. */
const SAFE_DEGREE = 16;
const SHORT = 10;

/** By how many degrees less polynomials by row prove what one polynomial for all does: two to three as a rule, more where scores differ much. */
const MOST_GAUSS_GAIN = 6;

/** The request that a plan answers. */
export interface PlanOptions {
	/** Bound on max |g~ − g|. */
	readonly epsilon?: number | undefined;
	/** Bound on max |g~ − g| as a part of max |g|. @default 1e-3, where there is no epsilon */
	readonly relative?: number | undefined;
	/** Looks at every algorithm, as long as that may take, instead of at those that may be the cheapest. @default false */
	readonly thorough?: boolean;
}

const usual: readonly CostName[] = ["streaming", "polynomial/moment", "polynomial/gauss", "polynomial/reverse"];

/**
 * Predicts what each algorithm takes to prove epsilon on a problem, on this machine, and chooses the cheapest that can:
 * within 2 % of the predicted run or 5 ms, unless it is to be thorough. What costs more to look at than it may save is left
 * out, with the reason. Degrees are those of the runs; what feature maps need is foreseen from a sample of rows.
 */
export async function planGradient(
	problem: AttentionProblem<RowSource>,
	{ epsilon, relative, thorough = false }: PlanOptions,
	runtime: Runtime,
): Promise<Plan> {
	const dtype = problem.A1.dtype;
	const modelOf = (names: readonly CostName[]) => calibratedModel(runtime, dtype, names);
	const model = await modelOf(usual);
	let known: Promise<Profile> | undefined;
	const profile = (): Promise<Profile> => {
		known ??= profileOn(problem, runtime);
		return known;
	};
	const base = { problem, runtime, model, profile };
	if (epsilon !== undefined) return planWithin({ ...base, epsilon, asked: { epsilon } }, modelOf, thorough);
	const asked = { relative: relative ?? DEFAULT_RELATIVE };
	const within = (context: PlanContext): Promise<Plan> => planWithin(context, modelOf, thorough);
	return planRelative({ ...base, asked }, within, thorough);
}

/** The plan for an absolute error. */
async function planWithin(
	context: PlanContext,
	modelOf: (names: readonly CostName[]) => Promise<CostModel>,
	thorough: boolean,
): Promise<Plan> {
	const { problem } = context;
	const { dtype } = problem.A1;
	const budget = thorough ? unlimited : new Budget();
	const exact = exactEntry(context);
	const entries: PlanEntry[] = [exact];
	const best = (): number =>
		Math.min(...entries.map(({ run, milliseconds }) => (run && milliseconds) || Number.POSITIVE_INFINITY));

	entries.push(...(await polynomialEntries(context, budget, thorough, best())));
	for (const name of featureMapNames) {
		if (dtype === "f32") {
			entries.push({ ...unseen(context, name), reason: "it works in double precision whatever the data: ask for f64" });
			continue;
		}
		// Nominal times give a lower bound, until measuring the machine may be worth it.
		const nominal = outlook(context, name);
		if (!budget.allows(nominal.cost, nominal.least, best())) {
			const reason = `not looked at: at least ${shortDuration(nominal.least)}, and a closer look would take longer than it may save`;
			entries.push({ ...unseen(context, name), milliseconds: nominal.least, reason });
			continue;
		}
		entries.push(await featureMapEntry({ ...context, model: await modelOf([name]) }, name));
	}
	const plan = planOf(entries);
	const refusal = await refusalOf(context, plan);
	return { ...plan, target: { epsilon: context.epsilon }, ...(refusal !== undefined && { refusal }) };
}

/** The variants of the polynomial, each looked at where it may be the cheapest. */
async function polynomialEntries(
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
		const others = all("no degree proves epsilon: at scores of this size rounding is above it, a sample of rows tells");
		if (hopeless && exactTime < Number.POSITIVE_INFINITY && !thorough) return others;
		// Polynomials by row prove more; and where nothing may be left that can, what could be proved is to be told.
		const at = hopeless || exactTime === Number.POSITIVE_INFINITY ? 0 : GAUSS;
		return others.with(at, variantEntry(context, await context.profile(), variants[at]));
	}
	const time = timeAtDegree(context, degree);
	const share = exactTime > LONG ? GUESS_SHARE.long : GUESS_SHARE.short;
	if (!thorough && share * time >= exactTime) {
		const near = time < exactTime ? "; a closer look would take longer than it may save" : "";
		return all(`about degree ${degree} would be needed, ${shortDuration(time)} predicted${near}`, time);
	}
	const profile = await context.profile();
	const [first, ...others] = variants;
	const usual = variantEntry(context, profile, first);
	const entries = [usual];
	for (const variant of others) {
		const best = Math.min(exactTime, ...entries.map(({ milliseconds = Number.POSITIVE_INFINITY }) => milliseconds));
		const kind =
			variant.monomials === "anisotropic" ? "anisotropic" : variant.basis === "chebyshev" ? "reverse" : variant.basis;
		// A route saves a fifth, a degree less two fifths at most, polynomials by row some degrees. Nothing is known of sets before they are grown.
		const least = {
			gauss: usual.degree === undefined ? 0.3 * best : byRowTime(context, usual.degree - MOST_GAUSS_GAIN),
			reverse: 0.8 * best,
			minimax: 0.6 * best,
			anisotropic: leastPolynomialTime(context),
		}[kind];
		// Where the usual one takes long or proves nothing, polynomials by row are always worth a look, if so many degrees less pay at all.
		const isWorth = kind === "gauss" && least < best && !((usual.milliseconds ?? Number.POSITIVE_INFINITY) < SHORT);
		entries.push(
			isWorth || budget.allows(VARIANT_COST[kind], least, best)
				? // Of the reverse route a degree proves no more than of the moment route.
					variantEntry(context, profile, variant, kind === "reverse" ? usual.degree : 0)
				: unseenVariant(context, variant, "not looked at: it would save less than looking takes"),
		);
	}
	return entries;
}

const unseen = ({ asked }: PlanContext, name: string) => ({ algorithm: name, options: asked, detail: "" });
