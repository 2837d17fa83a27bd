import { dyadicOf } from "@attgrad/attention-problem/reference";
import { Matrix } from "@attgrad/matrix-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { boundRow, type DirectRowBounds, type KnownForms, rowGrowth } from "./direct-rows.ts";

/** A number >= 0, m · 2^e. */
interface Exact {
	readonly m: bigint;
	readonly e: number;
}

/** Bits that quotients and roots keep: they are rounded down. */
const BITS = 400;

const exact = (x: number): Exact => {
	const { mantissa, exponent } = dyadicOf(Math.abs(x));
	return { m: mantissa, e: exponent };
};
const zero = exact(0);
const lowered = ({ m, e }: Exact, to: number): bigint => m << BigInt(e - to);
const sum = (...terms: readonly Exact[]): Exact => {
	const e = Math.min(...terms.map((term) => term.e));
	return { m: terms.reduce((all, term) => all + lowered(term, e), 0n), e };
};
const product = (...factors: readonly Exact[]): Exact =>
	factors.reduce((a, b) => ({ m: a.m * b.m, e: a.e + b.e }), exact(1));
const difference = (a: Exact, b: Exact): Exact => sum(a, { m: -b.m, e: b.e });
const quotient = (a: Exact, b: Exact): Exact => {
	const shift = Math.max(0, BITS + b.m.toString(2).length - a.m.toString(2).length);
	return { m: (a.m << BigInt(shift)) / b.m, e: a.e - b.e - shift };
};
const root = (a: Exact): Exact => {
	if (a.m === 0n) return zero;
	let shift = Math.max(0, 2 * BITS - a.m.toString(2).length);
	if ((a.e - shift) % 2 !== 0) shift++;
	const square = a.m << BigInt(shift);
	// Newton's steps from above end at the root, rounded down.
	let x = 1n << BigInt(Math.ceil(square.toString(2).length / 2));
	for (let next = (x + square / x) >> 1n; next < x; next = (x + square / x) >> 1n) x = next;
	return { m: x, e: (a.e - shift) / 2 };
};
const larger = (a: Exact, b: Exact): Exact => (difference(a, b).m > 0n ? a : b);

const factor = (least: number, most: number) =>
	fc
		.tuple(fc.double({ min: 1, max: 2, noNaN: true }), fc.integer({ min: least, max: most }))
		.map(([m, e]) => m * 2 ** e);
/** Whole numbers and eighths, of which forms are exact. */
const whole = fc.integer({ min: 0, max: 2 ** 20 });
const eighths = fc.integer({ min: -8, max: 8 }).map((x) => x / 8);
const many = <T>(of: fc.Arbitrary<T>, count: number) => fc.array(of, { minLength: count, maxLength: count });

/** A row with all numbers of its bounds, of any size within a range. */
const arbitraryRow = fc.integer({ min: 0, max: 2 }).chain((range) => {
	const size = factor([-2, -40, -1000][range], [2, 40, 60][range]);
	return fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 })).chain(([d, d_v]) =>
		fc.record({
			...{
				d: fc.constant(d),
				d_v: fc.constant(d_v),
				alpha: size,
				least: size,
				of: fc.record({ factor: size, added: size }),
			},
			...{
				cotangents: many(size, d_v + 1),
				valueHalf: many(size, d_v),
				keyHalf: many(size, d),
				gradients: many(size, d),
			},
			...{ forms: many(whole, 2 * d + 1), means: many(eighths, d_v), keyMeans: many(eighths, d) },
			...{ values: many(whole, d_v), valueSums: many(whole, d_v), keySquares: many(whole, d), keySums: many(whole, d) },
			ones: whole,
		}),
	);
});

test("the bounds of a row are at least what their formulas are in exact arithmetic, in and below the normal range", () => {
	let [compared, below] = [0, 0];
	fc.assert(
		fc.property(arbitraryRow, ({ d, d_v, alpha, least, of, ...row }) => {
			const scale = { ...of, lost: 2 ** -1020 };
			const half = { keyHalf: Float64Array.from(row.keyHalf), valueHalf: Float64Array.from(row.valueHalf) };
			const known: KnownForms = {
				...{ spans: half, isWide: false, scale, ones: row.ones, rootN: 1, valueSquares: 1 },
				...{ values: Float64Array.from(row.values), valueSums: Float64Array.from(row.valueSums) },
				...{ keySquares: Float64Array.from(row.keySquares), keySums: Float64Array.from(row.keySums) },
				...rowGrowth(d, d_v),
			};
			const size = (form: number, Z: Exact, C: Exact): Exact => {
				const one = sum(exact(1), C);
				const all = sum(
					exact(Math.max(0, form)),
					product(exact(scale.added), Z, Z),
					product(exact(scale.lost), one, one),
				);
				return product(exact(alpha), root(product(exact(scale.factor), all)));
			};
			const one = exact(1);
			const ones = size(row.ones, one, one);
			// Without a bound of the row's own on Σ e, and a normaliser that is left of it.
			const reach = { alpha: [alpha], sums: [0], ones: [Infinity], normaliser: [0] };
			const asNumber = (x: Exact) => Number(x.m >> BigInt(BITS)) * 2 ** Math.min(1000, x.e + BITS);
			const normaliser = 2 * asNumber(ones) + least;
			if (!Number.isFinite(normaliser)) return;
			reach.normaliser = [normaliser];
			const D = difference(exact(normaliser), ones);
			if (D.m <= 0n) return;
			const bounds: DirectRowBounds = {
				...{ relative: new Float64Array(1), largest: new Float64Array(1), ones: new Float64Array(1) },
				...{ ofCotangents: new Float64Array(1), outputs: new Float64Array(1) },
			};
			const rows = {
				residuals: {
					normaliser: Float64Array.of(1),
					cotangents: new Matrix(1, d_v + 1, Float64Array.from(row.cotangents)),
				},
				N: new Matrix(1, d_v + 1, Float64Array.from([...row.means, 1])),
				gradients: new Matrix(1, d, Float64Array.from(row.gradients)),
				keyMeans: new Matrix(1, d, Float64Array.from(row.keyMeans)),
			};
			const arrays = {
				...{ alpha: Float64Array.from(reach.alpha), sums: Float64Array.from(reach.sums) },
				...{ ones: Float64Array.from(reach.ones), normaliser: Float64Array.from(reach.normaliser) },
			};
			boundRow(0, rows, new Matrix(1, 2 * d + 1, Float64Array.from(row.forms)), arrays, 0, known, bounds);
			const c = row.cotangents.map(exact);
			const Z = sum(c[d_v], ...row.valueHalf.map((x, i) => product(c[i], exact(x))));
			const C = sum(...c);
			const ofG = size(row.forms[2 * d], Z, C);
			let [outputs, output] = [zero, zero];
			for (let i = 0; i < d_v; i++) {
				const mean = row.means[i];
				const form = row.values[i] - 2 * mean * row.valueSums[i] + mean * mean * row.ones;
				const change = quotient(size(form, sum(exact(row.valueHalf[i]), exact(mean)), sum(one, exact(mean))), D);
				outputs = larger(outputs, change);
				output = sum(output, product(change, exact(row.valueHalf[i])));
			}
			let [relative, largest] = [zero, zero];
			for (let b = 0; b < d; b++) {
				const mean = row.keyMeans[b];
				const [wide, multiplier] = [sum(exact(row.keyHalf[b]), exact(mean)), sum(one, exact(mean))];
				const form = row.forms[b] - 2 * mean * row.forms[d + b] + mean * mean * row.forms[2 * d];
				const ofTerms = size(form, product(Z, wide), product(C, multiplier));
				const ofKey = size(row.keySquares[b] - 2 * mean * row.keySums[b] + mean * mean * row.ones, wide, multiplier);
				const first = quotient(sum(ofTerms, product(ones, exact(row.gradients[b]))), D);
				const all = sum(first, product(quotient(ofG, D), quotient(ofKey, D)));
				largest = larger(largest, all);
				relative = larger(relative, quotient(all, exact(row.keyHalf[b])));
			}
			const wanted = { ones, ofCotangents: ofG, outputs, largest, relative: sum(relative, output) };
			for (const [name, value] of Object.entries(wanted)) {
				const [got] = bounds[name as keyof DirectRowBounds];
				if (got === Infinity) continue;
				compared++;
				if (got < 2 ** -1000) below++;
				expect(difference(exact(got), value).m >= 0n, name).toBe(true);
			}
		}),
		{ numRuns: 400, seed: 5 },
	);
	expect(compared).toBeGreaterThan(1000);
	expect(below).toBeGreaterThan(0);
});
