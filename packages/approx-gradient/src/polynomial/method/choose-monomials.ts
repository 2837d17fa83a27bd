import { ComputationError, shortNumber, unitRoundoff } from "@attgrad/matrix-core";
import { mostJoins, productTable } from "../kernels/feature-tables.ts";
import { downwardClosedTree } from "../monomials/downward-closed.ts";
import { droppedTerms } from "../monomials/dropped-terms.ts";
import { countMonomials } from "../monomials/feature-tree.ts";
import { prunedSet } from "../monomials/pruned-set.ts";
import { type Approximation, candidateOf, type Method } from "./approximation.ts";
import { type BoundOf, leastCertifiedDegree } from "./choose-degree.ts";
import { termReach } from "./feature-space.ts";
import { memoryOf } from "./memory.ts";

/** Degrees from the least one on that are tried: a higher degree leaves more of epsilon for monomials to be left out. */
const DEGREES_TRIED = 3;

/** Targets tried at a degree, each a tenth of the one before. */
const TARGETS_TRIED = 4;

/** Monomials that are kept at most, whatever memory there is: a set is grown one by one. */
const LARGEST_SET = 2 ** 20;

/** The approximation by the monomials of P that weigh most, those left out summing to at most `target`; if not too many. */
function prunedApproximation(
	method: Method,
	degree: number,
	target: number,
	largest = LARGEST_SET,
): Approximation | undefined {
	const { space, family } = method;
	const coefficients = family.coefficients(space.radius, degree);
	const exponents = prunedSet(coefficients, termReach(space), target, largest);
	if (!exponents) return undefined;
	const tree = downwardClosedTree(exponents);
	const dropped = droppedTerms(tree, coefficients, termReach(space));
	const { size, raisedSize } = tree;
	const joins = mostJoins(productTable(tree, size));
	return { ...candidateOf(method, degree, { size, raisedSize, joins }, dropped), tree: () => tree };
}

/**
 * Left out where only a degree is asked for: as much as P itself is off, but for rounding: the error at most doubles.
 * @throws ComputationError `invalid` where the error of P is beyond double precision, so that nothing can be chosen by it
 */
export function matchingApproximation(method: Method, degree: number): Approximation | undefined {
	const target = matchingTarget(method, degree);
	if (!Number.isFinite(target))
		throw new ComputationError(
			"invalid",
			`polynomial: anisotropic monomials are chosen by the error of degree ${degree}, which is beyond double precision at radius ${method.space.radius.toPrecision(4)}`,
		);
	return prunedApproximation(method, degree, target);
}

const matchingTarget = ({ space, family }: Method, degree: number): number =>
	Math.max(unitRoundoff("f64"), family.relativeError(space.radius, degree) * Math.exp(-space.radius));

/**
 * The smallest certified set of monomials: for the least degree that certifies epsilon and the ones above it, as many
 * monomials are left out as the bound allows, and the degree with the fewest left is taken; none, where that is no gain.
 * @param largest monomials that are kept at most: growing a set takes microseconds each
 * @throws ComputationError `skipped` where the features would not fit, `invalid` where no degree has such a bound
 */
export function leastCertifiedSet(
	method: Method,
	epsilon: number,
	boundOf: BoundOf,
	available: number,
	from = 0,
	largest = LARGEST_SET,
): Approximation {
	const least = leastCertifiedDegree(method, epsilon, boundOf, Number.POSITIVE_INFINITY, from);
	let best: Approximation | undefined = least.size <= largest ? least : undefined;
	for (let degree = least.degree; degree < least.degree + DEGREES_TRIED; degree++) {
		const sizes = largestSizes(method, degree);
		let target = largestTarget(
			matchingTarget(method, degree),
			(value) => boundOf(candidateOf(method, degree, sizes, { value, slope: value })) <= epsilon,
		);
		// A bound may turn out larger than foreseen: slopes of what was left out, a pilot with too many features.
		for (let tries = 0; tries < TARGETS_TRIED; tries++, target /= 10) {
			const approximation = prunedApproximation(method, degree, target, best?.size ?? largest);
			if (!approximation) break;
			if (boundOf(approximation) > epsilon) continue;
			best = approximation;
			break;
		}
	}
	if (best && memoryOf(method, best) <= available) return best;
	throw new ComputationError(
		"skipped",
		`polynomial: epsilon ${shortNumber(epsilon)} needs degree ${least.degree} and ` +
			(best ? `${best.size} features, more than there is memory for` : `more than ${largest} features`),
	);
}

/** The largest sizes that a set of monomials of a degree can have. */
function largestSizes({ profile: { d } }: Method, degree: number): { size: number; raisedSize: number } {
	const size = Math.min(LARGEST_SET, countMonomials(d, degree));
	return { size, raisedSize: Math.min(size * (d + 1), countMonomials(d, degree + 1)) };
}

/** The largest sum that may be left out, to within a tenth: by halving intervals of its logarithm, from a likely start. */
function largestTarget(likely: number, holds: (dropped: number) => boolean): number {
	if (!holds(0)) return 0;
	let [low, high] = [Math.log(Number.MIN_VALUE), 0];
	if (likely > 0 && holds(likely)) low = Math.log(likely);
	while (high - low > 0.1) {
		const middle = (low + high) / 2;
		if (holds(Math.exp(middle))) low = middle;
		else high = middle;
	}
	return Math.exp(low);
}
