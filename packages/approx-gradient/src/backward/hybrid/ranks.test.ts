import { headsOf } from "@attgrad/attention-problem";
import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { backwardStreaming } from "@attgrad/exact-gradient";
import { createRuntime, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { afterAll, expect, test } from "vitest";
import { backwardHybrid } from "./hybrid-backward.ts";
import { HeadFeatures, type HybridHead, hybridHead } from "./hybrid-head.ts";
import { firstTry, isSampled, keysByConcentration, RANKS } from "./ranks.ts";

const runtime = await createRuntime({});
afterAll(() => runtime.close());

const headOf = (n: number, spread: number) => {
	const problem = randomBackwardProblem({ n_q: n, n_k: n, d: 6, d_v: 3, spread, scale: 1 });
	return hybridHead(headsOf(problem)[0], problem.scale);
};

test("the first rank is the one that takes the least time in all, or none", async () => {
	const seen: number[] = [];
	const few = headOf(3000, 1);
	const many = headOf(16 * 1024, 1);
	const [ofFew, ofMany] = [
		await HeadFeatures.of(few, 0, RANKS[1], runtime),
		await HeadFeatures.of(many, 0, RANKS[1], runtime),
	];
	const first = async (head: HybridHead, features: HeadFeatures, shares: readonly number[]) => {
		seen.length = 0;
		const needs = (rows: { readonly rank: number }) => {
			seen.push(rows.rank);
			return new Float64Array(1024).fill(2, 0, 1024 * shares[seen.length - 1]);
		};
		return (await firstTry(head, features, needs, false, runtime))?.rank;
	};
	expect(await first(many, ofMany, [0])).toBe(RANKS[0]);
	expect(seen).toEqual([RANKS[0]]);
	// Few rows: the next rank takes longer than all rows exactly, and is not looked at.
	expect(await first(few, ofFew, [1])).toBeUndefined();
	expect(seen).toEqual([RANKS[0]]);
	// Many rows: the next rank pays where it leaves few of them exact, and the one after it is not looked at.
	expect(await first(many, ofMany, [0.9, 0.1])).toBe(RANKS[1]);
	expect(seen).toEqual(RANKS.slice(0, 2));
	expect(await first(many, ofMany, [0.7, 0.65])).toBe(RANKS[0]);
	expect(seen).toEqual(RANKS.slice(0, 2));
	// No rank leaves enough, and the one after a rank that leaves all rows exact is passed over.
	expect(await first(many, ofMany, [1, 1])).toBeUndefined();
	expect(seen).toEqual([RANKS[0], RANKS[2]]);
});

test("some keys are exact where they make up much of what features leave", () => {
	const ofTokens = (rows: number) => keysByConcentration({ queries: { rows, cols: 15 }, values: { rows, cols: 15 } });
	const chosen = ofTokens(8192);
	const even = new Float64Array(1000).fill(1);
	const uneven = even.map((_, l) => (l < 30 ? 1000 : 1));
	expect(chosen(even)).toBe(0);
	expect(chosen(uneven)).toBe(35);
	expect(chosen(new Float64Array(3))).toBe(0);
	expect(chosen(Float64Array.of(7))).toBe(0);
	// Two more passes do not pay for few tokens.
	expect(ofTokens(2000)(uneven)).toBe(0);
});

test("a sample of a long head tells the rank, and the run proves what is asked for", async () => {
	const given = { n_q: 16 * 1024, n_k: 16 * 1024, d: 4, d_v: 2, spread: 1, scale: 1 };
	const problem = randomBackwardProblem(given);
	expect(isSampled(problem.n_q, problem.n_k)).toBe(true);
	expect(isSampled(problem.n_q, 1000)).toBe(false);
	const exact = await backwardStreaming.run(problem, backwardStreaming.options.parse({}), runtime);
	for (const relative of [0.1, 0.01, 1e-6]) {
		const options = backwardHybrid.options.parse({ relative, proves: "dQ" });
		const got = await backwardHybrid.run(problem, options, runtime);
		const bound = got.certificate?.bounds?.dQ ?? Number.POSITIVE_INFINITY;
		expect(bound).toBeLessThanOrEqual(relative * maxAbs(got.dQ));
		expect(maxAbsDifference(got.dQ, exact.dQ)).toBeLessThanOrEqual(bound);
		expect([0, ...RANKS]).toContain([got.rank].flat()[0]);
		if (relative === 0.1) expect(got.exactRows).toBeLessThan(0.2 * given.n_q);
		if (relative === 1e-6) expect([got.rank, got.exactRows]).toEqual([[0], given.n_q]);
	}
});
