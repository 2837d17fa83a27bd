import { dyadicOf } from "@attgrad/attention-problem/reference";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ColumnRange } from "./column-range.ts";

/** 2^1200 x, exactly. */
function fixed(x: number): bigint {
	const { mantissa, exponent } = dyadicOf(x);
	return mantissa << BigInt(exponent + 1200);
}

const number = fc
	.tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.integer({ min: -1070, max: 1020 }))
	.map(([m, e]) => m * 2 ** e);

test("half-ranges, reaches and widened ranges hold exactly, for numbers of any size", () => {
	fc.assert(
		fc.property(fc.array(number, { minLength: 1, maxLength: 4 }), number, number, (entries, centre, off) => {
			const range = new ColumnRange(1);
			range.add(Float64Array.from(entries), entries.length);
			const [half] = range.half();
			const [reach] = range.reach(Float64Array.of(centre));
			const error = Math.abs(off);
			const wide = range.widened(Float64Array.of(error));
			const [low, high] = [range.min[0], range.max[0]];
			expect(half === Infinity || 2n * fixed(half) >= fixed(high) - fixed(low)).toBe(true);
			for (const x of entries) {
				const distance = fixed(x) - fixed(centre);
				expect(reach === Infinity || fixed(reach) >= (distance < 0n ? -distance : distance)).toBe(true);
				expect(wide.min[0] === -Infinity || fixed(wide.min[0]) <= fixed(x) - fixed(error)).toBe(true);
				expect(wide.max[0] === Infinity || fixed(wide.max[0]) >= fixed(x) + fixed(error)).toBe(true);
			}
		}),
		{ numRuns: 3000, endOnFailure: true },
	);
});

test("a column of equal entries has no range, and none is widened by nothing", () => {
	const range = new ColumnRange(Float64Array.of(3, -1e-320), Float64Array.of(3, -1e-320));
	expect([...range.half()]).toEqual([0, 0]);
	expect([...range.reach(range.middle())]).toEqual([0, 0]);
	expect(range.widened(new Float64Array(2)).min).toEqual(range.min);
});
