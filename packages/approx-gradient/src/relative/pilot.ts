import type { AttentionProblem } from "@attgrad/attention-problem";
import { ComputationError, maxAbs, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { constantsOf, type GaussRequest, gaussOfDegree, gaussRequest } from "../polynomial/gauss/gauss-gradient.ts";
import { predictGaussBound, sampleScores } from "../polynomial/gauss/predicted-bound.ts";
import { countMonomials } from "../polynomial/monomials/feature-tree.ts";
import type { Profile } from "../polynomial/profile/profile.ts";

/** About how large a gradient is, from a run at a low degree. */
export interface Pilot {
	/** Largest entry of the approximate gradient. */
	readonly largest: number;
	/** What rounding may add to an entry: where `largest` is not above it, the gradient may as well be zero. */
	readonly floor: number;
	readonly degree: number;
}

/** A degree for a pilot, and the work that it is predicted to be. */
export interface PilotChoice {
	readonly degree: number;
	/** Rows that are predicted to be computed exactly. */
	readonly exactRows: number;
}

/** Degrees that are looked at. */
const DEGREES = { least: 2, most: 12 };

/** Multiply-adds of an exact row against a key, in plain TypeScript, in units of those of a kernel. */
const EXACT_PAIR = 100;

/**
 * The degree at which a run with polynomials by row is cheapest: higher ones leave fewer rows to the exact method. Undefined where
 * none serves half of the rows. O(1) in n, some milliseconds.
 */
export function pilotChoice(request: GaussRequest): PilotChoice | undefined {
	const { n, d } = request.profile;
	const sample = sampleScores(request.problem, request);
	let best: PilotChoice | undefined;
	let least = Number.POSITIVE_INFINITY;
	for (let degree = DEGREES.least; degree <= DEGREES.most; degree++) {
		const work = 2 * n * countMonomials(d, degree + 1) * (d + 1);
		if (work >= least) break;
		const { exactRows } = predictGaussBound(sample, request, constantsOf(request, degree));
		const all = work + EXACT_PAIR * exactRows * n;
		if (exactRows <= n / 2 && all < least) [best, least] = [{ degree, exactRows }, all];
	}
	return best;
}

/**
 * Runs polynomials by row at a low degree, whose true error is far below their proved one, to tell how large the gradient is.
 * @param known the problem's profile
 * @throws ComputationError invalid where no degree serves half of the rows
 */
export async function pilotGradient(
	problem: AttentionProblem<RowSource>,
	known: Profile,
	runtime: Runtime,
	chosen?: PilotChoice,
): Promise<Pilot> {
	const request = gaussRequest(problem, known, runtime, "l1");
	const choice = chosen ?? pilotChoice(request);
	if (choice === undefined)
		throw new ComputationError(
			"invalid",
			`no polynomial of a degree up to ${DEGREES.most} serves most rows at radius ${request.space.radius.toPrecision(4)}`,
		);
	runtime.onMoreRounds?.(1);
	const { gradient, certificate } = await gaussOfDegree(request, choice.degree);
	return { largest: maxAbs(gradient), floor: certificate?.floatFloor ?? 0, degree: choice.degree };
}
