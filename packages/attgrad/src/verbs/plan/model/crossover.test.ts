import { predictTime } from "@attgrad/approx-gradient";
import fc from "fast-check";
import { expect, test } from "vitest";
import { log2CrossoverOf, type ModelShape, planModel } from "./crossover.ts";

const dtype = "f64";

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
			const { pays, log2Crossover, exactMs, certifiedMs, rounding } = planModel(one, timeOf, dtype);
			expect(pays).toBe(log2Crossover <= Math.log2(one.n) && rounding <= one.relative);
			if (rounding <= one.relative && Math.abs(log2Crossover - Math.log2(one.n)) > 0.01)
				expect(certifiedMs < exactMs).toBe(pays);
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
	const { pays, largestB, largestWidth, log2Crossover } = planModel(model, timeOf, dtype);
	expect(pays).toBe(false);
	expect(log2Crossover).toBeGreaterThan(60);
	expect(planModel({ ...model, B: largestB! }, timeOf, dtype).pays).toBe(true);
	expect(planModel({ ...model, B: 1.01 * largestB! }, timeOf, dtype).pays).toBe(false);
	expect(planModel({ ...model, d: largestWidth! }, timeOf, dtype).pays).toBe(true);
	expect(planModel({ ...model, d: largestWidth! + 1 }, timeOf, dtype).pays).toBe(false);
});

test("bounds at which rounding leaves nothing to prove do not pay, however fast", () => {
	// At x = -R a term of the sum is as large as e^R, and the sum is e^-R.
	const lost = (B: number, unit: number) => unit * Math.exp(B ** 2) * Math.exp(B ** 2);
	for (const [dtype, unit] of [
		["f64", 2 ** -53],
		["f32", 2 ** -24],
	] as const) {
		const model = { n: 2 ** 30, d: 2, heads: 1, B: 1, relative: 1e-6 };
		const { largestB = 0 } = planModel({ ...model, relative: 1e-2 }, timeOf, dtype);
		expect(lost(largestB, unit) / 1e-2).toBeGreaterThan(0.9);
		expect(lost(largestB, unit) / 1e-2).toBeLessThan(1.1);
		const plan = planModel({ ...model, B: 4 }, timeOf, dtype);
		expect(plan.log2Crossover).toBeLessThan(30);
		expect(plan.pays).toBe(false);
	}
});
