import { seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { holds, noises, noisyCurve, powersFrom256 } from "../testing/synthetic-times.ts";
import { localExponents } from "./local-exponent.ts";

test("a power law has the same exponent everywhere", () => {
	const points = powersFrom256(7).map((n) => ({ n, value: 3 * n ** 1.5 }));
	const local = localExponents(points, seededRandom(1), { draws: 100 });
	expect(local).toHaveLength(5);
	for (const { exponent, interval } of local) {
		expect(exponent).toBeCloseTo(1.5, 9);
		expect(interval![1] - interval![0]).toBeLessThan(1e-9);
	}
});

test("a constant part shows as exponents that rise to the true one", () => {
	const points = powersFrom256(10).map((n) => ({ n, value: 2000 + n }));
	const exponents = localExponents(points, seededRandom(1), { draws: 100 }).map(({ exponent }) => exponent);
	expect(exponents).toEqual(exponents.toSorted((a, b) => a - b));
	expect(exponents[0]).toBeLessThan(0.4);
	expect(exponents.at(-1)).toBeGreaterThan(0.95);
});

test("two sizes a line give exponents without an interval", () => {
	const points = [1, 2, 4].map((n) => ({ n, value: n * n }));
	const local = localExponents(points, seededRandom(1), { window: 2 });
	expect(local.map(({ exponent }) => exponent)).toEqual([2, 2].map((two) => expect.closeTo(two, 12)));
	expect(local[0]).not.toHaveProperty("interval");
});

test("fewer sizes than a line rests on give nothing", () => {
	expect(localExponents([{ n: 4, value: 1 }], seededRandom(1))).toEqual([]);
});

test.each(["normal", "larger at small sizes"])(
	"the 95 %% intervals hold the true exponent in 93 to 97 %% of data sets with noise that is %s",
	(name) => {
		let held = 0;
		let all = 0;
		for (let seed = 0; seed < 1000; seed++) {
			const points = noisyCurve(powersFrom256(9), (n) => n ** 2, noises[name], seed);
			for (const { interval } of localExponents(points, seededRandom(seed, "draws"), { draws: 200 })) {
				held += Number(holds(interval!, 2));
				all++;
			}
		}
		// Neighbouring windows share points: about 3000 of the 7000 intervals count, one standard deviation is 0.4 %.
		expect(held / all).toBeGreaterThan(0.93);
		expect(held / all).toBeLessThan(0.97);
	},
);
