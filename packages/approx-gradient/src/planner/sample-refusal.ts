import type { AttentionProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { type Matrix, maxAbs, type RowSource, shortDuration } from "@attgrad/matrix-core";
import { leastProvable } from "../polynomial/gauss/degree-choice.ts";
import { gaussRequest } from "../polynomial/gauss/gauss-request.ts";
import { sampleScores, thinned } from "../polynomial/gauss/score-sample.ts";
import { sampleSize } from "../relative/sampled-pilot.ts";
import { epsilonFor } from "../relative/within-relative.ts";
import { largestEntry } from "../rows/largest-entry.ts";
import { subProblem } from "../rows/sub-problem.ts";
import { exactEntry } from "./candidates/exact-candidate.ts";
import { featureMapNames, mayProve } from "./candidates/feature-map-candidates.ts";
import type { PlanContext, RelativeContext } from "./candidates/plan-context.ts";
import { guessedDegree, unseenVariant, variants } from "./candidates/polynomial-candidates.ts";
import { type Plan, planOf } from "./plan.ts";
import { PATIENCE, reachOf } from "./refusal.ts";

/** Rows of the samples that tell how a gradient grows with their number. */
const ROWS = { few: 512, many: 4096 };

/** A degree that is far from where rounding ends what can be proved. */
const MODERATE = 18;

/** Added to the power of the number of rows with which a gradient grows, which samples tell within about so much. */
const GROWTH_MARGIN = 0.2;

/** How many times the error that is asked for a least bound must be to be surely above it: sizes of gradients are guessed within about so much. */
const SURELY_ABOVE = 2;

/** How many times as large as in a sample the entries of all rows may be: beyond that a few rows that it misses may make up the gradient. */
const REPRESENTATIVE = 2;

/**
 * The plan that refuses a relative error which rounding puts out of reach where the exact method takes minutes: told from samples of rows,
 * without a pilot, which may take seconds. Undefined where something may prove it, or samples do not tell. Two passes over all rows at most.
 */
export async function refusedFromSample(base: RelativeContext, exactTime: number): Promise<Plan | undefined> {
	if (exactTime < PATIENCE) return undefined;
	const { relative } = base.asked;
	// A look at a few rows tells where a moderate degree surely serves.
	const sized = { ...base, epsilon: epsilonFor(relative, await sampleSize(base.problem, base.runtime)) };
	if ((await guessedDegree(sized)).degree <= MODERATE) return undefined;
	const largest = await largestExpected(base);
	if (!(largest > 0 && Number.isFinite(largest))) return undefined;
	const { problem, runtime } = base;
	const context: PlanContext = { ...base, epsilon: epsilonFor(relative, largest) };
	const request = gaussRequest(problem, await base.profile(), runtime, "v2");
	const provable = leastProvable(request, thinned(sampleScores(problem, request)));
	if (!(provable.bound > SURELY_ABOVE * context.epsilon && isRepresentative(problem))) return undefined;
	for (const name of featureMapNames) if (await mayProve(context, name, exactTime)) return undefined;
	const reach = reachOf(context, provable, request.space.radius);
	const exact = exactEntry(context);
	if (exact.certificate?.bound !== undefined && exact.run) return undefined;
	const entries = [exact, ...variants.map((variant) => unseenVariant(context, variant, reach))];
	const refusal = `${reach}; the exact method takes ${shortDuration(exactTime)}: ask for it by name`;
	return { ...planOf(entries), target: base.asked, refusal };
}

/** About the largest entry that the gradient may have: of a sample, grown as samples of different sizes tell, and somewhat more. */
async function largestExpected({ problem, runtime }: RelativeContext): Promise<number> {
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

/** Whether the samples have entries about as large as all rows have. One pass. */
function isRepresentative(problem: AttentionProblem<RowSource>): boolean {
	const sample = subProblem(problem, ROWS.many);
	return (["A1", "A2", "A3", "E"] as const).every(
		(name) => largestEntry(problem[name]) <= REPRESENTATIVE * maxAbs(sample[name]),
	);
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
