import type { AttentionProblem, Certificate, GradientResult } from "@attgrad/attention-problem";
import {
	add,
	ComputationError,
	type KernelName,
	type Matrix,
	type RowSource,
	type Runtime,
	scale,
} from "@attgrad/matrix-core";
import { certificateOf, type ErrorParts, numberTypes, RelativeRounding } from "../../error-bound/index.ts";
import { requireFinite } from "../../rows/require-finite.ts";
import { kernelRoundingCounts, kernelScoreError } from "../certificates/kernel-rounding.ts";
import { type RoundingCounts, roundingCounts } from "../certificates/rounding.ts";
import { balancedSpace, type FeatureSpace } from "../method/feature-space.ts";
import { memoryOf } from "../method/memory.ts";
import { countMonomials, type FeatureTree, requireMemory } from "../monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../monomials/total-degree.ts";
import type { Profile } from "../profile/profile.ts";
import { routes } from "../routes/index.ts";
import type { LayeredSet } from "./anisotropic/layered-set.ts";
import { type ErrorConstants, errorConstants, type RowForm } from "./bounds/error-constants.ts";
import { boundFromGaussTotals } from "./bounds/gauss-bound.ts";
import { ExactRows } from "./exact/exact-rows.ts";
import { PairCertificate, pairsOf } from "./pairs/pair-certificate.ts";
import { probableOf } from "./pairs/probable-certificate.ts";
import type { GaussRun } from "./run/gauss-run.ts";
import { gaussOnKernels, type InVain } from "./run/kernel-run.ts";
import { plainGaussRun } from "./run/plain-run.ts";
import { longestJoin } from "./run/query-operands.ts";
import { scaledTotals } from "./totals.ts";

/** A gradient with a polynomial of its own for each row that is asked for. */
export interface GaussRequest {
	readonly problem: AttentionProblem<RowSource>;
	readonly profile: Profile;
	readonly space: FeatureSpace;
	readonly route: "moment" | "reverse";
	/** The row errors that the certificate is made of. */
	readonly form: RowForm;
	/** For a probabilistic certificate: the chance that it may fail with, and the seed of its coins. */
	readonly coins?: Coins | undefined;
	readonly kernel: KernelName;
	readonly runtime: Runtime;
	/** The rows that no degree has served so far, which a run at another degree need not compute again. */
	readonly exact: ExactRows;
}

/** The coins of a probabilistic certificate. */
export interface Coins {
	/** The chance that the bound may be wrong with, over the coins. */
	readonly failure: number;
	readonly seed: number;
}

/** A request on the route by moments. */
export const gaussRequest = (
	problem: AttentionProblem<RowSource>,
	profile: Profile,
	runtime: Runtime,
	form: RowForm,
	route: GaussRequest["route"] = "moment",
): GaussRequest => ({
	...{ problem, profile, runtime, form, route },
	space: balancedSpace(profile),
	kernel: runtime.kernel,
	exact: new ExactRows(problem, profile, runtime),
});

/** Scores beyond which no row is served, powers of keys may overflow, and the rounding of a score is all that a bound would tell. */
const LARGEST_SCORE = 1e6;

function requireScores(radius: number): void {
	if (radius <= LARGEST_SCORE) return;
	throw new ComputationError(
		"invalid",
		`polynomial: scores reach ${radius.toPrecision(4)}, and no row has a polynomial; use streaming`,
	);
}

const sizesOf = (d: number, degree: number) => ({
	size: countMonomials(d, degree),
	raisedSize: countMonomials(d, degree + 1),
});

/** The constants of a request at a degree. */
export function constantsOf(request: GaussRequest, degree: number): ErrorConstants {
	const { profile, space, form } = request;
	const scoreError = onKernels(request) ? kernelScoreError(space) : space.scoreError;
	return errorConstants({ profile, space }, degree, form, countsOf(request, degree), scoreError);
}

/** The constants of a request for an anisotropic set, which goes back by ∫P in plain TypeScript too. */
export function constantsOfSet(request: GaussRequest, tree: FeatureTree): ErrorConstants {
	const { profile, space, form } = request;
	const { degree, raisedSize } = tree;
	const sizes = { size: raisedSize, raisedSize, degree: degree + 1 };
	if (!onKernels(request)) {
		const counts = roundingCounts(routes.reverse, profile, sizes);
		// Every degree may end with a piece that is not full.
		const more = RelativeRounding.roundings(degree + 8);
		return errorConstants({ profile, space }, degree, form, withMore(counts, more), space.scoreError);
	}
	const counts = kernelRoundingCounts(routes.reverse, profile, sizes, profile.d + (form === "l1" ? 1 : 3));
	// The runs of such a tree are shorter, and more of them join a sum one by one.
	const more = RelativeRounding.roundings(degree + 6 + longestJoin(tree), numberTypes[profile.dtype]);
	return errorConstants({ profile, space }, degree, form, withMore(counts, more), kernelScoreError(space));
}

/** Whether a request runs on kernels: those are for the route by moments and have no columns of single coordinates. */
export const onKernels = ({ kernel, route, form }: GaussRequest): boolean =>
	kernel !== "js" && route === "moment" && form !== "vd";

/** The plain passes are those of the routes with one degree more; sums by degree and coefficients are four roundings more. */
function countsOf(request: GaussRequest, degree: number): RoundingCounts {
	const { profile, route, form } = request;
	const { raisedSize } = sizesOf(profile.d, degree);
	if (onKernels(request)) {
		const sizes = { size: raisedSize, raisedSize, degree: degree + 1 };
		const columns = profile.d + (form === "l1" ? 1 : 3);
		// The kernels of the route `moment` go back through the monomials of ∫P, as the route `reverse` does.
		const counts = kernelRoundingCounts(routes.reverse, profile, sizes, columns);
		// Sums by degree, coefficients as stored, and their products: four more, and an addition for each degree. The gradient counts them
		// twice: its moments have multinomials and degrees in them, and cotangents a coefficient.
		return withMore(counts, RelativeRounding.roundings(degree + 6, numberTypes[profile.dtype]));
	}
	const counts = roundingCounts(routes[route], profile, { size: raisedSize, raisedSize, degree: degree + 1 });
	return withMore(counts, RelativeRounding.roundings(4));
}

/** Counts with more roundings of sums, of which a gradient has two. */
const withMore = (counts: RoundingCounts, more: RelativeRounding): RoundingCounts => ({
	...counts,
	sums: counts.sums.and(more),
	gradient: counts.gradient.and(more.repeated(2)),
});

/** Bytes that a run takes. */
export const memoryAt = ({ profile, route }: GaussRequest, degree: number): number =>
	memoryOf({ route: routes[route], profile }, { ...sizesOf(profile.d, degree) });

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
 * The same, with one degree less for rows of a reach up to `lowerReach`, given up as soon as the rows so far, which are spread over all, foretell a bound above epsilon: then there is no result, and
 * the bound is the foretold one.
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
			foretold = boundOf(request, boundFromGaussTotals(request, constants, { ofRows }), ofRows.largestKappa).bound;
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
	const proved = boundOf(request, boundFromGaussTotals(request, constants, totals), largestKappa);
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
	readonly leftOut: number;
	/** Bound on the rounding error of an entry. */
	readonly floor: number;
}

/** The gradient of the rows that a degree serves, for a first look: nothing is proved of the others. @throws as `gaussOfDegree` */
export async function gaussWithoutRest(request: GaussRequest, degree: number): Promise<ServedGradient> {
	const { run, constants } = await runOfDegree(request, degree);
	const { exactRows, largestKappa: relativeError } = run.totals;
	const error = boundFromGaussTotals(request, constants, { ofRows: run.totals });
	const { floatFloor: floor } = boundOf(request, error, relativeError);
	return { gradient: run.gradient, leftOut: exactRows.length, floor };
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
	const input = { problem, tree, space, constants, route, ...lower, ...(pairs && { records: pairs }) };
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
