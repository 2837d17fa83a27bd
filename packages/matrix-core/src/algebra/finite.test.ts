import fc from "fast-check";
import { expect, test } from "vitest";
import { firstNotFinite } from "./finite.ts";

test("the first number that is not finite is found, wherever it is, in a range of numbers", () => {
	const length = fc.integer({ min: 1, max: 5000 });
	const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
	fc.assert(
		fc.property(length, fc.nat(5000), fc.nat(5000), bad, fc.boolean(), (length, first, second, bad, single) => {
			const numbers = new (single ? Float32Array : Float64Array)(length).fill(3e38);
			expect(firstNotFinite(numbers, 0, length)).toBe(-1);
			const [a, b] = [first % length, second % length];
			numbers[a] = numbers[b] = bad;
			const least = Math.min(a, b);
			expect(firstNotFinite(numbers, 0, length)).toBe(least);
			expect(firstNotFinite(numbers, least, length)).toBe(least);
			expect(firstNotFinite(numbers, 0, least)).toBe(-1);
			expect(firstNotFinite(numbers, least + 1, length)).toBe(a === b ? -1 : Math.max(a, b));
		}),
	);
});

test("the largest and the smallest numbers, zeros and numbers below the normal range are finite", () => {
	const doubles = [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE, 0, -0, 2 ** -1022];
	expect(firstNotFinite(Float64Array.from(doubles), 0, doubles.length)).toBe(-1);
	const singles = [(2 - 2 ** -23) * 2 ** 127, -((2 - 2 ** -23) * 2 ** 127), 2 ** -149, 2 ** -126, 0, -0];
	expect(firstNotFinite(Float32Array.from(singles), 0, singles.length)).toBe(-1);
});

test("numbers that begin within their memory, and memory that threads share, are read where they lie", () => {
	for (const buffer of [new ArrayBuffer(80), new SharedArrayBuffer(80)]) {
		const numbers = new Float64Array(buffer, 24, 5);
		numbers[3] = Number.NaN;
		expect(firstNotFinite(numbers, 0, 5)).toBe(3);
		expect(firstNotFinite(numbers, 0, 3)).toBe(-1);
	}
});
