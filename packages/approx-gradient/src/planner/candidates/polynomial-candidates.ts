import { ComputationError } from "@attgrad/matrix-core";
import { aPrioriBound } from "../../polynomial/certificates/a-priori.ts";
import { chebyshev } from "../../polynomial/families/chebyshev.ts";
import { roundingFloor } from "../../polynomial/families/rounding-floor.ts";
import { gaussPlanWithin, gaussWithin } from "../../polynomial/gauss/degree-choice.ts";
import { gaussRequest } from "../../polynomial/gauss/gauss-request.ts";
import type { Approximation, Method } from "../../polynomial/method/approximation.ts";
import { balancedSpace } from "../../polynomial/method/feature-space.ts";
import { methodOf } from "../../polynomial/method/method-of.ts";
import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import { approximationWithin, type GradientRequest, gradientWithin } from "../../polynomial/polynomial-gradient.ts";
import { type Profile, profileOf } from "../../polynomial/profile/profile.ts";
import { subProblem } from "../../rows/sub-problem.ts";
import { exactRowsTime } from "../costs/exact-rows-cost.ts";
import type { PlanEntry } from "../plan.ts";
import type { PlanContext } from "./plan-context.ts";
import { setChoiceTime } from "./set-choice-time.ts";

/** A polynomial method by its choices. */
export interface Variant {
	readonly route: "moment" | "reverse";
	readonly basis: "chebyshev" | "minimax" | "gauss";
	readonly monomials: "total-degree" | "anisotropic";
}

/** The variants, the usual one first; each may use what the ones before have found. */
export const variants: readonly Variant[] = [
	{ route: "moment", basis: "chebyshev", monomials: "total-degree" },
	{ route: "moment", basis: "gauss", monomials: "total-degree" },
	{ route: "reverse", basis: "chebyshev", monomials: "total-degree" },
	{ route: "moment", basis: "minimax", monomials: "total-degree" },
	{ route: "moment", basis: "gauss", monomials: "anisotropic" },
	{ route: "moment", basis: "chebyshev", monomials: "anisotropic" },
];

/** Where polynomials by row stand in `variants`, with all monomials and over anisotropic sets. */
export const [GAUSS, GAUSS_SET] = [1, 4];

/** Rows from which the degree is guessed before all are looked at. */
const GUESS_ROWS = 32;

/** Rounding of an exponential above which no degree is searched for, because nothing can be proved. */
const HOPELESS = 1;

/** The lowest degree that is worth anything. */
const LEAST_DEGREE = 1;

const sizesOf = (d: number, degree: number) => ({
	size: countMonomials(d, degree),
	raisedSize: countMonomials(d, degree + 1),
	degree,
});

/** Milliseconds that choosing the degree takes, which the model, measured at given degrees, does not have. */
const DEGREE_CHOICE = 0.6;

/** By how many degrees polynomials by row prove what one for all does, two at least on data of the project. */
const GAUSS_GAIN = 2;

/** Milliseconds that polynomials by row take in addition, for the sample and the choice of the run (`npm run bench:costs -- --only plans`). */
const GAUSS_CHOICE = 2;

/** Predicted time of a variant with all monomials, the choice of its degree included, milliseconds. */
export const variantTime = (...run: Parameters<typeof runTime>): number => DEGREE_CHOICE + runTime(...run);

/**
 * Predicted time of a run of a variant, milliseconds, without the choice of its degree or set.
 * @param part of polynomials by row: the part of the work of form v2 in double precision. @default all
 */
export function runTime(
	{ problem: { n, d }, model }: Pick<PlanContext, "problem" | "model">,
	{ route, basis }: Pick<Variant, "route" | "basis">,
	sizes: Sizes,
	{ exactRows = 0, part = 1 }: { readonly exactRows?: number; readonly part?: number } = {},
) {
	if (basis !== "gauss") return model.timeOf(`polynomial/${route}`, { n, d, ...sizes });
	const time = model.timeOf("polynomial/gauss", { n, d, ...sizes, part });
	return time + exactRowsTime(model, { n, d }, exactRows);
}

type Sizes = { readonly size: number; readonly raisedSize: number; readonly degree: number };

/** The least time of any variant, from n and d alone. */
export const leastPolynomialTime = (context: Pick<PlanContext, "problem" | "model">): number =>
	Math.min(...variants.map((variant) => variantTime(context, variant, sizesOf(context.problem.d, LEAST_DEGREE))));

/** A degree that is guessed; of one that rounding leaves unproved, whether all is. */
export interface GuessedDegree {
	/** Infinity where one polynomial for all rows cannot prove epsilon. */
	readonly degree: number;
	/** Whether rounding of the exponentials alone leaves nothing to prove. */
	readonly hopeless: boolean;
}

/**
 * About the degree that will be needed, or Infinity where rounding leaves none that can prove epsilon by the relative form: what the relative
 * form (paper.md 7.1) asks for on a few of the rows. Their ranges are a little smaller than all rows' are, so that it is
 * rather too low. O(1) in n, a tenth of a millisecond.
 */
export async function guessedDegree({ problem, epsilon }: PlanContext): Promise<GuessedDegree> {
	const sample = subProblem(problem, GUESS_ROWS);
	const profile = await profileOf(sample);
	const { d, scale, inputSums, residualSums, valueHalfRange, keyHalfRange } = profile;
	const { radius } = balancedSpace(profile);
	const floor = roundingFloor(radius, problem.A1.dtype);
	if (floor > HOPELESS) return { degree: Number.POSITIVE_INFINITY, hopeless: true };
	let largest = 0;
	for (let a = 0; a < d; a++) {
		let sum = 0;
		for (let i = 0; i < d; i++)
			sum += valueHalfRange[i] * (2 * residualSums.at(a, i) + inputSums[a] * valueHalfRange[i]);
		largest = Math.max(largest, sum);
	}
	const sensitivity = (scale * Math.max(...keyHalfRange) * largest * problem.n) / sample.n;
	if (sensitivity === 0) return { degree: LEAST_DEGREE, hopeless: false };
	const tau = Math.min(0.5, epsilon / sensitivity);
	// A proof counts many such roundings: what one of them is near to cannot be proved.
	if (floor > tau / 10) return { degree: Number.POSITIVE_INFINITY, hopeless: false };
	return { degree: Math.max(LEAST_DEGREE, chebyshev.degreeFor(radius, tau / (1 + tau))), hopeless: false };
}

/** The time that the usual variant takes at a degree, or polynomials by row where these prove as much in less. */
export function timeAtDegree(context: Pick<PlanContext, "problem" | "model">, degree: number): number {
	if (!Number.isFinite(degree)) return Number.POSITIVE_INFINITY;
	const { d } = context.problem;
	return Math.min(variantTime(context, variants[0], sizesOf(d, degree)), byRowTime(context, degree - GAUSS_GAIN));
}

/** The time that polynomials by row take at a degree, or at the lowest that is worth anything. */
export const byRowTime = (context: Pick<PlanContext, "problem" | "model">, degree: number): number =>
	variantTime(context, variants[GAUSS], sizesOf(context.problem.d, Math.max(LEAST_DEGREE, degree)));

const words = { chebyshev: "Chebyshev", minimax: "minimax", gauss: "rows' own" };

/**
 * The plan of a variant: its approximation is chosen, and its run starts with that.
 * @param from the least degree that is looked at
 * @param largest monomials of an anisotropic set that are looked at, at most
 */
export function variantEntry(
	context: PlanContext,
	profile: Profile,
	variant: Variant,
	{ from, largest }: { readonly from?: number | undefined; readonly largest?: number } = {},
): PlanEntry {
	const { problem, epsilon, asked, runtime } = context;
	const { route, basis, monomials } = variant;
	const common = { algorithm: `polynomial/${route}`, options: { ...optionsOf(variant), ...asked } };
	if (basis === "gauss") return gaussEntry(context, profile, variant);
	try {
		const method = methodOf(problem, profile, { route, basis, monomials, kernel: runtime.kernel });
		const certificate = "a-posteriori" as const;
		const request: GradientRequest = { problem, method, monomials, rowDegrees: false, certificate, runtime };
		const approximation = approximationWithin(request, epsilon, { from, largest });
		const { degree, size } = approximation;
		return {
			...common,
			detail: `${words[basis]} degree ${degree}${monomials === "anisotropic" ? ", anisotropic" : ""}, K = ${size}`,
			milliseconds: runTime(context, variant, approximation),
			choosing: monomials === "anisotropic" ? setChoiceTime(problem, "chebyshev", size) : DEGREE_CHOICE,
			degree,
			rank: size,
			certificate: { kind: certificate, bound: foreseen(method, approximation, epsilon) },
			run: (other = epsilon) => gradientWithin(request, other, other === epsilon ? approximation : undefined),
		};
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return { ...common, detail: detailOf(variant), reason: failure.message };
	}
}

/** The plan of polynomials by row: their degree is chosen, and their run starts with that. */
export function gaussEntry(context: PlanContext, profile: Profile, variant: Variant): PlanEntry {
	const { problem, epsilon, asked, runtime } = context;
	const { route } = variant;
	const common = { algorithm: `polynomial/${route}`, options: { ...optionsOf(variant), ...asked } };
	const request = gaussRequest(problem, profile, runtime, "v2", route);
	try {
		const plan = gaussPlanWithin(request, epsilon);
		const { exactRows } = plan;
		const { degree, part } = plan.cheapest;
		const sizes = sizesOf(problem.d, degree);
		return {
			...common,
			detail: `${words.gauss} degree ${degree}, K = ${sizes.size}${exactRowsText(exactRows)}`,
			milliseconds: runTime(context, variant, sizes, { exactRows, part }),
			choosing: DEGREE_CHOICE + GAUSS_CHOICE,
			degree,
			rank: sizes.size,
			certificate: { kind: "a-posteriori", bound: epsilon },
			run: (other = epsilon) => gaussWithin(request, other, other === epsilon ? plan : undefined),
		};
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return { ...common, detail: detailOf(variant), reason: failure.message };
	}
}

/** Says how many rows are computed exactly; empty where none are. */
export const exactRowsText = (rows: number): string => (rows > 0 ? `, some ${rows} rows exactly` : "");

/** The a-priori bound, or epsilon, which the run is to prove a posteriori. */
const foreseen = (method: Method, approximation: Approximation, epsilon: number): number =>
	Math.min(epsilon, aPrioriBound(method, approximation).bound);

/** Options beside those that the variant's spelling fixes and those that are the defaults. */
export const optionsOf = ({ basis, monomials }: Variant) => ({
	...(basis !== "chebyshev" && { basis }),
	...(monomials !== "total-degree" && { monomials }),
});

/** A variant in words, before anything is known of its degree. */
export const detailOf = ({ basis, monomials }: Variant): string =>
	`${words[basis]}${monomials === "anisotropic" ? ", anisotropic" : ""}`;

/** A variant that was not looked at. */
export const unseenVariant = (
	context: PlanContext,
	variant: Variant,
	reason: string,
	milliseconds?: number,
): PlanEntry => ({
	algorithm: `polynomial/${variant.route}`,
	options: { ...optionsOf(variant), ...context.asked },
	detail: detailOf(variant),
	...(milliseconds !== undefined && { milliseconds }),
	reason,
});
