import { createBackwardProblem } from "@attgrad/attention-problem";
import { createRuntime, Matrix, seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import type { EntryBound } from "../language-model/network/bound-entries.ts";
import { createModel } from "../language-model/network/model.ts";
import { recallTask } from "../language-model/tasks/recall.ts";
import { probe, radiusOf } from "./probe.ts";

const runtime = await createRuntime({ kernel: "js" });
const task = recallTask(2);

const probed = (bound: EntryBound, n = 220) => {
	const model = createModel({ vocabulary: task.vocabulary, layers: 2, heads: 2, width: 4, bound }, 1);
	return probe(model, task.batch(1, n, seededRandom(1, "probe")), runtime);
};

test("every head of every layer has its facts; bounded ones are within √(d g) and their scores within g", async () => {
	const facts = await probed({ kind: "norm", gain: 1 });
	expect(facts).toHaveLength(4);
	for (const { B, radius, degree, rank, certified, exact } of facts) {
		expect(B).toBeLessThanOrEqual(2 * (1 + 1e-12));
		expect(B).toBeGreaterThan(1);
		expect(radius).toBeLessThanOrEqual(1 + 1e-12);
		expect([1, 3, 5, 7, 9, 11]).toContain(degree);
		// C(4 + g, 4)
		const g = degree ?? 0;
		expect(rank).toBe(((g + 1) * (g + 2) * (g + 3) * (g + 4)) / 24);
		expect(Math.min(certified ?? 0, exact)).toBeGreaterThan(0);
	}
});

test("heads with scores beyond every degree have no certificate", async () => {
	const facts = await probed({ kind: "norm", gain: 60 });
	for (const { degree, certified, radius } of facts) {
		expect(radius).toBeGreaterThan(12);
		expect([degree, certified]).toEqual([undefined, undefined]);
	}
});

test("the score radius looks at the keys that a query sees", () => {
	const Q = new Matrix(3, 1, Float64Array.of(1, 2, -1));
	const K = new Matrix(3, 1, Float64Array.of(5, 1, -7));
	const problem = createBackwardProblem({ Q, K, V: K, dO: K }, { scale: 1, visibility: { mask: "causal" } });
	// 2 · 5 - 2 · 1 = 8 for the second query, 5 + 7 = 12 for the third
	expect(radiusOf(problem)).toBe(6);
});
