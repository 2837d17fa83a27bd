import type { GradientResult } from "@attgrad/attention-problem";
import { ComputationError, seededRandom, shortNumber } from "@attgrad/matrix-core";
import { MOST_ACCURACIES } from "../../../relative/within-relative.ts";
import { countMonomials } from "../../monomials/feature-tree.ts";
import { gaussDegreeWithin } from "../degree-choice.ts";
import { gaussOfDegree } from "../gauss-gradient.ts";
import { type Coins, constantsOf, type GaussRequest } from "../gauss-request.ts";
import { predictGaussBound } from "../predicted-bound.ts";
import { sampleScores } from "../score-sample.ts";
import { pairsOf, pairsPay } from "./pair-certificate.ts";

/** Degrees that are tried for one accuracy, and the certificates that a request may look at in all. */
const TRIES = 4;
const LOOKS = TRIES * MOST_ACCURACIES;

/** About how many times less than the proven bound a probabilistic one is, over √pairs; a cautious mean of what is measured. */
const GAIN = 0.01;

/** The largest accepted prediction, as a part of epsilon. */
const MARGIN = 0.7;

/** Features to a degree, and to the next. */
const featuresOf = (d: number, degree: number): [size: number, raisedSize: number] => [
	countMonomials(d, degree),
	countMonomials(d, degree + 1),
];

/** About how many times less than the proven bound the probabilistic one is. Not a proof; the run gives that. */
function predictedGain({ profile: { n, d } }: GaussRequest, degree: number): number {
	const pairs = pairsOf(n, d, ...featuresOf(d, degree));
	return Math.max(1, GAIN * Math.sqrt(pairs));
}

/**
 * The coins of one accuracy, with its part of the chance. Its degrees are tried in order from one that is chosen without these coins. A later
 * accuracy can depend on earlier coins, so it has coins of its own.
 */
const coinsFor = ({ seed, failure }: Coins, epsilon: number): Coins => ({
	seed: seededRandom(seed, "pairs", epsilon).integer(0, Number.MAX_SAFE_INTEGER),
	failure: failure / LOOKS,
});

/**
 * The gradient with a bound of at most epsilon that holds but for the coins' chance, at the least degree that is predicted to give one,
 * and degree by degree above it while the run does not; a degree that proves it where that takes less time. The chance covers all certificates that are looked at.
 * @throws ComputationError as `gaussDegreeWithin`, or `invalid` where the last run gives no such bound
 */
export async function gaussWithinProbable(request: GaussRequest, epsilon: number): Promise<GradientResult> {
	const { coins, runtime, profile } = request;
	if (!coins) throw new Error("a probabilistic certificate needs coins");
	const shared = { ...request, coins: coinsFor(coins, epsilon) };
	const sample = sampleScores(request.problem, request);
	const proves = gaussDegreeWithin(request, epsilon, 0, sample).degree;
	let degree = 1;
	const predicted = (at: number): number =>
		predictGaussBound(sample, request, constantsOf(request, at)).bound / predictedGain(request, at);
	while (degree < proves && !(predicted(degree) <= MARGIN * epsilon)) degree++;
	const work = (at: number): number => featuresOf(profile.d, at).reduce((sum, size) => sum + size, 0);
	if (!pairsPay(profile.d, work(degree), work(proves))) {
		const proved = await gaussOfDegree({ ...request, coins: undefined }, proves);
		if ((proved.certificate?.bound ?? Number.POSITIVE_INFINITY) <= epsilon) return proved;
		degree = proves;
	}
	let result = await gaussOfDegree(shared, degree);
	const boundOf = (): number => result.certificate?.bound ?? Number.POSITIVE_INFINITY;
	for (let tries = 1; tries < TRIES && !(boundOf() <= epsilon); tries++) {
		runtime.onMoreRounds?.(1);
		runtime.onNotice?.(
			`degree ${degree} gives ${boundOf().toExponential(1)}, not ${epsilon.toPrecision(3)}: again with degree ${degree + 1}`,
		);
		result = await gaussOfDegree(shared, ++degree);
	}
	const { certificate } = result;
	if (!certificate || !(boundOf() <= epsilon))
		throw new ComputationError(
			"invalid",
			`polynomial: bounds the error by ${boundOf().toExponential(1)} at degree ${result.degree}, not epsilon ${shortNumber(epsilon)}`,
		);
	if (certificate.kind !== "probabilistic") return result;
	return { ...result, certificate: { ...certificate, confidence: 1 - coins.failure, seed: coins.seed } };
}
