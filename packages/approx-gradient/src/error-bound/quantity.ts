import {
	addErrors,
	divideError,
	type ErrorParts,
	maxErrors,
	noError,
	productError,
	scaleError,
	throughFunction,
	totalError,
	unknownError,
} from "./error-parts.ts";
import { type NumberType, numberTypes } from "./number-type.ts";
import { bounded, expm1Up, expUp, gamma, over, plus, times } from "./upward.ts";

/**
 * Bounds on a number that a program computes, or on all entries of a matrix: its size, and how far it is from the
 * true one. A quantity comes from `exactly`, `readAs` or `known`, and otherwise only from operations, each of which adds what
 * it rounds and what it may lose below the normal range: no term can be left out.
 */
export class Quantity {
	/** At least |computed| and at least |true|. */
	readonly size: number;
	/** At least |computed - true|, by cause. */
	readonly error: ErrorParts;
	static #key = Symbol("quantity");

	/** Not for callers: use `exactly`, `readAs` or an operation. */
	private constructor(key: symbol, size: number, error: ErrorParts) {
		if (key !== Quantity.#key) throw new TypeError("a Quantity is made by its operations");
		this.size = bounded(size);
		this.error = error;
	}

	/** A number of at most this size that is stored as it is. */
	static exactly(size: number): Quantity {
		return new Quantity(Quantity.#key, Math.abs(size), noError);
	}

	/** A number of at most this size that was given in a wider type and rounded to `type` when it was read. */
	static readAs(size: number, type: NumberType): Quantity {
		if (size === 0) return Quantity.exactly(0);
		const input = plus(times(type.unit, size), type.tiny);
		return Quantity.#within(type, plus(size, input), { ...noError, input });
	}

	/** A number with a known size and error. Each part of the error has to be given. */
	static known(size: number, error: ErrorParts): Quantity {
		return new Quantity(Quantity.#key, Math.abs(size), error);
	}

	/** Σ x_i y_i over `count` products whose sizes add up to at most `size`, where that is known better than by the largest factors. */
	static sumOfProducts(size: number, count: number, type: NumberType = numberTypes.f64): Quantity {
		if (size === 0) return Quantity.exactly(0);
		const [rounding, underflow] = [times(gamma(times(count, type.unit)), size), times(count, type.tiny)];
		return Quantity.#within(type, plus(size, plus(rounding, underflow)), { ...noError, rounding, underflow });
	}

	/** The largest error, all causes together. */
	get total(): number {
		return totalError(this.error);
	}

	/** The one or the other: of two kinds of entries. */
	or(other: Quantity): Quantity {
		return new Quantity(Quantity.#key, Math.max(this.size, other.size), maxErrors(this.error, other.error));
	}

	/** The same number, known to be no larger than `size`, computed and true. */
	atMost(size: number): Quantity {
		return new Quantity(Quantity.#key, Math.min(this.size, size), this.error);
	}

	/** The same number as an approximation of another that is at most `difference` away. */
	standingFor(difference: number): Quantity {
		const error = addErrors(this.error, { ...noError, method: bounded(difference) });
		return new Quantity(Quantity.#key, plus(this.size, difference), error);
	}

	/** x + y, or x - y, rounded: |x̂ + ŷ - (x + y)| <= e_x + e_y, and u of the sum. */
	plus(other: Quantity, type: NumberType = numberTypes.f64): Quantity {
		const size = plus(this.size, other.size);
		const rounding = this.size === 0 || other.size === 0 ? 0 : times(type.unit, size);
		const error = addErrors(addErrors(this.error, other.error), { ...noError, rounding });
		return Quantity.#within(type, plus(size, rounding), error);
	}

	/** x · y, rounded: |x̂ŷ - xy| <= |x̂| e_y + |y| e_x, then u of the product, or what is below the normal range. */
	times(other: Quantity, type: NumberType = numberTypes.f64): Quantity {
		return Quantity.#stored(times(this.size, other.size), productError(this, other), type);
	}

	/** x / y, rounded, where |y| >= least, computed and true: |x̂/ŷ - x/y| <= (e_x + |x| e_y / least) / least. */
	over(other: Quantity, least: number, type: NumberType = numberTypes.f64): Quantity {
		const carried = addErrors(this.error, scaleError(other.error, over(this.size, least)));
		return Quantity.#stored(over(this.size, least), divideError(carried, least), type);
	}

	/** The sum of n numbers like this one, in any order of additions of which at most `depth` follow one another. */
	summed(n: number, depth = n, type: NumberType = numberTypes.f64): Quantity {
		const size = times(n, this.size);
		const rounding = n <= 1 || size === 0 ? 0 : times(gamma(times(depth, type.unit)), size);
		const error = addErrors(scaleError(this.error, n), { ...noError, rounding });
		return Quantity.#within(type, plus(size, rounding), error);
	}

	/** Σ x_i y_i over n products of numbers like these. */
	dot(other: Quantity, n: number, type: NumberType = numberTypes.f64, depth = n): Quantity {
		return this.times(other, type).summed(n, depth, type);
	}

	/** x^k by repeated products, k >= 0. */
	power(k: number, type: NumberType = numberTypes.f64): Quantity {
		let power = Quantity.exactly(1);
		for (let i = 0; i < k; i++) power = i === 0 ? this : power.times(this, type);
		return power;
	}

	/** The number in a narrower type. */
	storedAs(type: NumberType): Quantity {
		return Quantity.#stored(this.size, this.error, type);
	}

	/**
	 * e^x for x <= `largest`, rounded: e^x̂ is off by a factor of at most e^(e_x); the function itself by at most `ulps`
	 * units in the last place, and flushes to 0 below the normal range.
	 */
	exp(largest = this.size, type: NumberType = numberTypes.f64, ulps = 4): Quantity {
		const size = times(expUp(largest), plus(1, expm1Up(this.total)));
		const carried = throughFunction(this.error, times(expUp(largest), expm1Up(this.total)));
		return Quantity.#stored(size, carried, { ...type, unit: ulps * type.unit });
	}

	static #stored(size: number, carried: ErrorParts, type: NumberType): Quantity {
		// A factor that is zero exactly makes a product that is zero exactly.
		if (size === 0 && totalError(carried) === 0) return Quantity.exactly(0);
		const rounding = times(type.unit, size);
		const error = {
			method: carried.method,
			rounding: plus(carried.rounding, rounding),
			underflow: plus(carried.underflow, type.tiny),
			input: carried.input,
		};
		return Quantity.#within(type, plus(size, plus(rounding, type.tiny)), error);
	}

	/** Nothing is known of a number that may have overflowed. */
	static #within(type: NumberType, size: number, error: ErrorParts): Quantity {
		return size <= type.largest
			? new Quantity(Quantity.#key, size, error)
			: new Quantity(Quantity.#key, Number.POSITIVE_INFINITY, unknownError);
	}
}
