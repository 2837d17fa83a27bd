import { boundMet } from "@attgrad/attention-problem";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactOracle, noises } from "../../testing/exact-oracle.ts";
import { randomVectors } from "../../testing/random-vectors.ts";
import { BitMatrix } from "../instances/bit-matrix.ts";
import { orthogonalPairs } from "../instances/orthogonal-vectors.ts";
import { countingPlan } from "./counting-plan.ts";
import { orthogonalCounting } from "./orthogonal-counting.ts";

const vectors = fc
	.record({
		queries: fc.integer({ min: 1, max: 16 }),
		keys: fc.integer({ min: 1, max: 16 }),
		length: fc.integer({ min: 0, max: 6 }),
		ones: fc.constantFrom(0, 0.4, 0.7, 1),
		seed: fc.nat(),
	})
	.map(randomVectors);

const plans = [{}, { thetaMax: 1 }, { thetaMax: 3 }, { thetaMax: 12 }];

test.each(plans)("%j: declared sizes, calls and B are those of what is built", (options) => {
	fc.assert(
		fc.property(vectors, (source) => {
			const { target } = orthogonalCounting.reduce(source, options);
			const declared = orthogonalCounting.sizes(source, options);
			expect(target.sizes).toEqual(declared);
			const problems = Array.from({ length: declared.calls }, (_, call) => target.problem(call));
			for (const { n, d } of problems) expect([n, d]).toEqual([declared.n, declared.d]);
			expect(Math.max(...problems.map((problem) => boundMet(problem).B))).toBeCloseTo(declared.B, 11);
		}),
		{ numRuns: 20 },
	);
});

test.each([0.5, 1, 3])(
	"the amplification at thetaMax %d is the sum of the absolute weights, which add up to 1",
	(thetaMax) => {
		for (const length of [0, 1, 4, 9]) {
			const ones = BitMatrix.build(1, length, () => true);
			const { weights, amplification } = countingPlan({ a: ones, b: ones }, { thetaMax });
			expect(weights.reduce((sum, w) => sum + Math.abs(w), 0) / amplification).toBeCloseTo(1, 9);
			expect(weights.reduce((sum, w) => sum + w, 0) / amplification).toBeCloseTo(1 / amplification, 9);
		}
	},
);

/** Sources with many, few and no pairs, at least as many with none. */
const sources = Array.from({ length: 24 }, (_, seed) =>
	randomVectors({
		queries: 1 + (seed % 13),
		keys: 1 + ((7 * seed) % 15),
		length: 5,
		ones: seed % 2 ? 0.5 : 0.95,
		seed,
	}),
);

test("the sources have no pairs at least as often as they have some", () => {
	const empty = sources.filter((source) => orthogonalPairs(source).length === 0).length;
	expect(empty).toBeGreaterThanOrEqual(sources.length / 2);
	expect(empty).toBeLessThan(sources.length);
});

test.each(plans)("%j: counts are those of brute force", async (options) => {
	for (const source of sources) {
		const { target, back } = orthogonalCounting.reduce(source, options);
		expect(back(await exactOracle().ask(target))).toMatchObject({
			status: "counted",
			count: orthogonalPairs(source).length,
		});
	}
});

describe("an oracle off by as much as the reduction allows", () => {
	test.each([{}, { thetaMax: 3 }])("%j: counts are those of brute force", async (options) => {
		for (const source of sources.slice(0, 12))
			for (const noise of noises(orthogonalCounting.sizes(source, options).epsilon)) {
				const { target, back } = orthogonalCounting.reduce(source, options);
				const count = orthogonalPairs(source).length;
				expect(back(await exactOracle(noise).ask(target))).toMatchObject({ status: "counted", count });
			}
	});

	test("ten times as much makes the count unknown, with the amplification", async () => {
		for (const source of sources.slice(0, 12)) {
			const { target, back } = orthogonalCounting.reduce(source, { thetaMax: 2 });
			const counted = back(
				await exactOracle({ kind: "random", epsilon: 10 * target.sizes.epsilon, seed: 3 }).ask(target),
			);
			expect(counted.status).toBe("unknown");
			expect(counted).toHaveProperty("reason", expect.stringContaining("magnified by"));
		}
	});
});

test("a count beyond double precision is unknown, with the amplification", async () => {
	const source = randomVectors({ queries: 8, keys: 8, length: 24, ones: 1, seed: 1 });
	const { target, back } = orthogonalCounting.reduce(source, { thetaMax: 1 });
	const { amplification } = orthogonalCounting.sizes(source, { thetaMax: 1 });
	expect(amplification).toBeGreaterThan(2.2e14);
	expect(amplification).toBeLessThan(2.4e14);
	const counted = back(await exactOracle().ask(target));
	expect(counted).toMatchObject({
		status: "unknown",
		reason: expect.stringMatching(/magnified by 2\.\d+e\+14 .*double precision/),
	});
});
