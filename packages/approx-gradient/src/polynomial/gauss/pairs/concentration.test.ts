import { describe, expect, test } from "vitest";
import { DEVIATION_CHOICES, deviation } from "./concentration.ts";

/** Powers of a factor from one number to another. */
function powers(from: number, to: number, factor: number): number[] {
	const made = [];
	for (let x = from; x <= to; x *= factor) made.push(x);
	return made;
}

const choices = Array.from({ length: DEVIATION_CHOICES }, (_, i) => 0.8 * 2 ** -i);

describe("the deviation of a sum from its mean", () => {
	// (log + ψ s) / λ is the least of the choices for some log, where λ times the deviation less log tells ψ s.
	test("allows each number what the proof takes: e^(λX − ψX²) <= 1 + λX for X >= −1", () => {
		const numbers = [...powers(1e-3, 1, 1.7).map((x) => -x), -1, ...powers(1e-3, 300, 1.9)];
		for (const X of numbers)
			for (const lambda of choices) {
				const logs = powers(1e-13 * X * X, 100 * X * X, 1.4);
				const allowed = Math.max(...logs.map((log) => lambda * deviation({ squares: X * X, range: 1 }, log) - log));
				// λX − ln(1 + λX), by its series where terms cancel.
				const x = lambda * X;
				const needed = Math.abs(x) < 1e-3 ? x ** 2 / 2 - x ** 3 / 3 + x ** 4 / 4 - x ** 5 / 5 : x - Math.log1p(x);
				expect(allowed).toBeGreaterThanOrEqual(needed * (1 - 1e-9));
			}
	});

	// The chance of a sum of numbers −1 and v is a sum over a binomial distribution.
	test.each([
		[200, 0.5, 1],
		[200, 0.05, 1],
		[200, 0.95, 1],
		[1000, 0.01, 3],
		[1000, 0.5, 0.1],
		[50, 0.9, 0.2],
	])("is exceeded with no more than the chance it is given: %s numbers, a part %s of them %s", (count, part, v) => {
		for (const failure of [0.5, 0.1, 1e-3, 1e-6]) {
			const log = Math.log(DEVIATION_CHOICES / failure);
			let [chance, exceeded, total] = [(1 - part) ** count, 0, 0];
			for (let k = 0; k <= count; k++) {
				const off = k * (v + 1) - count * part * (v + 1);
				const width = deviation({ squares: k * v * v + (count - k), range: 1 }, log);
				if (off > width) exceeded += chance;
				total += chance;
				chance *= ((count - k) / (k + 1)) * (part / (1 - part));
				// Near to Bernstein with the squares of the sample: powers of two for λ cost 6 %, and λ <= 0.8 a quarter of the second term.
				expect(width).toBeLessThan(1.3 * (Math.sqrt(2 * log * (k * v * v + count - k)) + log));
			}
			expect(Math.abs(total - 1)).toBeLessThan(1e-9);
			expect(exceeded).toBeLessThanOrEqual(failure);
		}
	});

	test("scales with the range of its numbers", () => {
		for (const range of [1e-100, 0.3, 1e100])
			expect(deviation({ squares: 7 * range ** 2, range }, 30) / range).toBeCloseTo(
				deviation({ squares: 7, range: 1 }, 30),
				10,
			);
	});
});
