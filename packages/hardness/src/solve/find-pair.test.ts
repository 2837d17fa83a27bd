import { expect, test } from "vitest";
import { gapGradient } from "../reductions/gap/gap-gradient.ts";
import { isClose, plantedGap } from "../reductions/instances/closest-pair.ts";
import { isOrthogonal, orthogonalPairs } from "../reductions/instances/orthogonal-vectors.ts";
import { type Pair, restrict } from "../reductions/instances/pairs.ts";
import { orthogonalGradient } from "../reductions/orthogonal/orthogonal-gradient.ts";
import { exactOracle, noises } from "../testing/exact-oracle.ts";
import { randomVectors } from "../testing/random-vectors.ts";
import { findPair } from "./find-pair.ts";

test("an orthogonal pair is found whatever their number, in at most log2 n_q + log2 n_k further gradients", async () => {
	for (let seed = 0; seed < 40; seed++) {
		const source = randomVectors({
			queries: 1 + (seed % 19),
			keys: 1 + ((3 * seed) % 23),
			length: 7,
			ones: (seed % 8) / 8,
			seed,
		});
		const oracle = exactOracle();
		const search = await findPair(orthogonalGradient, source, oracle, (pair) => isOrthogonal(source, pair));
		expect(search.status).toBe(orthogonalPairs(source).length > 0 ? "found" : "none");
		if (search.status === "found") expect(isOrthogonal(source, search.pair)).toBe(true);
		expect(oracle.calls).toBeLessThanOrEqual(
			1 + Math.ceil(Math.log2(source.a.rows)) + Math.ceil(Math.log2(source.b.rows)),
		);
	}
});

test("among several close pairs one is found by R1b, under noise of half the proven size too; none where there is none", async () => {
	for (let seed = 0; seed < 3; seed++) {
		const made = plantedGap({ n: 18, yes: true, seed });
		const { query, key } = made.planted!;
		// the planted query and key three times each, in other places: 9 close pairs, the promise kept
		const copies = (index: number) =>
			Array.from({ length: 18 }, (_, i) => (i % 7 === 2 ? index : i === index ? (index + 1) % 18 : i));
		const source = restrict(made, copies(query), copies(key));
		for (const noise of [undefined, ...noises(0.5 * gapGradient.sizes(source).epsilon)]) {
			const search = await findPair(gapGradient, source, exactOracle(noise), (pair) => isClose(source, pair));
			expect(search.status).toBe("found");
		}
		const no = plantedGap({ n: 18, yes: false, seed });
		expect((await findPair(gapGradient, no, exactOracle(), (pair) => isClose(no, pair))).status).toBe("none");
	}
});

test("without a check that succeeds the answer is unknown, never a pair", async () => {
	const source = randomVectors({ queries: 9, keys: 6, length: 3, ones: 0.2, seed: 1 });
	const asked: Pair[] = [];
	const refuse = (pair: Pair) => asked.push(pair) < 0;
	const search = await findPair(orthogonalGradient, source, exactOracle(), refuse);
	expect(search).toMatchObject({ status: "unknown", reason: expect.stringContaining("contradicts itself") });
	expect(asked.length).toBeGreaterThan(1);
});
