import { dyadicOf, toNumber } from "@attgrad/attention-problem/reference";
import type { Dtype } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { certificateOf } from "./certificate.ts";
import { noError } from "./error-parts.ts";
import { numberTypes } from "./number-type.ts";
import { Quantity } from "./quantity.ts";
import * as up from "./upward.ts";

/** A rational number, exactly. */
interface Rational {
	readonly top: bigint;
	readonly bottom: bigint;
}

const rational = (x: number): Rational => {
	const { mantissa, exponent } = dyadicOf(x);
	return exponent >= 0
		? { top: mantissa << BigInt(exponent), bottom: 1n }
		: { top: mantissa, bottom: 1n << BigInt(-exponent) };
};
const add = (x: Rational, y: Rational): Rational => ({
	top: x.top * y.bottom + y.top * x.bottom,
	bottom: x.bottom * y.bottom,
});
const multiply = (x: Rational, y: Rational): Rational => ({ top: x.top * y.top, bottom: x.bottom * y.bottom });
const divide = (x: Rational, y: Rational): Rational =>
	y.top < 0n
		? { top: -x.top * y.bottom, bottom: -x.bottom * y.top }
		: { top: x.top * y.bottom, bottom: x.bottom * y.top };
const absolute = (x: Rational): Rational => ({ top: x.top < 0n ? -x.top : x.top, bottom: x.bottom });
const minus = (x: Rational, y: Rational): Rational => add(x, { top: -y.top, bottom: y.bottom });
/** x <= y, y perhaps infinite. */
const atMost = (x: Rational, y: number): boolean => y === Infinity || minus(x, rational(y)).top <= 0n;

/** Positive numbers of all magnitudes, 0 and subnormal ones among them. */
const size = fc.oneof(
	fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }),
	fc
		.tuple(fc.double({ min: 1, max: 1.99, noNaN: true }), fc.integer({ min: -1074, max: 1023 }))
		.map(([m, e]) => m * 2 ** e),
	fc.constantFrom(0, Number.MIN_VALUE, up.LEAST_NORMAL, 1, Number.MAX_VALUE),
);
const runs = { numRuns: 2000, endOnFailure: true };

describe("arithmetic on bounds rounds outward", () => {
	test.each([
		["plus", up.plus, add],
		["times", up.times, multiply],
		["over", up.over, divide],
	] as const)("%s", (_, operation, exact) => {
		fc.assert(
			fc.property(size, size, (a, b) => {
				if (operation === up.over && b === 0) {
					expect(up.over(a, b)).toBe(Infinity);
					return;
				}
				expect(atMost(exact(rational(a), rational(b)), operation(a, b))).toBe(true);
			}),
			runs,
		);
	});

	test("leastRest is at most the difference", () => {
		fc.assert(
			fc.property(size, size, (a, b) => {
				const rest = up.leastRest(a, b);
				expect(rest >= 0 && (rest === 0 || minus(rational(rest), minus(rational(a), rational(b))).top <= 0n)).toBe(
					true,
				);
			}),
			runs,
		);
	});

	test("a norm is at least the root of the squares, in and out of the range of squares", () => {
		fc.assert(
			fc.property(fc.array(size, { maxLength: 5 }), (x) => {
				const norm = up.normUp(x);
				const squares = x.reduce((sum, part) => add(sum, multiply(rational(part), rational(part))), rational(0));
				expect(norm === Infinity || minus(squares, multiply(rational(norm), rational(norm))).top <= 0n).toBe(true);
			}),
			{ numRuns: 500 },
		);
	});

	test("what is no number is no bound, and 0 times infinity is not 0", () => {
		for (const x of [
			up.times(0, Infinity),
			up.plus(Number.NaN, 1),
			up.over(0, 0),
			up.over(Infinity, Infinity),
			up.maxUp([1, Number.NaN]),
		])
			expect(x).toBe(Infinity);
	});

	test("a product of numbers above 0 is not 0", () => {
		expect(up.times(1e-200, 1e-200)).toBe(up.LEAST_NORMAL);
		expect(up.times(0, 1e-200)).toBe(0);
	});
});

/** A number that is computed, what it should be, and what is claimed of it. */
interface Tracked {
	readonly computed: number;
	readonly exact: Rational;
	readonly claim: Quantity;
}

const stored = { f64: (x: number) => x, f32: Math.fround } as const;

/** A random expression in a number type, of sums, products, quotients and sums of equals. */
function expression(dtype: Dtype): fc.Arbitrary<Tracked> {
	const type = numberTypes[dtype];
	const store = stored[dtype];
	const range = dtype === "f64" ? 1020 : 126;
	const number = fc
		.tuple(
			fc.double({ min: -2, max: 2, noNaN: true }),
			fc.oneof(fc.integer({ min: -range, max: range }), fc.integer({ min: -8, max: 8 })),
		)
		.map(([m, e]) => m * 2 ** e);
	const leaf = fc.tuple(number, fc.boolean()).map(([given, read]): Tracked => {
		if (read) return { computed: store(given), exact: rational(given), claim: Quantity.readAs(Math.abs(given), type) };
		const x = store(given);
		return { computed: x, exact: rational(x), claim: Quantity.exactly(x) };
	});
	const { tree } = fc.letrec<{ tree: Tracked }>((tie) => {
		const pair = fc.tuple(tie("tree"), tie("tree"));
		return {
			tree: fc.oneof(
				{ maxDepth: 6, withCrossShrink: true },
				leaf,
				pair.map(([x, y]) => ({
					computed: store(x.computed + y.computed),
					exact: add(x.exact, y.exact),
					claim: x.claim.plus(y.claim, type),
				})),
				pair.map(([x, y]) => ({
					computed: store(x.computed * y.computed),
					exact: multiply(x.exact, y.exact),
					claim: x.claim.times(y.claim, type),
				})),
				pair.map(([x, y]) => {
					// at most the computed and the true divisor
					const rest = up.leastRest(Math.abs(y.computed), y.claim.total);
					if (rest === 0 || y.exact.top === 0n) return x;
					return {
						computed: store(x.computed / y.computed),
						exact: divide(x.exact, y.exact),
						claim: x.claim.over(y.claim, rest, type),
					};
				}),
				tie("tree").map((x) => {
					let computed = 0;
					for (let i = 0; i < 5; i++) computed = store(computed + x.computed);
					return { computed, exact: multiply(x.exact, rational(5)), claim: x.claim.summed(5, 5, type) };
				}),
			),
		};
	});
	return tree;
}

describe.each(["f64", "f32"] as const)("a quantity in %s", (dtype) => {
	test("is never farther from the exact result than it claims, at any magnitude", () => {
		fc.assert(
			fc.property(expression(dtype), ({ computed, exact, claim }) => {
				if (!Number.isFinite(computed)) {
					expect(claim.total).toBe(Infinity);
					return;
				}
				expect(atMost(absolute(minus(rational(computed), exact)), claim.total)).toBe(true);
				expect(Math.abs(computed)).toBeLessThanOrEqual(claim.size);
				expect(atMost(absolute(exact), claim.size) || claim.total === Infinity).toBe(true);
			}),
			{ numRuns: 3000, endOnFailure: true },
		);
	});

	test("claims no error only where there is none", () => {
		fc.assert(
			fc.property(expression(dtype), ({ computed, exact, claim }) => {
				if (claim.total === 0) expect(minus(rational(computed), exact).top).toBe(0n);
			}),
			{ numRuns: 1000, endOnFailure: true },
		);
	});
});

test("an exponential's error is that of its argument carried through, plus the function's", () => {
	const x = Quantity.exactly(3).standingFor(1e-3);
	const y = x.exp(3);
	expect(y.total).toBeGreaterThan(Math.exp(3) - Math.exp(3 - 1e-3));
	expect(y.total).toBeLessThan(1.01 * Math.exp(3) * Math.expm1(1e-3));
	expect(y.error.method).toBeGreaterThan(0.999 * y.total);
});

test("at ordinary sizes a sum of products claims n + 1 roundings of its terms and no more", () => {
	const sum = Quantity.exactly(2).dot(Quantity.exactly(3), 100);
	expect(sum.total / (600 * 2 ** -53)).toBeCloseTo(101, 5);
	expect(sum.error.underflow).toBeLessThan(1e-300);
});

test("zero factors are exact, overflow is unknown", () => {
	expect(Quantity.exactly(0).times(Quantity.exactly(1e300)).total).toBe(0);
	expect(Quantity.exactly(1e200).times(Quantity.exactly(1e200)).total).toBe(Infinity);
	expect(Quantity.exactly(1e30).times(Quantity.exactly(1e30), numberTypes.f32).total).toBe(Infinity);
	expect(Quantity.readAs(1e300, numberTypes.f32).total).toBe(Infinity);
});

test("a proof that comes to no number is a certificate of kind none", () => {
	const proof = { kind: "a-posteriori", radius: 1, relativeError: 0 } as const;
	expect(certificateOf({ ...proof, error: { ...noError, rounding: Number.NaN } })).toMatchObject({
		kind: "none",
		bound: Infinity,
	});
	expect(certificateOf({ ...proof, error: { ...noError, method: Infinity } }).kind).toBe("none");
	const held = certificateOf({ ...proof, error: { method: 1, rounding: 2, underflow: 0.25, input: 0.5 } });
	expect(held).toMatchObject({ kind: "a-posteriori", radius: 1, relativeError: 0 });
	expect(held.bound).toBeCloseTo(3.75, 14);
	expect(held.floatFloor).toBeCloseTo(2.75, 14);
	expect(toNumber(1n, 0)).toBe(1);
});
