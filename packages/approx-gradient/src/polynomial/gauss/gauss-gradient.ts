import type { Certificate, GradientResult } from "@attgrad/attention-problem";
import { add, ComputationError, type Matrix, scale } from "@attgrad/matrix-core";
import { certificateOf, type ErrorParts } from "../../error-bound/index.ts";
import { requireFinite } from "../../rows/require-finite.ts";
import { memoryOf } from "../method/memory.ts";
import { type FeatureTree, requireMemory } from "../monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../monomials/total-degree.ts";
import { routes } from "../routes/index.ts";
import type { LayeredSet } from "./anisotropic/layered-set.ts";
import type { ErrorConstants } from "./bounds/error-constants.ts";
import { boundFromGaussTotals } from "./bounds/gauss-bound.ts";
import {
	arithmeticOf,
	constantsOf,
	constantsOfSet,
	type GaussRequest,
	memoryAt,
	onKernels,
	sizesOf,
} from "./gauss-request.ts";
import { PairCertificate, pairsOf } from "./pairs/pair-certificate.ts";
import { probableOf } from "./pairs/probable-certificate.ts";
import type { GaussRun } from "./run/gauss-run.ts";
import { gaussOnKernels, type InVain } from "./run/kernel-run.ts";
import { plainGaussRun } from "./run/plain-run.ts";
import { scaledTotals } from "./totals.ts";

/** Scores beyond which no row is served, powers of keys may overflow, and the rounding of a score is all that a bound would tell. */
const LARGEST_SCORE = 1e6;

function requireScores(radius: number): void {
	if (radius <= LARGEST_SCORE) return;
	throw new ComputationError(
		"invalid",
		`polynomial: scores reach ${radius.toPrecision(4)}, and no row has a polynomial; use streaming`,
	);
}

/**
 * The gradient at a degree, with what is proved of its error. Rows that the method does not serve are computed exactly and counted.
 * @throws UsageError when the features would not fit in memory; ComputationError (invalid) where scores are beyond any use
 */
export async function gaussOfDegree(request: GaussRequest, degree: number): Promise<GradientResult> {
	return withExactRows(request, degree, await runOfDegree(request, degree));
}

/** By how much the bound that the rows so far foretell must be above epsilon for a run to be given up. */
const SURELY_ABOVE = 1.1;

/**
 * The same, but the run is given up as soon as the rows so far, which are spread over all, foretell a bound above epsilon: there is no result then, and
 * the bound is the foretold one.
 * @param lowerReach rows of a reach up to this have one degree less, on kernels. @default none has
 */
export async function gaussUntilMissed(
	request: GaussRequest,
	degree: number,
	epsilon: number,
	lowerReach?: number,
): Promise<{ readonly result?: GradientResult; readonly bound: number }> {
	const { n } = request.problem;
	let foretold = 0;
	const constants = constantsOf(request, degree);
	const ran = await runOfDegree(
		request,
		degree,
		(totals, rows) => {
			const ofRows = scaledTotals(totals, n / rows);
			foretold = boundOf(
				request,
				boundFromGaussTotals(arithmeticOf(request), constants, { ofRows }),
				ofRows.largestKappa,
			).bound;
			return foretold > SURELY_ABOVE * epsilon;
		},
		lowerReach,
	);
	if (ran.run.rows < n) return { bound: foretold };
	const result = await withExactRows(request, degree, ran);
	return { result, bound: result.certificate?.bound ?? Number.POSITIVE_INFINITY };
}

const boundOf = ({ space }: GaussRequest, error: ErrorParts, relativeError: number): Certificate =>
	certificateOf({ kind: "a-posteriori", error, radius: space.radius, relativeError });

/** A run with what its certificate is made of. */
interface FinishedRun {
	readonly run: GaussRun;
	readonly constants: ErrorConstants;
	readonly tree: FeatureTree;
	readonly pairs?: PairCertificate | undefined;
}

/** The gradient of a run, with the rows that it left out. */
async function withExactRows(
	request: GaussRequest,
	degree: number,
	{ run, constants, tree, pairs }: FinishedRun,
): Promise<GradientResult> {
	const { exactRows, largestKappa } = run.totals;
	const exact = await request.exact.sums(exactRows, constants.scoreError);
	const totals = { ofRows: run.totals, ...(exactRows.length > 0 && { exact }) };
	const proved = boundOf(request, boundFromGaussTotals(arithmeticOf(request), constants, totals), largestKappa);
	const { coins } = request;
	return {
		...requireFinite("polynomial", {
			gradient: add(run.gradient, scale(exact.gradient, request.problem.scale)),
			loss: run.loss + exact.loss,
		}),
		degree,
		rank: tree.size,
		exactRows: exactRows.length,
		certificate: pairs && coins ? probableOf(request, constants, totals, { pairs, coins, proved }) : proved,
	};
}

/**
 * The gradient by an anisotropic set of monomials, with what is proved of its error: forms l1 and v2.
 * @throws as `gaussOfDegree`
 */
export async function gaussOfSet(request: GaussRequest, set: LayeredSet): Promise<GradientResult> {
	const { problem, profile, space, runtime, route } = request;
	const { tree } = set;
	requireMemory(tree.size, memoryOf({ route: routes[route], profile }, tree));
	requireScores(space.radius);
	const constants = constantsOfSet(request, tree);
	const input = { problem, tree, anisotropic: { set, profile }, space, constants, route };
	const run = onKernels(request)
		? await gaussOnKernels(input, runtime)
		: await plainGaussRun(input, runtime.onProgress);
	return withExactRows(request, tree.degree, { run, constants, tree });
}

/** A gradient without the rows that the method does not serve. */
export interface ServedGradient {
	readonly gradient: Matrix;
	/** The rows that are left out. */
	readonly rest: readonly number[];
	/** Bound on the rounding error of an entry. */
	readonly floor: number;
	/** At least every relative change of an entry that rounding and underflow of scores make. */
	readonly scoreError: number;
}

/** The gradient of the rows that a degree serves, for a first look: nothing is proved of the others. @throws as `gaussOfDegree` */
export async function gaussWithoutRest(request: GaussRequest, degree: number): Promise<ServedGradient> {
	const { run, constants } = await runOfDegree(request, degree);
	const { exactRows: rest, largestKappa: relativeError } = run.totals;
	const error = boundFromGaussTotals(arithmeticOf(request), constants, { ofRows: run.totals });
	const { floatFloor: floor } = boundOf(request, error, relativeError);
	return { gradient: run.gradient, rest, floor, scoreError: constants.scoreError };
}

/** Runs a degree, without the rows that it does not serve. */
async function runOfDegree(request: GaussRequest, degree: number, isInVain?: InVain, lowerReach?: number) {
	const { problem, profile, space, runtime, route } = request;
	requireMemory(sizesOf(profile.d, degree).size, memoryAt(request, degree));
	requireScores(space.radius);
	const constants = constantsOf(request, degree);
	const tree = keptTotalDegreeTree(profile.d, degree);
	const pairs = pairsFor(request, constants, sizesOf(profile.d, degree));
	const lower = pairs === undefined && lowerReach !== undefined ? { lowerReach } : {};
	const { doubleUpTo } = request;
	const precisions = doubleUpTo === undefined ? {} : { doubleUpTo };
	const input = { problem, tree, space, constants, route, ...lower, ...precisions, ...(pairs && { records: pairs }) };
	const run = onKernels(request)
		? await gaussOnKernels(input, runtime, isInVain)
		: await plainGaussRun(input, runtime.onProgress);
	return { run, constants, tree, pairs };
}

/** The certificate that draws pairs in a run, where that is asked for and the problem's sizes allow it. */
function pairsFor(
	{ problem, profile, space, coins }: GaussRequest,
	constants: ErrorConstants,
	{ size, raisedSize }: ReturnType<typeof sizesOf>,
): PairCertificate | undefined {
	if (!coins || !PairCertificate.serves({ profile, space, constants })) return undefined;
	const pairs = pairsOf(profile.n, profile.d, size, raisedSize);
	return new PairCertificate({ problem, profile, space, constants, pairs, seed: coins.seed });
}
