import type { AttentionProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { ComputationError, Matrix, maxAbs, type RowSource, type Runtime, shortDuration } from "@attgrad/matrix-core";
import { gaussPlanWithin, leastProvable } from "../polynomial/gauss/degree-choice.ts";
import { type GaussRequest, gaussRequest, sizesOf } from "../polynomial/gauss/gauss-request.ts";
import { type ScoreSample, sampleScores, thinned } from "../polynomial/gauss/score-sample.ts";
import { profileOn } from "../polynomial/method/method-of.ts";
import type { Profile } from "../polynomial/profile/profile.ts";
import { epsilonFor } from "../relative/within-relative.ts";
import { largestEntry } from "../rows/largest-entry.ts";
import { stretchedProblem } from "../rows/stretched.ts";
import { subProblem } from "../rows/sub-problem.ts";
import { areFewDirections } from "./candidates/anisotropic-candidates.ts";
import { exactEntry } from "./candidates/exact-candidate.ts";
import { featureMapNames, timeToProve } from "./candidates/feature-map-candidates.ts";
import type { PlanContext, RelativeContext } from "./candidates/plan-context.ts";
import {
	GAUSS,
	guessedDegree,
	timeAtDegree,
	unseenVariant,
	variants,
	variantTime,
} from "./candidates/polynomial-candidates.ts";
import { scoreDirections } from "./candidates/score-directions.ts";
import { type Plan, planOf } from "./plan.ts";
import { LONGEST_PROOF, PATIENCE, reachOf } from "./refusal.ts";

/** Rows of the samples from which the growth of a gradient with n is estimated. */
const ROWS = { few: 512, many: 4096 };

/** Added to the power of n with which a gradient grows: samples give it within about so much. */
const GROWTH_MARGIN = 0.2;

/** How many times the error that is asked for a least bound must be to be surely above it: sizes of gradients are guessed within about so much. */
const SURELY_ABOVE = 2;

/** How many times as large as in a sample the entries of all rows may be: beyond that a few rows that it misses may make up the gradient. */
const REPRESENTATIVE = 2;

/** Rows up to which all are looked at for their sizes; of a longer problem so many, in runs. */
const LOOKED = { all: 2 ** 20, rows: 2 ** 17, run: 2 ** 11 };

/** How many times longer than is allowed a proof is predicted to take where it surely takes too long. */
const SURELY_LONGER = 2;

/** A proof that takes longer than so many milliseconds, and than this part of the exact method's time, is of no use. */
const NO_USE = { milliseconds: 600_000, part: 0.4 };

/**
 * The plan that refuses a relative error where the exact method takes minutes and rounding puts the error out of reach, or its fastest proof takes
 * two hours, or ten minutes and nearly half of the exact method's time: predicted from samples of rows, without a pilot, which may take a minute.
 * Undefined where something may prove it, or samples do not tell.
 * Rows of a sample are read, and up to 2^20 others for their sizes: a second, whatever n is. Of a longer problem whose gradient is made up by less than
 * one row in 10,000 the sizes may miss these.
 */
export async function refusedFromSample(base: RelativeContext, exactTime: number): Promise<Plan | undefined> {
	if (exactTime < PATIENCE) return undefined;
	const { asked, runtime } = base;
	const { sample, problem } = stretchedProblem(base.problem, ROWS.many);
	const largest = await largestExpected(problem, runtime);
	if (!(largest > 0 && Number.isFinite(largest))) return undefined;
	const context: PlanContext = { ...base, problem, epsilon: epsilonFor(asked.relative, largest) };
	// Where a moderate degree surely serves, a few rows show it.
	const most = Math.min(SURELY_LONGER * LONGEST_PROOF, Math.max(NO_USE.milliseconds, NO_USE.part * exactTime));
	if (timeAtDegree(context, (await guessedDegree(context)).degree) < most) return undefined;
	const profile = stretchedProfile(await profileOn(sample, runtime), problem.n);
	const request = gaussRequest(problem, profile, runtime, "v2");
	const scores = sampleScores(problem, request);
	const way = byRowWay(context, request, scores);
	if (way !== undefined && (way < most || areFewDirections(scoreDirections(problem), problem.d))) return undefined;
	if (!isRepresentative(base.problem, sample)) return undefined;
	let fastest = { name: "polynomial/moment", time: way ?? Number.POSITIVE_INFINITY };
	for (const name of featureMapNames) {
		const time = await timeToProve(context, name);
		if (time < Math.min(exactTime, most)) return undefined;
		if (time < fastest.time) fastest = { name, time };
	}
	const exact = exactEntry(context);
	if (exact.certificate?.bound !== undefined && exact.run) return undefined;
	const reach = reachOf(context, leastProvable(request, thinned(scores)), request.space.radius);
	const why =
		fastest.time < exactTime
			? `the fastest proof, by ${fastest.name}, would take about ${shortDuration(fastest.time)}`
			: reach;
	const entries = [exact, ...variants.map((variant) => unseenVariant(context, variant, why))];
	const refusal = `${why}; the exact method takes ${shortDuration(exactTime)}: ask for it by name`;
	return { ...planOf(entries), target: asked, refusal };
}

/** The time that polynomials by row take to prove an error somewhat above the one that is asked for; undefined where rounding surely puts that out of reach. */
function byRowWay(context: PlanContext, request: GaussRequest, scores: ScoreSample): number | undefined {
	try {
		const { exactRows, cheapest } = gaussPlanWithin(request, SURELY_ABOVE * context.epsilon, scores);
		const { degree, part } = cheapest;
		return variantTime(
			context,
			variants[GAUSS],
			{ ...sizesOf(context.problem.d, degree), degree },
			{ exactRows, part },
		);
	} catch (failure) {
		if (failure instanceof ComputationError && failure.status === "invalid") return undefined;
		if (failure instanceof ComputationError) return Number.POSITIVE_INFINITY;
		throw failure;
	}
}

/** The profile of a sample as that of a problem of n rows of which it has a part. */
function stretchedProfile(profile: Profile, n: number): Profile {
	const { d, inputSums, residualSums } = profile;
	const factor = n / profile.n;
	return {
		...profile,
		n,
		inputSums: inputSums.map((sum) => sum * factor),
		residualSums: Matrix.build(d, d, (a, i) => residualSums.at(a, i) * factor),
	};
}

/** About the largest entry that the gradient may have: of a sample, grown as samples of different sizes tell, and somewhat more. */
async function largestExpected(problem: AttentionProblem<RowSource>, runtime: Runtime): Promise<number> {
	const sizeOf = async (rows: number) => {
		const sample = subProblem(problem, rows);
		const { gradient } = await streaming.run(sample, streaming.options.parse({}), runtime);
		return sizes(gradient);
	};
	const [few, many] = [await sizeOf(ROWS.few), await sizeOf(ROWS.many)];
	const growth = Math.log(many.mean / few.mean) / Math.log(ROWS.many / ROWS.few);
	const power = Math.min(1, Math.max(0, growth) + GROWTH_MARGIN);
	return many.largest * (problem.n / ROWS.many) ** power;
}

/** Whether a sample has entries about as large as all rows have; of a long problem, as a part of them, in runs of rows, has. */
function isRepresentative(problem: AttentionProblem<RowSource>, sample: AttentionProblem): boolean {
	return (["A1", "A2", "A3", "E"] as const).every(
		(name) => largestOfRuns(problem[name]) <= REPRESENTATIVE * maxAbs(sample[name]),
	);
}

/** The largest |entry| of the rows of a source, or of a longer one of `LOOKED.rows` of them. */
function largestOfRuns(source: RowSource): number {
	if (source.rows <= LOOKED.all) return largestEntry(source);
	const block = Matrix.zeros(LOOKED.run, source.cols, source.dtype);
	const runs = LOOKED.rows / LOOKED.run;
	let largest = 0;
	for (let at = 0; at < runs; at++) {
		const from = Math.floor((at * (source.rows - LOOKED.run)) / (runs - 1));
		source.readRows(from, from + LOOKED.run, block.data);
		largest = Math.max(largest, maxAbs(block));
	}
	return largest;
}

/** The largest entry and the root mean square of all. */
function sizes({ data }: Matrix): { largest: number; mean: number } {
	let [largest, square] = [0, 0];
	for (const x of data) {
		largest = Math.max(largest, Math.abs(x));
		square += x * x;
	}
	return { largest, mean: Math.sqrt(square / data.length) };
}
