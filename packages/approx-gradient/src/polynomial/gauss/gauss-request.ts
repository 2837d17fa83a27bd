import type { AttentionProblem } from "@attgrad/attention-problem";
import type { KernelName, RowSource, Runtime } from "@attgrad/matrix-core";
import { maxUp, numberTypes, over, RelativeRounding } from "../../error-bound/index.ts";
import { kernelRoundingCounts, kernelScoreError } from "../certificates/kernel-rounding.ts";
import { type RoundingCounts, roundingCounts } from "../certificates/rounding.ts";
import { kernelConstants } from "../kernels/kernel-constants.ts";
import { BLOCK_ROW_BYTES } from "../kernels/kernel-plan.ts";
import { balancedSpace, type FeatureSpace } from "../method/feature-space.ts";
import { memoryOf } from "../method/memory.ts";
import { countMonomials, type FeatureTree } from "../monomials/feature-tree.ts";
import type { Profile } from "../profile/profile.ts";
import { routes } from "../routes/index.ts";
import { type ErrorConstants, errorConstants, type RowForm } from "./bounds/error-constants.ts";
import { LIMITS } from "./bounds/limits.ts";
import { ExactRows } from "./exact/exact-rows.ts";
import { termPower } from "./precisions/term-reach.ts";
import { momentColumns } from "./run/key-columns.ts";
import { mostJoinsOf } from "./run/query-operands.ts";

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
	/** The highest degree of monomials in double precision, where those above are in single precision: see `servesTwoPrecisions`. @default all are */
	readonly doubleUpTo?: number | undefined;
	/** The largest radius of a row that has a polynomial, where fewer are to have one than may: see `gaussPlanWithin`. @default the largest of all */
	readonly radiusLimit?: number | undefined;
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

/** The numbers of monomials of degree g and of one degree more. */
export const sizesOf = (d: number, degree: number) => ({
	size: countMonomials(d, degree),
	raisedSize: countMonomials(d, degree + 1),
});

/** The constants of a request at a degree. */
export function constantsOf(request: GaussRequest, degree: number): ErrorConstants {
	const { profile, space, form, doubleUpTo, radiusLimit = LIMITS.radius } = request;
	const scoreError = onKernels(request) ? kernelScoreError(space) : space.scoreError;
	if (doubleUpTo !== undefined) return { ...constantsOfTwo(request, degree, doubleUpTo, scoreError), radiusLimit };
	return { ...errorConstants({ profile, space }, degree, form, countsOf(request, degree), scoreError), radiusLimit };
}

/** The constants of a run in two precisions: those of single precision, with the share of its rounding that terms in double precision have. */
function constantsOfTwo(request: GaussRequest, degree: number, doubleUpTo: number, scoreError: number): ErrorConstants {
	const { profile, space, form } = request;
	// A block has twice the steps in double precision.
	const more = RelativeRounding.roundings(BLOCK_ROW_BYTES / kernelConstants.STEP_BYTES);
	const double = withMore(countsOf(request, degree), more);
	const narrow = inSingle(profile);
	// Queries, keys and cotangents are rounded before their powers are made.
	const rounded = RelativeRounding.roundings(2 * degree + 6, numberTypes.f32);
	const single = withMore(countsOf({ ...request, profile: narrow }, degree), rounded);
	const share = Math.max(over(double.sums.bound, single.sums.sum), over(double.gradient.bound, single.gradient.sum));
	const counts = { ...single, rows: double.rows, states: double.states };
	const constants = errorConstants({ profile: narrow, space }, degree, form, counts, scoreError);
	return {
		...constants,
		roundingLimit: LIMITS.roundingOfSingle,
		single: { from: doubleUpTo, share, power: termPower(degree) },
	};
}

/** The largest coordinate of queries and keys, and the sizes of values, within which powers of them stay in the range of single precision. */
const SINGLE_SIZES = { reach: 4, least: 1e-6, most: 1e6 };

/** Whether a run may have a part of its monomials in single precision. */
export function servesTwoPrecisions(request: GaussRequest): boolean {
	const { profile, space, form, coins } = request;
	const { d, dtype, valueHalfRange } = profile;
	const { least, most, reach } = SINGLE_SIZES;
	const reaches = Math.max(maxUp(space.queryReach), maxUp(space.keyReach));
	const half = maxUp(valueHalfRange);
	return (
		onKernels(request) &&
		dtype === "f64" &&
		form === "l1" &&
		!coins &&
		d > 1 &&
		reaches <= reach &&
		half >= least &&
		half <= most
	);
}

/** The profile and space that bounds on a run's arithmetic are made from: of single precision where a part of the monomials is. */
export const arithmeticOf = ({ profile, space, doubleUpTo }: GaussRequest) => ({
	profile: doubleUpTo === undefined ? profile : inSingle(profile),
	space,
});

/** The profile with the rounding and underflow of single precision. */
const inSingle = (profile: Profile): Profile => ({ ...profile, dtype: "f32" });

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
	const more = RelativeRounding.roundings(degree + 6 + mostJoinsOf(tree), numberTypes[profile.dtype]);
	return errorConstants({ profile, space }, degree, form, withMore(counts, more), kernelScoreError(space));
}

/** Whether a request runs on kernels: those are for the route by moments. */
export const onKernels = ({ kernel, route }: GaussRequest): boolean => kernel !== "js" && route === "moment";

/** The plain passes are those of the routes with one degree more; sums by degree and coefficients are four roundings more. */
function countsOf(request: GaussRequest, degree: number): RoundingCounts {
	const { profile, route, form } = request;
	const { raisedSize } = sizesOf(profile.d, degree);
	if (onKernels(request)) {
		const sizes = { size: raisedSize, raisedSize, degree: degree + 1 };
		const columns = momentColumns({ d: profile.d, form });
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
