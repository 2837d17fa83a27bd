import { boundMet } from "@attgrad/attention-problem";
import { describe, expect, test } from "vitest";
import { exactOracle, noises } from "../../testing/exact-oracle.ts";
import { leastDistance, plantedGap } from "../instances/closest-pair.ts";
import { gapIntegral } from "./gap-integral.ts";
import { gapRiemannSum } from "./gap-riemann-sum.ts";
import { massAtZero, massSquares, scoreRange, scoreRangeBound } from "./integral.ts";

describe("planted instances", () => {
	test.each([2, 16, 40])("of size %d keep the promise and are balanced", (n) => {
		for (let seed = 0; seed < 4; seed++)
			for (const yes of [true, false]) {
				const { a, b, threshold, gap } = plantedGap({ n, yes, seed });
				const least = leastDistance(a, b);
				if (yes) expect(least).toBeLessThanOrEqual(threshold);
				else expect(least).toBeGreaterThanOrEqual((1 + gap) * threshold);
				for (let i = 0; i < n; i++)
					for (const side of [a, b]) expect(side.row(i).reduce((sum, x) => sum + x, 0)).toBe(a.cols / 2);
			}
	});
});

test.each([gapIntegral, gapRiemannSum])(
	"$name: declared sizes and B are those of what is built",
	({ sizes, reduce }) => {
		for (const n of [5, 16, 20]) {
			const source = plantedGap({ n, yes: false, seed: n });
			const declared = sizes(source);
			const { target } = reduce(source);
			expect(target.sizes).toEqual(declared);
			const problem = target.problem(declared.calls - 1);
			expect([problem.n, problem.d]).toEqual([declared.n, declared.d]);
			expect(boundMet(problem).B).toBeCloseTo(declared.B, 12);
		}
	},
);

test("f(0) is the closed form, and the score range is within what the sizes say", () => {
	const source = plantedGap({ n: 24, yes: true, seed: 2 });
	expect(massAtZero(source)).toBeCloseTo(massSquares(source).value(0), 12);
	expect(scoreRange(source)).toBeLessThanOrEqual(scoreRangeBound(source));
});

test("f' is the derivative of f", () => {
	const { value, slope } = massSquares(plantedGap({ n: 16, yes: true, seed: 5 }));
	for (const lambda of [0, 0.1, 0.5, 1])
		expect((value(lambda + 1e-6) - value(lambda - 1e-6)) / 2e-6).toBeCloseTo(slope(lambda), 4);
});

test("f' is twice the trace of the gradient along X = λI", async () => {
	const source = plantedGap({ n: 16, yes: true, seed: 4 });
	const { target } = gapIntegral.reduce(source, { nodes: 3 });
	const { entries } = await exactOracle().ask(target);
	for (const [call, diagonal] of entries.entries()) {
		const lambda = target.problem(call).X.at(0, 0);
		expect(2 * diagonal.reduce((sum, x) => sum + x, 0)).toBeCloseTo(massSquares(source).slope(lambda), 9);
	}
});

describe("R2", () => {
	test("reads f(1) to 1/8 and decides, YES and NO, at the noise it allows", async () => {
		for (const [seed, yes] of [true, false].entries()) {
			const source = plantedGap({ n: 16, yes, seed });
			const { target, back } = gapIntegral.reduce(source, { scoreRange: scoreRange(source) });
			expect(Math.abs(back(await exactOracle().ask(target)).value - massSquares(source).value(1))).toBeLessThan(1 / 8);
			for (const noise of noises(target.sizes.epsilon))
				expect(back(await exactOracle(noise).ask(target)).status).toBe(yes ? "yes" : "no");
		}
	});

	test("needs no look at the pairs: the range that the sizes give decides too", async () => {
		const source = plantedGap({ n: 16, yes: false, seed: 7 });
		const { target, back } = gapIntegral.reduce(source);
		expect(back(await exactOracle().ask(target)).status).toBe("no");
	});

	test("claims nothing for fewer nodes than certified", async () => {
		const source = plantedGap({ n: 16, yes: false, seed: 7 });
		const { target, back } = gapIntegral.reduce(source, { nodes: 4 });
		const decision = back(await exactOracle().ask(target));
		expect(decision).toMatchObject({
			status: "unknown",
			reason: expect.stringContaining("no oracle error is small enough"),
		});
	});
});

describe("R0, the Riemann sum as printed", () => {
	test("asks for ⌈(ln n)⁴⌉ gradients", () => {
		expect(gapRiemannSum.sizes(plantedGap({ n: 16, yes: true, seed: 0 })).calls).toBe(60);
		expect(gapRiemannSum.sizes(plantedGap({ n: 64, yes: true, seed: 0 })).calls).toBe(300);
	});

	test("is the left Riemann sum, below f(1) by more than half the gap: a YES instance reads as NO", async () => {
		const source = plantedGap({ n: 16, yes: true, seed: 3 });
		const { target, back } = gapRiemannSum.reduce(source);
		const decision = back(await exactOracle().ask(target));
		const truth = massSquares(source).value(1);
		expect(truth).toBeGreaterThan(0.88);
		expect(decision.value - truth).toBeLessThan(-0.5);
		expect(decision.value - truth).toBeGreaterThan(-2.5);
		expect(decision.status).toBe("unknown");
	});
});
