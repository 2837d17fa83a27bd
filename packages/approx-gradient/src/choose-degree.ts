import { ComputationError } from "@attgrad/matrix-core";
import { type Approximation, approximationOf, type Method } from "./approximation.ts";
import type { ProvenBound } from "./certificates/forms.ts";
import { memoryOf } from "./memory.ts";
import { countMonomials } from "./monomials/feature-tree.ts";
import { totalDegreeTree } from "./monomials/total-degree.ts";
import { maxDegree } from "./polynomials/family.ts";
import { roundingFloor } from "./polynomials/rounding-floor.ts";

/** Says what bound an approximation will have. */
export type BoundOf = (approximation: Approximation) => ProvenBound;

/** The approximation by all monomials of total degree <= degree. */
export function totalDegreeApproximation(method: Method, degree: number): Approximation {
	const { d } = method.profile;
	return approximationOf(method, degree, {
		size: countMonomials(d, degree),
		raisedSize: countMonomials(d, degree + 1),
		tree: () => totalDegreeTree(d, degree),
	});
}

/**
 * The least total degree whose bound is at most epsilon, its features within `available` bytes.
 * @throws ComputationError `skipped` where the features would not fit, `invalid` where no degree has such a bound, with
 * what could be certified instead
 */
export function leastCertifiedDegree(
	method: Method,
	epsilon: number,
	boundOf: BoundOf,
	available: number,
	from = 0,
): Approximation {
	let best = { bound: Number.POSITIVE_INFINITY, degree: 0 };
	let [previous, worse] = [Number.POSITIVE_INFINITY, 0];
	for (let degree = from; degree <= maxDegree && worse < 8; degree++) {
		const approximation = totalDegreeApproximation(method, degree);
		const { bound } = boundOf(approximation);
		const fits = memoryOf(method, approximation) <= available;
		if (bound <= epsilon && fits) return approximation;
		if (bound <= epsilon) throw new ComputationError("skipped", tooLarge(method, epsilon, approximation, best));
		if (fits && bound < best.bound) best = { bound, degree };
		// Past the degree where rounding dominates the bound only grows; before it, it may be infinite for long.
		worse = Number.isFinite(bound) && bound >= previous ? worse + 1 : 0;
		previous = bound;
	}
	const { radius } = method.space;
	const { dtype } = method.profile;
	throw new ComputationError(
		"invalid",
		`polynomial: no degree certifies epsilon ${epsilon} at radius ${radius.toPrecision(4)} in ${dtype} ` +
			`(rounding floor of exp ${roundingFloor(radius, dtype).toExponential(1)}); ${couldCertify(best)}`,
	);
}

const couldCertify = ({ bound, degree }: { bound: number; degree: number }): string =>
	Number.isFinite(bound)
		? `the least that could be certified is ${bound.toExponential(1)}, at degree ${degree}`
		: "nothing could be certified";

const tooLarge = (
	method: Method,
	epsilon: number,
	approximation: Approximation,
	best: { bound: number; degree: number },
): string =>
	`polynomial: epsilon ${epsilon} needs degree ${approximation.degree}, ${approximation.size} features and ` +
	`${memoryOf(method, approximation)} bytes, more than there is; ${couldCertify(best)}`;
