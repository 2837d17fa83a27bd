import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { backwardStreaming } from "@attgrad/exact-gradient";
import { createRuntime, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { afterAll, expect, test, vi } from "vitest";
import { backwardHybrid } from "./hybrid-backward.ts";
import { firstTry, isSampled, RANKS } from "./ranks.ts";

// As they are, but for what a sample of a long head tells.
vi.mock("./ranks.ts", { spy: true });

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

const problem = randomBackwardProblem({ n_q: 70, n_k: 90, d: 2, d_v: 3, spread: 1 });
const run = (options: object) => backwardHybrid.run(problem, backwardHybrid.options.parse(options), runtime);

test.each([
	["the highest rank", RANKS.at(-1)],
	["none", undefined],
])("an accuracy holds, or is refused, where a sample tells %s to begin with", async (_, rank) => {
	vi.mocked(isSampled).mockReturnValue(true);
	vi.mocked(firstTry).mockResolvedValue(rank === undefined ? undefined : { rank, share: 0.1 });
	const exact = await backwardStreaming.run(problem, backwardStreaming.options.parse({}), runtime);
	const result = await run({ relative: 1e-7 });
	for (const name of ["dQ", "dK", "dV"] as const) {
		const bound = result.certificate?.bounds[name] ?? Number.POSITIVE_INFINITY;
		expect(bound).toBeLessThanOrEqual(1e-7 * maxAbs(result[name]));
		expect(maxAbsDifference(result[name], exact[name])).toBeLessThanOrEqual(bound);
	}
	expect(result.exactRows).toBe(70);
	if (rank === undefined) expect(result.rank).toEqual([0]);
	await expect(run({ epsilon: 1e-17 })).rejects.toThrow(/^hybrid: no rank up to 768 proves epsilon 1e-17; the best /);
});
