import { over, plus, times } from "./upward.ts";

/**
 * A proven bound on an absolute error, by cause. All four are required: a part that is known to be 0 has to be said to be.
 */
export interface ErrorParts {
	/** The error of the method itself: it is there in exact arithmetic. */
	readonly method: number;
	/** Relative errors of operations. */
	readonly rounding: number;
	/** Results of operations below the normal range. */
	readonly underflow: number;
	/** Numbers that were rounded when they were read. */
	readonly input: number;
}

/** No error at all: for what is exact by construction. */
export const noError: ErrorParts = { method: 0, rounding: 0, underflow: 0, input: 0 };

/** Nothing is known. */
export const unknownError: ErrorParts = { ...noError, method: Number.POSITIVE_INFINITY };

/** Sum of the parts. */
export const totalError = ({ method, rounding, underflow, input }: ErrorParts): number =>
	plus(plus(method, rounding), plus(underflow, input));

/** Part by part, what `combine` makes of the parts of two errors. */
const partwise = (x: ErrorParts, y: ErrorParts, combine: (a: number, b: number) => number): ErrorParts => ({
	method: combine(x.method, y.method),
	rounding: combine(x.rounding, y.rounding),
	underflow: combine(x.underflow, y.underflow),
	input: combine(x.input, y.input),
});

/** Error of a sum: x + y. */
export const addErrors = (x: ErrorParts, y: ErrorParts): ErrorParts => partwise(x, y, plus);

/** Error of the one or the other. */
export const maxErrors = (x: ErrorParts, y: ErrorParts): ErrorParts => partwise(x, y, Math.max);

/** The error times a factor >= 0 that is exact. */
export const scaleError = ({ method, rounding, underflow, input }: ErrorParts, factor: number): ErrorParts => ({
	method: times(method, factor),
	rounding: times(rounding, factor),
	underflow: times(underflow, factor),
	input: times(input, factor),
});

/** A number as bounds know it. */
interface Bounded {
	readonly size: number;
	readonly error: ErrorParts;
}

/** Error of a product before it is rounded: |x| e_y + |y| e_x. */
export const productError = (x: Bounded, y: Bounded): ErrorParts => ({
	method: plus(times(y.error.method, x.size), times(x.error.method, y.size)),
	rounding: plus(times(y.error.rounding, x.size), times(x.error.rounding, y.size)),
	underflow: plus(times(y.error.underflow, x.size), times(x.error.underflow, y.size)),
	input: plus(times(y.error.input, x.size), times(x.error.input, y.size)),
});

/** The error divided by a positive number. */
export const divideError = (x: ErrorParts, by: number): ErrorParts => partwise(x, noError, (part) => over(part, by));

/** A function of an error that is at most a total's share of it: e.g. expm1. Parts keep their proportion. */
export function throughFunction(x: ErrorParts, result: number): ErrorParts {
	const total = totalError(x);
	if (total === 0) return result === 0 ? noError : unknownError;
	return partwise(x, noError, (part) => (part === 0 ? 0 : times(result, over(part, total))));
}
