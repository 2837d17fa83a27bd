import { ComputationError, shortNumber } from "@attgrad/matrix-core";
import { maxDegree } from "../families/family.ts";
import { countMonomials } from "../monomials/feature-tree.ts";
import {
	type Approximation,
	type Candidate,
	cheapCandidate,
	type Method,
	totalDegreeApproximation,
} from "./approximation.ts";
import { memoryOf } from "./memory.ts";

/** Says what bound on the gradient's error a candidate has. */
export type BoundOf = (candidate: Candidate) => number;

/** Degrees in a row whose bound does not fall, after which rounding has taken over and no higher degree is tried. */
const PATIENCE = 8;

/**
 * The least total degree, from `from` on, whose bound is at most epsilon, its features within `available` bytes.
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
	for (let degree = from; degree <= maxDegree && worse < PATIENCE; degree++) {
		if (!isPromising(method, degree)) continue;
		const bytes = memoryOf(method, setOf(method, degree));
		const cheap = cheapCandidate(method, degree);
		// At least this is the bound: of most degrees no more is looked at.
		const least = boundOf(cheap);
		if (bytes <= available && least < best.bound) best = { bound: least, degree };
		worse = Number.isFinite(least) && least >= previous ? worse + 1 : 0;
		previous = least;
		if (!(least <= epsilon)) continue;
		const approximation = totalDegreeApproximation(method, degree);
		if (!(boundOf(approximation) <= epsilon)) continue;
		if (bytes <= available) return approximation;
		throw new ComputationError(
			"skipped",
			`polynomial: epsilon ${shortNumber(epsilon)} needs degree ${degree}, ${approximation.size} features and ${bytes} bytes, ` +
				`${available} are available; ${couldCertify(method, best, boundOf)}`,
		);
	}
	const { radius } = method.space;
	const { dtype } = method.profile;
	throw new ComputationError(
		"invalid",
		`polynomial: no degree certifies epsilon ${shortNumber(epsilon)} at radius ${radius.toPrecision(4)} in ${dtype}; ` +
			couldCertify(method, best, boundOf),
	);
}

/** Nothing can be proven while P may be off by all of e^x and by all of a key's weight: spares the work of trying. */
const isPromising = ({ family, space: { radius } }: Method, degree: number): boolean =>
	family.relativeError(radius, degree) < 1 || family.absoluteError(radius, degree) < 1;

const setOf = ({ profile: { d } }: Method, degree: number) => ({
	size: countMonomials(d, degree),
	raisedSize: countMonomials(d, degree + 1),
});

function couldCertify(method: Method, best: { bound: number; degree: number }, boundOf: BoundOf): string {
	const bound = Number.isFinite(best.bound) ? boundOf(totalDegreeApproximation(method, best.degree)) : best.bound;
	return Number.isFinite(bound)
		? `the least that could be certified is ${bound.toExponential(1)}, at degree ${best.degree}`
		: "nothing could be certified";
}
