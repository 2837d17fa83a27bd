import { predictTime } from "@attgrad/approx-gradient";
import fc from "fast-check";
import { expect, test } from "vitest";
import { log2CrossoverOf, type ModelShape, planModel } from "./crossover.ts";

const timeOf = (run: Parameters<typeof predictTime>[0]): number => predictTime(run) ?? Number.NaN;

const shape: fc.Arbitrary<ModelShape> = fc.record({
	n: fc.integer({ min: 4, max: 40 }).map((exponent) => 2 ** exponent),
	d: fc.integer({ min: 1, max: 128 }),
	heads: fc.integer({ min: 1, max: 16 }),
	B: fc.double({ min: 0.1, max: 6, noNaN: true }),
	relative: fc.constantFrom(1e-1, 1e-2, 1e-4, 1e-8),
});

test("it pays exactly from the crossover on, and so say the two times", () => {
	fc.assert(
		fc.property(shape, (one) => {
			const { pays, log2Crossover, exactMs, certifiedMs } = planModel(one, timeOf);
			expect(pays).toBe(log2Crossover <= Math.log2(one.n));
			if (Math.abs(log2Crossover - Math.log2(one.n)) > 0.01) expect(certifiedMs < exactMs).toBe(pays);
		}),
	);
});

test("a smaller bound, a smaller width and a larger error never pay later", () => {
	fc.assert(
		fc.property(shape, ({ d, B, relative }) => {
			const here = log2CrossoverOf({ d, B, relative }, timeOf) + 2e-3;
			expect(log2CrossoverOf({ d, B: B / 1.5, relative }, timeOf)).toBeLessThanOrEqual(here);
			expect(log2CrossoverOf({ d, B, relative: Math.min(0.9, 4 * relative) }, timeOf)).toBeLessThanOrEqual(here);
		}),
	);
});

test("what would pay does", () => {
	const model = { n: 2 ** 17, d: 64, heads: 12, B: 4, relative: 1e-2 };
	const { pays, largestB, largestWidth, log2Crossover } = planModel(model, timeOf);
	expect(pays).toBe(false);
	expect(log2Crossover).toBeGreaterThan(60);
	expect(planModel({ ...model, B: largestB! }, timeOf).pays).toBe(true);
	expect(planModel({ ...model, B: 1.01 * largestB! }, timeOf).pays).toBe(false);
	expect(planModel({ ...model, d: largestWidth! }, timeOf).pays).toBe(true);
	expect(planModel({ ...model, d: largestWidth! + 1 }, timeOf).pays).toBe(false);
});
