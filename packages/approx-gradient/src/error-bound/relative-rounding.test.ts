import { dyadicOf } from "@attgrad/attention-problem/reference";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { EntryErrors } from "../feature-maps/feature-map.ts";
import type { RoundingCounts } from "../polynomial/certificates/rounding.ts";
import { type ErrorParts, noError } from "./error-parts.ts";
import { numberTypes } from "./number-type.ts";
import { Quantity } from "./quantity.ts";
import { RelativeRounding } from "./relative-rounding.ts";

const stored = { f64: (x: number) => x, f32: Math.fround } as const;

/** 2^2000 x as a whole number, for x of ordinary size. */
function fixed(x: number): bigint {
	const { mantissa, exponent } = dyadicOf(x);
	return mantissa << BigInt(2000 + exponent);
}

/** |a - b| <= e |b| for whole numbers, e not negative. */
function isWithin(a: bigint, b: bigint, e: number): boolean {
	const off = a > b ? a - b : b - a;
	return off << 2000n <= fixed(e) * (b < 0n ? -b : b);
}

const numbers = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 40 });
const runs = { numRuns: 1000, endOnFailure: true };

describe.each(["f64", "f32"] as const)("roundings in %s", (dtype) => {
	const type = numberTypes[dtype];
	const store = stored[dtype];

	it("bound a chain of products, one each", () => {
		fc.assert(
			fc.property(numbers, (given) => {
				const factors = given.map(store);
				let [computed, exact] = [1, 1n];
				for (const x of factors) {
					computed = store(computed * x);
					exact = exact * fixed(x);
				}
				const scaled = exact >> BigInt(2000 * (factors.length - 1));
				expect(isWithin(fixed(computed), scaled, RelativeRounding.roundings(factors.length, type).bound)).toBe(true);
			}),
			runs,
		);
	});

	it("bound a sum relative to its terms, and to the sum by its growth; sizes are undone", () => {
		fc.assert(
			fc.property(numbers, fc.infiniteStream(fc.boolean()), (given, signs) => {
				const terms = given.map((x) => (signs.next().value ? store(x) : -store(x)));
				const rounding = RelativeRounding.roundings(terms.length, type);
				let [computed, sizes] = [0, 0];
				for (const x of terms) {
					computed = store(computed + x);
					sizes = store(sizes + Math.abs(x));
				}
				const exact = terms.reduce((sum, x) => sum + fixed(x), 0n);
				const exactSizes = terms.reduce((sum, x) => sum + fixed(Math.abs(x)), 0n);
				expect(fixed(rounding.atLeast(sizes)) >= exactSizes).toBe(true);
				if (computed === 0) return;
				const growth = (rounding.atLeast(sizes) / Math.abs(computed)) * (1 + 2 ** -50);
				const relative = rounding.ofSum(growth).bound;
				if (relative < 1) expect(isWithin(exact, fixed(computed), relative)).toBe(true);
			}),
			runs,
		);
	});
});

test("one rounding less is too few: a sum of one and of many that are lost", () => {
	const lost = 0.999 * 2 ** -53;
	let sum = 1;
	for (let i = 0; i < 100; i++) sum += lost;
	const exact = fixed(1) + 100n * fixed(lost);
	expect(isWithin(fixed(sum), exact, RelativeRounding.roundings(100).bound)).toBe(true);
	expect(isWithin(fixed(sum), exact, RelativeRounding.roundings(99).bound)).toBe(false);
});

test("bounds are no larger than the counts say, but for second-order terms", () => {
	const both = RelativeRounding.roundings(3).and(RelativeRounding.roundings(4, numberTypes.f32));
	const sum = 3 * 2 ** -53 + 4 * 2 ** -24;
	expect(both.bound).toBeGreaterThan(sum);
	expect(both.bound).toBeLessThan(sum * (1 + 2 * sum));
	expect(both.repeated(5).sum / both.sum).toBeCloseTo(5, 12);
	expect(RelativeRounding.none.bound).toBe(0);
	expect(RelativeRounding.none.atLeast(3)).toBe(3);
	for (const unknown of [RelativeRounding.unknown, RelativeRounding.proven(Number.NaN), RelativeRounding.proven(0.5)])
		expect(unknown.and(RelativeRounding.none).bound).toBe(Infinity);
});

test("an exponential has the whole error of its exponent", () => {
	for (const cause of ["method", "rounding", "underflow", "input"] as const) {
		const exponent = Quantity.known(7, { ...noError, [cause]: 1e-3 });
		expect(RelativeRounding.exponential(exponent).bound).toBeGreaterThan(Math.expm1(1e-3));
		expect(RelativeRounding.exponential(exponent).bound).toBeLessThan(1.002e-3);
	}
	expect(RelativeRounding.exponential(Quantity.exactly(7)).bound).toBeCloseTo(4 * 2 ** -53, 20);
});

test("what leaves a term out has no type", () => {
	// @ts-expect-error a part of an error that is 0 has to be said to be
	const parts: ErrorParts = { method: 0, rounding: 1e-16, underflow: 0 };
	// @ts-expect-error no bare number is a relative rounding
	const counts: RoundingCounts = { sums: 1e-16, gradient: 1e-16, rows: 1e-16, states: 1e-16 };
	// @ts-expect-error the rounding of a map's features is not left out
	const entries: EntryErrors = {
		kind: "relative",
		delta: 0,
		radius: 1,
		underflow: { query: 0, key: 0 },
		span: 0,
		frame: 1,
	};
	// @ts-expect-error nor can one be put together
	const made = (): RelativeRounding => new RelativeRounding(Symbol("relative rounding"), 0);
	expect(made).toThrow("is made of roundings");
	expect([parts, counts, entries]).toHaveLength(3);
});
