import fc from "fast-check";
import { expect, test } from "vitest";
import { timingOf } from "./timing.ts";

const time = fc.double({ min: 1e-3, max: 1e5, noNaN: true });

test("least, median and interval are in order, and every time is counted", () => {
	fc.assert(
		fc.property(fc.array(fc.array(time, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 5 }), (rounds) => {
			const { min, median, samples, detail } = timingOf(rounds);
			expect(samples).toBe(rounds.flat().length);
			expect(min).toBe(Math.min(...rounds.flat()));
			expect(detail === undefined).toBe(samples === 1);
			const [low, high] = detail?.interval_ms ?? [median, median];
			// Readings have 6 digits.
			expect(low).toBeLessThanOrEqual(median * (1 + 1e-5));
			expect(high).toBeGreaterThanOrEqual(median * (1 - 1e-5));
		}),
	);
});

test("median and deviation of an even number of times are means of the two in the middle", () => {
	expect(timingOf([[10, 12, 11, 99]])).toMatchObject({ median: 11.5, mad: 1, min: 10, samples: 4 });
});

test("a slow run is kept and flagged", () => {
	const times = [...Array.from({ length: 20 }, (_, i) => 10 + i / 100), 50];
	const { detail, samples, rounds } = timingOf([times]);
	expect([detail!.outliers, samples]).toEqual([1, 21]);
	expect(rounds[0]).toContain(50);
});

test("a machine that drifts shows in the medians of the rounds", () => {
	expect(timingOf([[1, 1, 1], [2, 2, 2], [4]]).detail!.rounds_ms).toEqual([1, 2, 4]);
});

test("of many times a round keeps a few that are spread like all", () => {
	const { rounds } = timingOf([Array.from({ length: 1001 }, (_, i) => i)]);
	expect(rounds[0]).toHaveLength(25);
	expect([rounds[0][0], rounds[0][12], rounds[0][24]]).toEqual([0, 500, 1000]);
});
