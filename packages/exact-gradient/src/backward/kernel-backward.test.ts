import { type KeyIntervals, visibleKeys } from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { availableKernels, createRuntime, maxAbs, unitRoundoff } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { backwardTolerance } from "../testing/backward-ways.ts";
import { backwardStreaming, intervalBackward } from "./algorithms.ts";
import { kernelBackward } from "./kernel-backward.ts";
import { planStripes } from "./stripes.ts";

const builds = (await availableKernels()).filter((kernel) => kernel !== "js");

describe.each(builds)("kernel %s", (kernel) => {
	test.each(["f64", "f32"] as const)("gives the same bits for every number of threads, %s", async (dtype) => {
		for (const visibility of [{ mask: "none" }, { mask: "causal" }, { mask: "causal", window: 50 }] as const) {
			const problem = randomBackwardProblem({
				...{ n_q: 333, n_k: 400, d: 5, d_v: 3, keyHeads: 2, group: 2, visibility, dtype },
			});
			const results = await Promise.all(
				[1, 2, 5].map(async (threads) => {
					const runtime = await createRuntime({ kernel, threads });
					const { output, lse, dQ, dK, dV } = await kernelBackward(problem, runtime);
					await runtime.close();
					return [output, dQ, dK, dV].map(({ data }) => Array.from(data)).concat([Array.from(lse)]);
				}),
			);
			expect(results[1]).toEqual(results[0]);
			expect(results[2]).toEqual(results[0]);
		}
	});
});

/** Intervals whose ends never fall: with keys between them that no query sees, of one key and of none, and of all from one on. */
const scattered: readonly (readonly [string, (j: number) => readonly [number, number]])[] = [
	["far from each other", (j) => [5 * j, 5 * j + (j % 4)]],
	["one in each other", (j) => [Math.floor(j / 3), 100 + 2 * j]],
	["steps of many queries", (j) => [40 * Math.floor(j / 11), 40 * Math.floor(j / 11) + 39]],
	["of the first keys, then of all", (j) => [0, j < 20 ? j + 1 : 222]],
];

describe.each(["js", ...builds])("queries that see intervals of their own, kernel %s", (kernel) => {
	test.each(scattered)("%s: gradients and outputs are those by whole numbers", async (_, intervalOf) => {
		const [n_q, n_k] = [37, 222];
		const ends = Array.from({ length: n_q }, (_, j) => intervalOf(j));
		const intervals: KeyIntervals = {
			lo: Int32Array.from(ends, ([lo]) => lo),
			hi: Int32Array.from(ends, ([_, hi]) => hi),
		};
		for (const dtype of ["f64", "f32"] as const) {
			const problem = randomBackwardProblem({ n_q, n_k, d: 3, d_v: 2, dtype });
			const runtime = await createRuntime({ kernel, threads: kernel === "js" ? 1 : 2 });
			const made = await intervalBackward(problem, intervals, runtime);
			await runtime.close();
			const visible = (j: number, l: number) => intervals.lo[j] <= l && l < intervals.hi[j];
			const truth = operatorTruth({ ...problem, visible }, problem.dO);
			const tolerance = backwardTolerance(problem, unitRoundoff(dtype));
			for (const name of ["dQ", "dK", "dV", "output"] as const) {
				expect(maxAbs(truth[name].toMatrix())).toBeGreaterThan((dtype === "f64" ? 1e6 : 1) * tolerance[name]);
				expect(truth[name].distanceTo(made[name]), `${name} ${dtype}`).toBeLessThanOrEqual(tolerance[name]);
			}
		}
	});
});

test("progress goes from the first query to the last", async () => {
	const problem = randomBackwardProblem({ n_q: 200, n_k: 200, d: 3, d_v: 3, keyHeads: 3 });
	for (const kernel of builds) {
		const seen: [number, number][] = [];
		const runtime = await createRuntime({ kernel, onProgress: (done, total) => void seen.push([done, total]) });
		await backwardStreaming.run(problem, {}, runtime);
		await runtime.close();
		expect(seen.at(-1)).toEqual([600, 600]);
		for (const [i, [done]] of seen.entries()) expect(done).toBeGreaterThanOrEqual(seen[i - 1]?.[0] ?? 0);
	}
});

describe("stripes", () => {
	const problem = randomBackwardProblem({ n_q: 5000, n_k: 5000, d: 1, d_v: 1 });
	test.each([
		["none", { mask: "none" }],
		["causal", { mask: "causal" }],
		["window", { mask: "causal", window: 16 }],
		["packed", { mask: "none", lengths: [1, 2500, 2499] }],
	] as const)("hold every query once and the keys that it sees: %s", (_, visibility) => {
		const intervals = visibleKeys(visibility, 5000, 5000);
		const { stripes, blockRows, mostKeys } = planStripes(intervals, problem, 8);
		expect(stripes[0].from).toBe(0);
		for (const [i, { from, to, keyFrom, keyTo }] of stripes.entries()) {
			expect(from).toBe(stripes[i - 1]?.to ?? 0);
			for (let j = from; j < to; j++) {
				expect(intervals.lo[j]).toBeGreaterThanOrEqual(keyFrom);
				expect(intervals.hi[j]).toBeLessThanOrEqual(keyTo);
			}
		}
		expect(stripes.at(-1)?.to).toBe(5000);
		expect(blockRows % 8).toBe(0);
		expect(mostKeys).toBeLessThanOrEqual(5000 + 6 + 12);
	});

	test("a narrow window is not spread over many keys: its blocks see a small multiple of it", () => {
		const { blockRows, mostKeys } = planStripes(visibleKeys({ mask: "causal", window: 16 }, 5000, 5000), problem, 8);
		expect(blockRows).toBe(16);
		expect(mostKeys).toBeLessThanOrEqual(16 + 16 + 12 + 12);
	});
});
