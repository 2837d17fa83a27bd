import { type AttentionProblem, type GradientResult, provedRelative } from "@attgrad/attention-problem";
import { ComputationError, maxAbs, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { ABSOLUTE_OF_ZERO } from "../accuracy.ts";
import { profileOn } from "../polynomial/method/method-of.ts";
import type { Profile } from "../polynomial/profile/profile.ts";
import { extremeSizes } from "../rows/extreme-sizes.ts";
import { type Pilot, pilotGradient } from "./pilot.ts";
import { sampledPilot } from "./sampled-pilot.ts";

/** Accuracies that a relative error asks for, one after the other while gradients turn out smaller than expected. The chance of a probabilistic certificate covers them all. */
export const MOST_ACCURACIES = 4;

/** A gradient that is asked for with a relative error. */
export interface RelativeRequest {
	readonly problem: AttentionProblem<RowSource>;
	readonly relative: number;
	readonly runtime: Runtime;
	/** @default gathered from the rows */
	readonly profile?: Profile | undefined;
	/** @default run here */
	readonly pilot?: Pilot | undefined;
}

/** The absolute error that proves a relative one, if no entry is larger than this. */
export const epsilonFor = (relative: number, largest: number): number => (relative * largest) / (1 + relative);

/** Whether a pilot does not tell the gradient from zero. */
export const maybeZero = ({ largest, floor }: Pilot): boolean => largest <= floor;

/** The remark for a gradient that may be zero. */
export const zeroRemark = ({ floor }: Pilot): string =>
	`the gradient cannot be told from zero (rounding is up to ${floor.toExponential(1)}): a relative error has no meaning, ` +
	`an absolute one of ${ABSOLUTE_OF_ZERO} is proved`;

/**
 * A gradient of which every entry is proved to be within `relative` of max |g|: the largest entry is guessed by a pilot, the method
 * proves the absolute error that belongs to it, and the computed gradient proves the relative one. Where the gradient cannot be told
 * from zero an absolute error is proved, and `remark` says so.
 * @param within the gradient with a certificate of at most epsilon
 * @throws ComputationError as `within` does, and `invalid` where the relative error is not proved
 */
export async function withinRelative(
	{ problem, relative, runtime, profile, pilot: known }: RelativeRequest,
	within: (epsilon: number) => Promise<GradientResult>,
): Promise<GradientResult> {
	const pilot = known ?? (await pilotGradient(problem, profile ?? (await profileOn(problem, runtime)), runtime));
	if (maybeZero(pilot)) return { ...(await within(ABSOLUTE_OF_ZERO)), remark: zeroRemark(pilot) };
	let { largest } = pilot;
	let proved = Number.POSITIVE_INFINITY;
	for (let tries = 0; tries < MOST_ACCURACIES; tries++) {
		const result = await explained(relative, largest, () => within(epsilonFor(relative, largest)));
		const bound = result.certificate?.bound ?? Number.POSITIVE_INFINITY;
		const size = maxAbs(result.gradient);
		proved = Math.min(proved, provedRelative(bound, size));
		if (proved <= relative) return result;
		// The true error is far below its bound: what was computed is near to max |g|.
		largest = Math.min(0.9 * largest, 0.95 * size);
		runtime.onMoreRounds?.(1);
		runtime.onNotice?.(
			`the gradient is smaller than expected: ${proved.toExponential(1)} is proved, not ${relative}; again`,
		);
	}
	throw new ComputationError("invalid", `relative ${relative} is not proved, ${proved.toExponential(1)} is`);
}

/** A run that proves an absolute error, as one that proves a relative error where its options name one. */
export const withRelative =
	<Options extends { readonly epsilon?: number | undefined }>(
		run: (problem: AttentionProblem<RowSource>, options: Options, runtime: Runtime) => Promise<GradientResult>,
	) =>
	(
		problem: AttentionProblem<RowSource>,
		{ relative, ...options }: Options & { readonly relative?: number | undefined },
		runtime: Runtime,
	): Promise<GradientResult> => {
		const absolute = options as unknown as Options;
		return relative === undefined
			? run(problem, absolute, runtime)
			: pilotOf(problem, runtime).then((pilot) =>
					withinRelative({ problem, relative, runtime, pilot }, (epsilon) =>
						run(problem, { ...absolute, epsilon }, runtime),
					),
				);
	};

/** A pilot by polynomials, or where scores are too large for them a sample's: the method may be another. */
async function pilotOf(problem: AttentionProblem<RowSource>, runtime: Runtime): Promise<Pilot> {
	try {
		return await pilotGradient(problem, await profileOn(problem, runtime), runtime);
	} catch (failure) {
		const isOfScores = failure instanceof ComputationError && failure.status === "invalid" && !extremeSizes(problem);
		if (!isOfScores) throw failure;
		return sampledPilot(problem, runtime);
	}
}

/** Says which relative error an absolute one stood for. */
async function explained<Result>(relative: number, largest: number, run: () => Promise<Result>): Promise<Result> {
	try {
		return await run();
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		throw new ComputationError(
			failure.status,
			`${failure.message} (for relative ${relative} of a largest entry of about ${largest.toExponential(1)})`,
		);
	}
}
