import { type NumberType, numberTypes } from "./number-type.ts";
import type { Quantity } from "./quantity.ts";
import { bounded, gamma, leastRest, over, plus, times } from "./upward.ts";

/**
 * How far operations that follow one another move a number, relative to its size or to that of the terms it is summed from:
 * a factor within 1 ± γ(c), γ(c) = c / (1 - c), where c adds up the units of the roundings and the errors of the exponents.
 * It comes from counts of roundings of a number type, from exponents, whose error is a `Quantity` with all its parts, or from `proven`:
 * no bare number is one. What is lost below the normal range is no factor: it is counted by `Quantity` and in `feature-underflow.ts`.
 *
 * Proof: a factor is (1 + δ)^±1 with |δ| <= u or e^y with |y| <= y₀. All of them together are at most 1 / ∏(1 - u)(1 - y₀)
 * <= 1 / (1 - c), and at least ∏(1 - u)(1 - y₀) >= 1 - c.
 */
export class RelativeRounding {
	/** c. */
	readonly sum: number;
	static #key = Symbol("relative rounding");

	/** Nothing is rounded, or all of it is counted elsewhere: the place that says so says where. */
	static readonly none = new RelativeRounding(RelativeRounding.#key, 0);
	/** Nothing is known. */
	static readonly unknown = new RelativeRounding(RelativeRounding.#key, Number.POSITIVE_INFINITY);

	/** Not for callers: use a static method or an operation. */
	private constructor(key: symbol, sum: number) {
		if (key !== RelativeRounding.#key) throw new TypeError("a RelativeRounding is made of roundings");
		this.sum = bounded(sum);
	}

	/** `count` roundings to nearest, one after the other: of sums, products, quotients, roots or stored numbers. */
	static roundings(count: number, type: NumberType = numberTypes.f64): RelativeRounding {
		return new RelativeRounding(RelativeRounding.#key, times(count, type.unit));
	}

	/** e^x for an exponent x: its error, whatever the cause, and the function, which is off by at most `ulps` units. */
	static exponential(exponent: Quantity, type: NumberType = numberTypes.f64, ulps = 4): RelativeRounding {
		return new RelativeRounding(RelativeRounding.#key, plus(exponent.total, times(ulps, type.unit)));
	}

	/** A factor within 1 ± e, with e proven where it is made. */
	static proven(e: number): RelativeRounding {
		return new RelativeRounding(RelativeRounding.#key, e);
	}

	/** Both, one after the other. */
	and(next: RelativeRounding): RelativeRounding {
		return new RelativeRounding(RelativeRounding.#key, plus(this.sum, next.sum));
	}

	/** The same `count` times, one after the other. */
	repeated(count: number): RelativeRounding {
		return new RelativeRounding(RelativeRounding.#key, times(count, this.sum));
	}

	/** The larger of two: of one or the other way to a number. */
	or(other: RelativeRounding): RelativeRounding {
		return this.sum >= other.sum ? this : other;
	}

	/**
	 * The error of a sum relative to the sum itself, which may be smaller than its terms by cancellation.
	 * @param growth sum of the sizes of the terms over the size of the sum
	 */
	ofSum(growth: number): RelativeRounding {
		return this.sum === 0 ? this : RelativeRounding.proven(times(this.bound, growth));
	}

	/** γ(c): at least the relative error; Infinity from c = 1/2 on. */
	get bound(): number {
		return gamma(this.sum);
	}

	/** At least the true number or sum of sizes, where this was computed. */
	atLeast(computed: number): number {
		return this.sum === 0 ? computed : over(computed, leastRest(1, this.sum));
	}
}
