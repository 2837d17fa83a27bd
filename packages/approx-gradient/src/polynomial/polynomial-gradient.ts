import type { AttentionProblem, Certificate, GradientResult } from "@attgrad/attention-problem";
import { ComputationError, type RowSource, type Runtime, shortNumber, UsageError } from "@attgrad/matrix-core";
import type { LossGradient } from "../rows/gradient-sum.ts";
import { requireFinite } from "../rows/require-finite.ts";
import { aPrioriBound } from "./certificates/a-priori.ts";
import type { ProvenBound } from "./certificates/forms/forms.ts";
import { sampleRows } from "./certificates/row-sample.ts";
import { sampledErrors } from "./certificates/sampled-error.ts";
import { runnerOf } from "./certified-run.ts";
import { type Approximation, type Candidate, type Method, totalDegreeApproximation } from "./method/approximation.ts";
import { type BoundOf, leastCertifiedDegree } from "./method/choose-degree.ts";
import { leastCertifiedSet, matchingApproximation } from "./method/choose-monomials.ts";
import { memoryOf } from "./method/memory.ts";
import { rowDegrees } from "./method/row-degrees.ts";
import { availableMemory, featureWeights, requireMemory } from "./monomials/feature-tree.ts";
import type { RouteInput } from "./routes/route.ts";

/** A gradient that is asked for. */
export interface GradientRequest {
	readonly problem: AttentionProblem<RowSource>;
	readonly method: Method;
	readonly monomials: "total-degree" | "anisotropic";
	/** Whether rows of smaller radius get polynomials of lower degree; for the moment route and total degree. */
	readonly rowDegrees: boolean;
	/** The kind of certificate that the result carries. */
	readonly certificate: "a-posteriori" | "a-priori" | "estimate";
	readonly runtime: Runtime;
}

/** A gradient with what is known of its error. */
export type CertifiedGradient = GradientResult & { readonly certificate: Certificate };

/** Rows that an error is estimated from. */
const ESTIMATE_ROWS = 128;

/** Runs whose certificate may turn out above epsilon before the a-priori degree is taken. */
const TRIES = 3;

/** Relative error of exp beyond which a higher degree changes nothing that shows, and the highest degree estimated. */
const NEGLIGIBLE = 1e-14;
const HIGHEST_ESTIMATED = 60;

/**
 * The gradient at a degree, by all monomials up to it or by the anisotropic set that at most doubles the relative error
 * of an entry, with what is known of its error.
 * @throws UsageError when the features would not fit in memory
 * @throws ComputationError (invalid) when a normaliser is not positive
 */
export function gradientOfDegree(request: GradientRequest, degree: number): Promise<CertifiedGradient> {
	const { method, monomials } = request;
	const approximation =
		monomials === "anisotropic" ? matchingApproximation(method, degree) : totalDegreeApproximation(method, degree);
	if (!approximation)
		throw new UsageError(`polynomial: the anisotropic set of degree ${degree} has too many monomials`);
	requireMemory(approximation.size, memoryOf(method, approximation));
	return gradientOf(request, approximation);
}

/**
 * The gradient with a certificate of at most epsilon, at the least degree, or by the smallest set, that has one.
 * A-posteriori, degree or set is predicted from a sample of rows, the run proves it, and it is predicted anew with the
 * degree raised while it does not; the a-priori choice ends that.
 * @param first what `approximationWithin` gave, where that has been asked before
 * @throws ComputationError `invalid` where nothing certifies epsilon, `skipped` where the features would not fit
 */
export async function gradientWithin(
	request: GradientRequest,
	epsilon: number,
	first?: Approximation,
): Promise<CertifiedGradient> {
	const { method, certificate, monomials } = request;
	if (certificate === "estimate") return gradientWithinEstimate(request, epsilon, availableMemory());
	if (certificate === "a-posteriori") {
		const predicted = predictedBounds(request, epsilon);
		let approximation = first ?? choosers[monomials](method, epsilon, predicted, availableMemory());
		for (let tries = 0; tries < TRIES; tries++) {
			const result = await gradientOf(request, approximation);
			if (result.certificate.bound <= epsilon) return result;
			const { degree } = approximation;
			approximation = choosers[monomials](method, epsilon, predicted, availableMemory(), degree + 1);
			request.runtime.onMoreRounds?.(1);
			request.runtime.onNotice?.(
				`degree ${degree} proves ${result.certificate.bound.toExponential(1)}, not ${epsilon.toPrecision(3)}: again with degree ${approximation.degree}`,
			);
		}
	}
	const proven = (candidate: Candidate): number => aPrioriBound(method, candidate).bound;
	const result = await gradientOf(request, choosers[monomials](method, epsilon, proven, availableMemory()));
	const { bound } = result.certificate;
	if (bound <= epsilon) return result;
	throw new ComputationError(
		"invalid",
		`polynomial: certifies ${bound.toExponential(1)} at degree ${result.degree}, not epsilon ${shortNumber(epsilon)}`,
	);
}

/**
 * The approximation that `gradientWithin` starts with: the least degree, or the smallest set, whose a-posteriori bound is
 * predicted to be at most epsilon.
 * @param from the least degree that is looked at
 * @param largest monomials of an anisotropic set that are looked at, at most
 * @throws ComputationError as `gradientWithin` does
 */
export function approximationWithin(
	request: GradientRequest,
	epsilon: number,
	{ from = 0, largest }: { readonly from?: number | undefined; readonly largest?: number | undefined } = {},
): Approximation {
	const { method, monomials } = request;
	return choosers[monomials](method, epsilon, predictedBounds(request, epsilon), availableMemory(), from, largest);
}

const choosers = { anisotropic: leastCertifiedSet, "total-degree": leastCertifiedDegree };

/**
 * The a-posteriori bounds that candidates will have, for comparison with epsilon: never above the a-priori bound. A
 * sample is a few percent off: as near to epsilon the degree may be one too high, or one run may be in vain.
 */
function predictedBounds({ problem, method, runtime }: GradientRequest, epsilon: number): BoundOf {
	const { predicted } = runnerOf(problem, method, runtime);
	return (candidate) => {
		const bound = aPrioriBound(method, candidate).bound;
		return bound <= epsilon ? bound : Math.min(bound, predicted(candidate));
	};
}

/** The gradient at the least degree whose estimated error is at most epsilon. The errors of all candidate degrees are estimated in one pass. */
function gradientWithinEstimate(
	request: GradientRequest,
	epsilon: number,
	available: number,
): Promise<CertifiedGradient> {
	const { problem, method } = request;
	const { family, space } = method;
	const highest = Math.min(HIGHEST_ESTIMATED, family.degreeFor(space.radius, NEGLIGIBLE));
	const candidates = Array.from({ length: highest + 1 }, (_, degree) => totalDegreeApproximation(method, degree));
	const sample = sampleRows(problem, method.profile, ESTIMATE_ROWS, 0);
	const errors = sampledErrors(problem, method, sample, candidates);
	const boundOf = ({ degree }: Candidate): number => errors[degree]?.bound ?? Number.POSITIVE_INFINITY;
	const approximation = leastCertifiedDegree(method, epsilon, boundOf, available);
	return gradientOf(request, approximation, errors[approximation.degree]);
}

/** Runs the method for an approximation, with the certificate that was asked for. */
async function gradientOf(
	request: GradientRequest,
	approximation: Approximation,
	estimate?: ProvenBound,
): Promise<CertifiedGradient> {
	const { problem, method, certificate, runtime } = request;
	const { input, bounded } = routeInput(request, approximation);
	const runner = runnerOf(problem, method, runtime);
	const finish = (result: LossGradient, bound: ProvenBound): CertifiedGradient => ({
		...requireFinite("polynomial", { gradient: result.gradient, loss: result.loss }),
		degree: approximation.degree,
		rank: approximation.size,
		certificate: certificateOf(request, approximation, bound),
	});
	if (certificate === "estimate") {
		const result = await runner.run(input);
		return finish(result, estimate ?? estimatedError(request, approximation));
	}
	if (certificate === "a-priori") {
		const bound = aPrioriBound(method, bounded);
		return finish(await runner.run(input), bound);
	}
	const result = await runner.runCertified(input, bounded);
	return finish(result, result.proven);
}

/** The input of a route for an approximation, and the approximation with coefficients that bound those of every row. */
function routeInput(
	{ problem, method, rowDegrees: byRow }: GradientRequest,
	approximation: Approximation,
): { input: RouteInput; bounded: Approximation } {
	const tree = approximation.tree();
	const weights = featureWeights(tree, approximation.coefficients);
	const input = { problem, tree, weights, frame: method.space.frame };
	if (!byRow) return { input, bounded: approximation };
	const degrees = rowDegrees(method, approximation, tree);
	return {
		input: { ...input, rowDegrees: degrees },
		bounded: { ...approximation, coefficients: degrees.largestCoefficients },
	};
}

function estimatedError({ problem, method }: GradientRequest, approximation: Approximation): ProvenBound {
	const sample = sampleRows(problem, method.profile, ESTIMATE_ROWS, 0);
	return sampledErrors(problem, method, sample, [approximation])[0];
}

function certificateOf(
	{ method, certificate }: GradientRequest,
	{ error }: Candidate,
	{ bound, floor }: ProvenBound,
): Certificate {
	return {
		kind: Number.isFinite(bound) ? certificate : "none",
		bound,
		radius: method.space.radius,
		relativeError: error.polynomial,
		floatFloor: floor,
	};
}
