import type { AttentionProblem, GradientResult } from "@attgrad/attention-problem";
import { ComputationError, type RowSource, type Runtime, shortNumber, UsageError } from "@attgrad/matrix-core";
import { principalSpace } from "../../method/principal-space.ts";
import { countMonomials } from "../../monomials/feature-tree.ts";
import type { Profile } from "../../profile/profile.ts";
import type { RowForm } from "../bounds/error-constants.ts";
import { gaussDegreeWithin } from "../degree-choice.ts";
import { gaussOfSet } from "../gauss-gradient.ts";
import { constantsOf, type GaussRequest, gaussRequest } from "../gauss-request.ts";
import { type PredictedBound, predictGaussBound } from "../predicted-bound.ts";
import { type ScoreSample, sampleScores } from "../score-sample.ts";
import type { LayeredSet } from "./layered-set.ts";
import { heaviestMonomials, LEAST_THRESHOLD, monomialWeights } from "./monomial-set.ts";
import { predictSetBound } from "./predicted-set.ts";

/** Monomials of a set at most: it is grown one by one. */
const LARGEST_SET = 2 ** 16;

/** Degrees from the least one on that are tried: a higher degree leaves more of epsilon for monomials to be left out. */
const DEGREES_TRIED = 2;

/** The logarithm of the first threshold that is tried, the factor to the next one, and how closely one is found. */
const FIRST_THRESHOLD = -4;
const GROWTH = 1.4;
const PRECISION = 0.25;

/** The largest prediction, as a part of epsilon: samples foretell up to 1.5 times too little, a set that misses is a run in vain, and one that proves twice as much is a twentieth larger. */
const ACCEPTED = 0.55;

/** Runs whose certificate may turn out above epsilon. */
const TRIES = 4;

/** A request for a polynomial of its own for each row over an anisotropic set: along the axes of the data, in plain TypeScript. */
export const anisotropicRequest = (
	problem: AttentionProblem<RowSource>,
	profile: Profile,
	runtime: Runtime,
	form: RowForm,
): GaussRequest => ({
	...gaussRequest(problem, profile, runtime, form),
	space: principalSpace(problem, profile),
});

/**
 * The gradient at a degree by the smallest set that is predicted to prove at most twice the bound of all monomials.
 * @throws UsageError where the set would have too many monomials; otherwise as `gaussOfDegree`
 */
export function anisotropicOfDegree(request: GaussRequest, degree: number): Promise<GradientResult> {
	const sample = sampleScores(request.problem, request);
	const { bound, exactRows } = predictGaussBound(sample, request, constantsOf(request, degree));
	const smallest = smallestSet(request, sample, degree, { bound: 2 * bound, exactRows });
	if (!smallest) throw new UsageError(tooMany(degree));
	return gaussOfSet(request, smallest.set);
}

/**
 * The smallest set that is predicted from a sample of rows to prove epsilon; its cost does not grow with n, but for the sample.
 * @throws ComputationError as `gaussDegreeWithin`
 */
export function anisotropicSetWithin(request: GaussRequest, epsilon: number): PredictedSet {
	const wanted = ACCEPTED * epsilon;
	return setWithin(request, { epsilon, wanted }, sampleScores(request.problem, request));
}

/**
 * The gradient with a certificate of at most epsilon by the smallest set that is predicted to prove it; after a run that does not, by a set
 * that is predicted to prove so much less.
 * @param first the set of `anisotropicSetWithin`, where it is known
 * @throws ComputationError as `gaussDegreeWithin`, and `invalid` where no set that was tried proves epsilon
 */
export async function anisotropicWithin(
	request: GaussRequest,
	epsilon: number,
	first = anisotropicSetWithin(request, epsilon),
): Promise<GradientResult> {
	const sample = sampleScores(request.problem, request);
	let { set, predicted } = first;
	let wanted = ACCEPTED * epsilon;
	for (let tries = 1; ; tries++) {
		const result = await gaussOfSet(request, set);
		const bound = result.certificate?.bound ?? Number.POSITIVE_INFINITY;
		if (bound <= epsilon) return result;
		if (tries === TRIES)
			throw new ComputationError(
				"invalid",
				`polynomial: certifies ${bound.toExponential(1)} with ${set.tree.size} monomials, not epsilon ${shortNumber(epsilon)}`,
			);
		// A sample that underestimates the bound of one set does so for the next.
		const missed = Math.max(1.5, bound / predicted);
		wanted = Number.isFinite(missed) ? (ACCEPTED * epsilon) / missed : wanted / 10;
		request.runtime.onMoreRounds?.(1);
		request.runtime.onNotice?.(
			`${set.tree.size} monomials prove ${bound.toExponential(1)}, not ${epsilon.toPrecision(3)}: again with more`,
		);
		({ set, predicted } = setWithin(request, { epsilon, wanted }, sample));
	}
}

/** A set and the bound that it is predicted to prove. */
export interface PredictedSet {
	readonly set: LayeredSet;
	/** Infinity where it leaves more rows to the exact method than all monomials do. */
	readonly predicted: number;
	/** Rows of the problem that will be computed exactly. */
	readonly exactRows: number;
}

/** A bound that is to be proved, and the rows that may be left to the exact method: those that all monomials leave. */
type Wanted = Pick<PredictedBound, "bound" | "exactRows">;

/**
 * The set with the least K⁺, over some degrees, that is predicted to prove `wanted`; the one with the least prediction where none is.
 * @throws ComputationError `invalid` where no degree proves epsilon with all its monomials, `skipped` where sets would have too many
 */
function setWithin(
	request: GaussRequest,
	{ epsilon, wanted }: { readonly epsilon: number; readonly wanted: number },
	sample: ScoreSample,
): PredictedSet {
	const { degree: least, exactRows } = gaussDegreeWithin(request, epsilon, 0, sample);
	const sets = Array.from({ length: DEGREES_TRIED }, (_, more) =>
		smallestSet(request, sample, least + more, { bound: wanted, exactRows }),
	).filter((set) => set !== undefined);
	if (sets.length === 0) throw new ComputationError("skipped", tooMany(least));
	const enough = sets.filter(({ predicted }) => predicted <= wanted);
	if (enough.length === 0) return sets.reduce((one, other) => (other.predicted < one.predicted ? other : one));
	return enough.reduce((one, other) => (other.set.tree.raisedSize < one.set.tree.raisedSize ? other : one));
}

const tooMany = (degree: number): string =>
	`polynomial: the anisotropic set of degree ${degree} has more than ${LARGEST_SET} monomials; lower the degree or raise epsilon`;

/** The smallest set of monomials of a degree, by their weights, that is predicted to prove `wanted`; all where none does. Undefined where it has too many. */
function smallestSet(
	request: GaussRequest,
	sample: ScoreSample,
	degree: number,
	{ bound: wanted, exactRows: most }: Wanted,
): PredictedSet | undefined {
	const weights = monomialWeights(sample, degree);
	const setAt = (threshold: number): PredictedSet | undefined => {
		const set = heaviestMonomials(weights, degree, threshold, LARGEST_SET);
		if (!set) return undefined;
		const { bound, exactRows } = predictSetBound(request, set, sample);
		// A set that serves few rows proves much, and takes as long as the exact method.
		return { set, predicted: exactRows > most ? Number.POSITIVE_INFINITY : bound, exactRows };
	};
	const all = countMonomials(weights.length, degree + 1);
	// Downwards until a set proves it, for trees of far more monomials take longest; then by halves.
	let [high, low] = [0, FIRST_THRESHOLD];
	let best = setAt(low);
	while (best && best.predicted > wanted && best.set.tree.raisedSize < all && low > LEAST_THRESHOLD) {
		[high, low] = [low, low * GROWTH];
		best = setAt(low);
	}
	if (!best || best.predicted > wanted) return best;
	while (high - low > PRECISION) {
		const middle = (low + high) / 2;
		const next = setAt(middle);
		if (next && next.predicted <= wanted) [low, best] = [middle, next];
		else high = middle;
	}
	return best;
}
