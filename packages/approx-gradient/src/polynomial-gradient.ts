import type { AttentionProblem, Certificate, GradientResult } from "@attgrad/attention-problem";
import { ComputationError, type RowSource } from "@attgrad/matrix-core";
import type { Approximation, Method } from "./approximation.ts";
import { APosteriori } from "./certificates/a-posteriori.ts";
import { aPrioriBound } from "./certificates/a-priori.ts";
import { DeviationPilot, pilotDegree } from "./certificates/deviation-pilot.ts";
import type { ProvenBound } from "./certificates/forms.ts";
import { predictBound, sampleRows } from "./certificates/row-sample.ts";
import { leastCertifiedDegree, totalDegreeApproximation } from "./choose-degree.ts";
import { memoryOf } from "./memory.ts";
import { availableMemory, featureWeights, requireMemory } from "./monomials/feature-tree.ts";
import type { RouteOptions } from "./routes/route.ts";

/** A gradient that is asked for. */
export interface GradientRequest {
	readonly problem: AttentionProblem<RowSource>;
	readonly method: Method;
	/** The kind of certificate that the result carries. */
	readonly certificate: "a-posteriori" | "a-priori";
	readonly onProgress?: RouteOptions["onProgress"];
}

/** Rows that the bound of a run is predicted from. */
const SAMPLED_ROWS = 32;

/** Runs whose certificate may turn out above epsilon before the a-priori degree is taken. */
const TRIES = 3;

/**
 * The gradient by all monomials of total degree <= degree, with the bound that is proven of it, if any.
 * @throws UsageError when the features would not fit in memory
 * @throws ComputationError (invalid) when a normaliser is not positive
 */
export function gradientOfDegree(request: GradientRequest, degree: number): Promise<GradientResult> {
	const approximation = totalDegreeApproximation(request.method, degree);
	requireMemory(approximation.size, memoryOf(request.method, approximation));
	return gradientOf(request, approximation);
}

/**
 * The gradient with a certificate of at most epsilon, at the least degree that has one. A-posteriori, the degree is
 * predicted from a sample of rows, the run proves it, and a degree is added while it does not; the a-priori degree
 * ends that.
 * @throws ComputationError `invalid` where no degree certifies epsilon, `skipped` where the features would not fit
 */
export async function gradientWithin(request: GradientRequest, epsilon: number): Promise<GradientResult> {
	const { problem, method, certificate } = request;
	const available = availableMemory();
	const proven = (approximation: Approximation): ProvenBound => aPrioriBound(method, approximation);
	if (certificate === "a-posteriori") {
		const sample = sampleRows(problem, method.profile, SAMPLED_ROWS, 0);
		const predicted = (approximation: Approximation): ProvenBound =>
			lesser(predictBound(sample, method, approximation), proven(approximation));
		let from = 0;
		for (let tries = 0; tries < TRIES; tries++) {
			const approximation = leastCertifiedDegree(method, epsilon, predicted, available, from);
			const result = await gradientOf(request, approximation);
			if (result.certificate!.bound <= epsilon) return result;
			from = approximation.degree + 1;
		}
	}
	const result = await gradientOf(request, leastCertifiedDegree(method, epsilon, proven, available));
	if (result.certificate!.bound <= epsilon) return result;
	throw new ComputationError("invalid", `polynomial: could certify ${result.certificate!.bound}, not ${epsilon}`);
}

const lesser = (a: ProvenBound, b: ProvenBound): ProvenBound => (a.bound <= b.bound ? a : b);

/** Runs the route for an approximation, with the certificate that was asked for. */
async function gradientOf(request: GradientRequest, approximation: Approximation): Promise<GradientResult> {
	const { problem, method, certificate, onProgress } = request;
	const tree = approximation.tree();
	const input = {
		problem,
		tree,
		weights: featureWeights(tree, approximation.coefficients),
		frame: method.space.frame,
	};
	const aPriori = aPrioriBound(method, approximation);
	if (certificate === "a-priori") {
		const { gradient, loss } = await method.route.run(input, { onProgress });
		return { gradient, loss, ...described(method, approximation, "a-priori", aPriori) };
	}
	const degree = pilotDegree(method, approximation.degree);
	const pilot = degree === undefined ? undefined : new DeviationPilot(method, tree, degree);
	const watcher = new APosteriori(method, approximation, pilot);
	const { gradient, loss } = await method.route.run(input, { watchers: [watcher], onProgress });
	const bound = lesser(watcher.result(), aPriori);
	return { gradient, loss, ...described(method, approximation, "a-posteriori", bound) };
}

function described(
	{ space }: Method,
	{ degree, size, error }: Approximation,
	kind: Certificate["kind"],
	{ bound, floor }: ProvenBound,
): Pick<GradientResult, "degree" | "rank" | "certificate"> {
	return {
		degree,
		rank: size,
		certificate: {
			kind: Number.isFinite(bound) ? kind : "none",
			bound,
			radius: space.radius,
			relativeError: error.polynomial,
			floatFloor: floor,
		},
	};
}
