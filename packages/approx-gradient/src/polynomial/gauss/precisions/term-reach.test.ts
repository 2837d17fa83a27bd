import fc from "fast-check";
import { expect, it } from "vitest";
import { termPower, termReach } from "./term-reach.ts";

const [n, d] = [7, 3];
const size = fc.double({ min: 0, max: 4, noNaN: true });
const weight = fc.double({ min: 0, max: 10, noNaN: true });

/** Σ μ, then Σ μ k_b^M, of each column of weights. */
const sumsOf = (columns: readonly number[][], keys: readonly number[][], power: number): Float64Array =>
	Float64Array.from(
		columns.flatMap((column) => [
			column.reduce((sum, x) => sum + x, 0),
			...keys[0].map((_, b) => column.reduce((sum, x, l) => sum + x * keys[l][b] ** (2 ** power), 0)),
		]),
	);

const reachOf = (keys: readonly number[][]) =>
	Float64Array.from(keys[0], (_, b) => Math.max(...keys.map((key) => key[b])));

it("sums of powers of a score's terms are at most those of its reach, with every column of weights", () =>
	fc.assert(
		fc.property(
			fc.array(fc.tuple(size, size, size), { minLength: n, maxLength: n }),
			fc.array(fc.array(weight, { minLength: n, maxLength: n }), { minLength: d + 1, maxLength: d + 1 }),
			fc.tuple(size, size, size),
			fc.integer({ min: 1, max: 16 }),
			(keys, columns, query, degree) => {
				const power = termPower(degree);
				expect(2 ** power).toBeGreaterThanOrEqual(degree);
				const most = reachOf(keys);
				const reach = termReach(sumsOf(columns, keys, power), { n, power, keyReach: most });
				const t = query.reduce((sum, q, b) => sum + q * reach[b], 0);
				for (const column of columns)
					for (let k = 0; k <= degree; k++) {
						const sum = column.reduce(
							(all, x, l) => all + x * query.reduce((score, q, b) => score + q * keys[l][b], 0) ** k,
							0,
						);
						expect(sum).toBeLessThanOrEqual((1 + 1e-12) * t ** k * column.reduce((all, x) => all + x, 0) + 1e-300);
					}
				for (let b = 0; b < d; b++) expect(reach[b]).toBeLessThanOrEqual((1 + 1e-5) * most[b]);
			},
		),
	));

it("a reach is far below the largest key where few keys are large, and that key's where the sums are too small to tell", () => {
	const keys = Array.from({ length: 1000 }, (_, l) => [l === 0 ? 1 : 0.1]);
	const ones = keys.map(() => 1);
	const tiny = keys.map(() => 1e-250);
	const [power, keyReach] = [3, Float64Array.of(1)];
	const [known] = termReach(sumsOf([ones, ones], keys, power), { n: 1000, power, keyReach });
	// (1/1000)^(1/8), nearly.
	expect(known).toBeCloseTo(1000 ** (-1 / 8), 3);
	const [unknown] = termReach(sumsOf([ones, tiny], keys, power), { n: 1000, power, keyReach });
	expect(unknown).toBeGreaterThanOrEqual(1);
	// A column of zeros tells nothing and asks for nothing.
	const [none] = termReach(sumsOf([ones, keys.map(() => 0)], keys, power), { n: 1000, power, keyReach });
	expect(none).toBe(known);
});
