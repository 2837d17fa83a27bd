import { boundMet } from "@attgrad/attention-problem";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactOracle, noises } from "../../testing/exact-oracle.ts";
import { randomVectors } from "../../testing/random-vectors.ts";
import { gapGradient } from "../gap/gap-gradient.ts";
import { isClose, plantedGap } from "../instances/closest-pair.ts";
import { type OrthogonalVectors, orthogonalPairs } from "../instances/orthogonal-vectors.ts";
import { orthogonalGradient } from "../orthogonal/orthogonal-gradient.ts";
import type { BitSides } from "./pair-decision.ts";

const vectors = fc
	.record({
		queries: fc.integer({ min: 1, max: 20 }),
		keys: fc.integer({ min: 1, max: 20 }),
		length: fc.integer({ min: 0, max: 9 }),
		ones: fc.constantFrom(0, 0.3, 0.6, 1),
		seed: fc.nat(),
	})
	.map(randomVectors);

const forms = [{}, { witness: false }, { identity: true }];

test.each(forms)("R1a %j: declared sizes and B are those of what is built", (options) => {
	fc.assert(
		fc.property(vectors, (source) => {
			const { target } = orthogonalGradient.reduce(source, options);
			const problem = target.problem(0);
			const declared = orthogonalGradient.sizes(source, options);
			expect(target.sizes).toEqual(declared);
			expect([problem.n, problem.d, declared.calls]).toEqual([declared.n, declared.d, 1]);
			expect(boundMet(problem).B).toBeCloseTo(declared.B, 12);
		}),
		{ numRuns: 30 },
	);
});

test.each(forms)("R1b %j: declared sizes and B are those of what is built", (options) => {
	for (const n of [2, 7, 20]) {
		const source = plantedGap({ n, yes: true, seed: n });
		const { target } = gapGradient.reduce(source, options);
		const problem = target.problem(0);
		const declared = gapGradient.sizes(source, options);
		expect(target.sizes).toEqual(declared);
		expect([problem.n, problem.d]).toEqual([declared.n, declared.d]);
		expect(boundMet(problem).B).toBeCloseTo(declared.B, 12);
	}
});

/** The value of a bit that all indices share, of which the decoder must know that the other has no pair. */
function sharedBits(bits: readonly BitSides[]): (0 | 1 | undefined)[] {
	return bits.map(([zero, one]) => (one.none && zero.some ? 0 : zero.none && one.some ? 1 : undefined));
}

const bitOf = (index: number, t: number) => ((index >>> t) & 1) as 0 | 1;

/** Instances with no, one and several orthogonal pairs: NO instances at least as often as YES. */
function instances(count: number): { source: OrthogonalVectors; pairs: ReturnType<typeof orthogonalPairs> }[] {
	const drawn = Array.from({ length: 40 * count }, (_, seed) => {
		const source = randomVectors({
			queries: 1 + (seed % 18),
			keys: 1 + ((5 * seed) % 17),
			length: 8,
			ones: 0.62,
			seed,
		});
		return { source, pairs: orthogonalPairs(source) };
	});
	const chosen = (amount: number, of: (pairs: number) => boolean) =>
		drawn.filter(({ pairs }) => of(pairs.length)).slice(0, amount);
	const made = [...chosen(2 * count, (k) => k === 0), ...chosen(count, (k) => k === 1), ...chosen(count, (k) => k > 1)];
	expect(made).toHaveLength(4 * count);
	return made;
}

describe("R1a with an exact oracle", () => {
	test.each(forms)("%j decides as brute force does", async (options) => {
		for (const { source, pairs } of instances(6)) {
			const { target, back } = orthogonalGradient.reduce(source, options);
			const decision = back(await exactOracle().ask(target));
			expect(decision.status).toBe(pairs.length > 0 ? "yes" : "no");
		}
	});

	test("knows of every bit which values have pairs", async () => {
		for (const { source, pairs } of instances(6).filter(({ pairs }) => pairs.length > 0)) {
			const { target, back } = orthogonalGradient.reduce(source);
			const { queryBits, keyBits } = back(await exactOracle().ask(target));
			for (const [bits, indices] of [
				[queryBits, pairs.map(({ query }) => query)],
				[keyBits, pairs.map(({ key }) => key)],
			] as const)
				for (const [t, sides] of bits.entries())
					for (const value of [0, 1] as const) {
						const there = indices.some((index) => bitOf(index, t) === value);
						expect([sides[value].some, sides[value].none]).toEqual([there, !there]);
					}
		}
	});
});

describe("an oracle off by as much as the reduction allows", () => {
	const kinds = noises(1).map((noise) => [noise.kind + ("reversed" in noise ? " reversed" : ""), noise] as const);

	test.each(kinds)("%s: R1a decides as brute force does, and spells a unique pair", async (_, kind) => {
		for (const { source, pairs } of instances(4)) {
			const { target, back } = orthogonalGradient.reduce(source);
			const decision = back(await exactOracle({ ...kind, epsilon: target.sizes.epsilon }).ask(target));
			expect(decision.status).toBe(pairs.length > 0 ? "yes" : "no");
			if (pairs.length !== 1) continue;
			const [pair] = pairs;
			const someOf = (bits: readonly BitSides[]) => bits.map(([zero, one]) => (one.some && !zero.some ? 1 : 0));
			expect(someOf(decision.queryBits)).toEqual(decision.queryBits.map((_, t) => bitOf(pair.query, t)));
			expect(someOf(decision.keyBits)).toEqual(decision.keyBits.map((_, t) => bitOf(pair.key, t)));
		}
	});

	test.each(kinds)("%s: R1a with X = I decides as brute force does", async (_, kind) => {
		for (const { source, pairs } of instances(2)) {
			const { target, back } = orthogonalGradient.reduce(source, { identity: true });
			const decision = back(await exactOracle({ ...kind, epsilon: target.sizes.epsilon }).ask(target));
			expect(decision.status).toBe(pairs.length > 0 ? "yes" : "no");
		}
	});

	test.each(kinds)(
		"%s: R1b decides planted instances, twice as many NO as YES, with both forms of X",
		async (_, kind) => {
			for (let seed = 0; seed < 6; seed++)
				for (const identity of [false, true]) {
					const yes = seed % 3 === 0;
					const source = plantedGap({ n: 16 + seed, yes, seed });
					const { target, back } = gapGradient.reduce(source, { identity });
					const decision = back(await exactOracle({ ...kind, epsilon: target.sizes.epsilon }).ask(target));
					expect(decision.status).toBe(yes ? "yes" : "no");
				}
		},
	);

	test.each([2, 4, 40])("%d times as much never makes a wrong decision, and 4 times is too much", async (factor) => {
		let unknown = 0;
		for (const { source, pairs } of instances(3))
			for (const noise of noises(factor * orthogonalGradient.sizes(source).epsilon)) {
				const { target, back } = orthogonalGradient.reduce(source);
				const decision = back(await exactOracle(noise).ask(target));
				if (decision.status === "unknown") unknown++;
				else expect(decision.status).toBe(pairs.length > 0 ? "yes" : "no");
			}
		if (factor >= 4) expect(unknown).toBeGreaterThan(0);
	});
});

test("R1b spells the planted pair", async () => {
	for (const seed of [1, 2, 3]) {
		const source = plantedGap({ n: 20, yes: true, seed });
		const { target, back } = gapGradient.reduce(source);
		const { queryBits, keyBits } = back(await exactOracle().ask(target));
		const index = (bits: readonly BitSides[]) =>
			sharedBits(bits).reduce<number>((sum, bit, t) => sum + (bit ?? NaN) * 2 ** t, 0);
		expect({ query: index(queryBits), key: index(keyBits) }).toEqual(source.planted);
		expect(isClose(source, source.planted!)).toBe(true);
	}
});

test("a decision that the noise leaves open says which oracle error would do", async () => {
	const { source } = instances(1).find(({ pairs }) => pairs.length === 0)!;
	const { target, back } = orthogonalGradient.reduce(source);
	const decision = back(await exactOracle({ kind: "adversarial", epsilon: 3 * target.sizes.epsilon }).ask(target));
	if (decision.status !== "unknown") throw new Error(`got ${decision.status}`);
	const named = Number(/an oracle error below (\S+) decides/.exec(decision.reason)?.[1]);
	expect(named).toBeGreaterThanOrEqual(target.sizes.epsilon);
	expect(named).toBeLessThan(2 * target.sizes.epsilon);
	// what is named is rounded to three digits
	for (const noise of noises(0.99 * named)) expect(back(await exactOracle(noise).ask(target)).status).toBe("no");
});
