import {
	bounded,
	expUp,
	gradientUnderflow,
	lostOfSums,
	maxUp,
	noError,
	numberTypes,
	over,
	plus,
	powerUp,
	Quantity,
	times,
} from "../../../error-bound/index.ts";
import { frameFactor, storedCoordinates } from "../../certificates/forms/underflow-form.ts";
import type { Method } from "../../method/approximation.ts";
import { countMonomials } from "../../monomials/feature-tree.ts";
import { nodesOf } from "../row-polynomial.ts";
import { LEAST_REACH, LIMITS, largestRadius } from "./limits.ts";

/** The errors that underflow causes in a run with polynomials by row. */
export interface Underflow {
	/**
	 * A power sum Σ ω s^k is off by at most this times R^k Σ ω, for every radius R that a row may have. Infinity where that is
	 * no small number: nothing is known then.
	 */
	readonly sums: number;
	/** At least every change of a score, and of the logarithm of ω. */
	readonly score: number;
	/** Added to each ‖v‖², or ‖k‖² in the frame, these cover what the sums of their columns lose, within the error of the other sums. */
	readonly valueSquares: number;
	readonly keySquares: number;
}

type Where = Pick<Method, "profile" | "space">;

/** Losses beyond these are not covered by the bounds that take them as second to others. */
const MOST_LOST = 1e-8;

/** The features of a run: query powers with a weight, key powers, and how many there are. */
function featuresOf(where: Where, degree: number, weight: number) {
	const { n, d } = where.profile;
	const { type, query, key } = storedCoordinates(where);
	const stored = (size: number): Quantity =>
		Quantity.known(size, { ...noError, underflow: times(times(d + 2, type.tiny), size) });
	return {
		n,
		// Adjoints take a step for each degree on their way back.
		rank: countMonomials(d, degree + 1) * (degree + 3),
		type,
		query: query.power(degree + 1, type).times(stored(weight), type),
		key: key.power(degree + 1, type).times(stored(1), type),
	};
}

/**
 * Losses of the sums of a degree, whose other errors are `sumError` of their size: every product and sum on the way at its
 * largest, over the least Σ ω >= n e^(-2 shift).
 */
export function underflowOf(where: Where, degree: number, sumError: number): Underflow {
	const { profile, space } = where;
	const { n, d, valueHalfRange: H } = profile;
	const { frame, queryReach, keyReach } = space;
	const features = featuresOf(where, degree, powerUp(d, degree + 1));
	const { type, query, key } = storedCoordinates(where);
	const weights = over(expUp(2 * frame.shift), n);
	const powers = powerUp(1 / LEAST_REACH, 2 * nodesOf(degree));
	// A column of squares, with what each of its entries has lost.
	const lost = (size: number): number => {
		const column = Quantity.known(Math.max(1, size), { ...noError, underflow: times(2 * d + 4, type.tiny) });
		return times(times(lostOfSums(features, column), weights), powers);
	};
	const largest = (x: Float64Array): number => maxUp(x);
	const square = (size: number): number => times(d, times(size, size));
	const sums = times(2, lost(1));
	const [ofQuery, ofKey] = [query.error.underflow, key.error.underflow];
	const tilt = times(plus(maxUp(Float64Array.from(frame.queryCentre, Math.abs)), 1), times(2 * d + 4, type.tiny));
	let score = plus(times(d, times(ofQuery, ofKey)), times(tilt, plus(1, largest(profile.keyReach))));
	for (let i = 0; i < d; i++) score = plus(score, plus(times(ofQuery, keyReach[i]), times(ofKey, queryReach[i])));
	const known = sums <= MOST_LOST && score <= MOST_LOST * LEAST_REACH;
	const added = (size: number): number => over(times(8, lost(square(size))), sumError);
	return {
		sums: known ? sums : Number.POSITIVE_INFINITY,
		score,
		valueSquares: added(largest(H)),
		keySquares: added(largest(keyReach)),
	};
}

/** Σ_j |A1_ja|, and the |A1_ja|-weighted mean of the largest |c̃_ji|; or at least these, for all columns a. */
interface RowsOfColumn {
	readonly inputSum: number;
	readonly residual: number;
}

/**
 * The error that underflow causes in column a of the gradient and in the products of row bounds: factors on accepted rows are at most
 * as `LIMITS` and the largest radius say.
 * @param constants the rounding of a term of a row's sums, and the most that a row has
 */
export function lostOfGradient(
	where: Where,
	degree: number,
	{ sums, roundingLimit }: { readonly sums: number; readonly roundingLimit: number },
	{ inputSum, residual }: RowsOfColumn,
): number {
	const { profile, space } = where;
	const { n, d, scale, valueHalfRange: H } = profile;
	const { frame, keyReach } = space;
	const half = maxUp(H);
	const span = maxUp(keyReach);
	const factor = frameFactor(space);
	// Σ |a_k| t^k Σ ω is growth · D at most, with t >= LEAST_REACH the reach of a row's terms, and D is e^R Σ ω at most.
	const radius = Math.min(LIMITS.radius, 1.01 * largestRadius(space));
	const inverse = over(times(2, expUp(radius + 2 * frame.shift)), n);
	const coefficient = times(over(2 * roundingLimit, sums), times(2, expUp(radius)));
	const weight = times(coefficient, powerUp(d / LEAST_REACH, degree));
	const features = featuresOf(where, degree, Math.max(1, weight));
	const sizes = {
		d,
		value: half,
		span,
		inverse,
		output: 1.5 * half,
		mass: 9,
		inputSum,
		residual,
		scale,
		frame: factor,
	};
	const ofSums = gradientUnderflow({ ...features, ...sizes });
	// The products of a row's bound, of factors at least 1, each of which may lose the least normal double.
	const { tiny } = numberTypes.f64;
	const factors = [
		1 + half,
		1 + half,
		1 + residual,
		1 + span,
		1 + maxUp(keyReach),
		1 + maxUp(frame.queryMap.data.map(Math.abs)),
	];
	const product = factors.reduce(times, times(1e6 * d, tiny));
	const ofBounds = times(product, expUp(LIMITS.radius + 2 * frame.shift));
	return bounded(plus(ofSums, times(scale, plus(times(inputSum, ofBounds), times(n, ofBounds)))));
}

/** The error that underflow causes in exact rows, in double precision, with weights e^(s - largest). */
export function lostOfExactRows({ profile, space }: Where, rows: RowsOfColumn): number {
	const { n, d, scale, valueHalfRange } = profile;
	const half = maxUp(valueHalfRange);
	const one = Quantity.exactly(1);
	const features = { n, d, rank: 1, type: numberTypes.f64, query: one, key: one, inverse: 1, mass: 9 };
	return gradientUnderflow({
		...features,
		...rows,
		value: half,
		span: maxUp(space.keySpan),
		output: half,
		scale,
		frame: 1,
	});
}
