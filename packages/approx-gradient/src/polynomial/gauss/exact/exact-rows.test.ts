import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { availableKernels, createRuntime, maxAbs, type Numbers, type RowSource, scale } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { profileOn } from "../../method/method-of.ts";
import { ExactRows } from "./exact-rows.ts";

const problem = generateProblem({ distribution: "gaussian", n: 111, d: 3, B: 3, seed: 2 });
const all = Array.from({ length: problem.n }, (_, row) => row);

describe.each(await availableKernels())("exact rows on the kernel %s", (kernel) => {
	it("add up to the exact gradient within their bound", async () => {
		const runtime = await createRuntime({ kernel, threads: 1 });
		const rows = new ExactRows(problem, await profileOn(problem, runtime), runtime);
		const parts = [await rows.sums(all.slice(0, 40), 0), await rows.sums(all.slice(40), 0)];
		const truth = await streamingGradient(problem);
		for (let at = 0; at < truth.gradient.data.length; at++) {
			const sum = parts.reduce((total, { gradient }) => total + problem.scale * gradient.data[at], 0);
			const bound = parts.reduce((total, { rounding }) => total + problem.scale * rounding[at], 0);
			expect(Math.abs(sum - truth.gradient.data[at])).toBeLessThanOrEqual(bound);
			expect(bound).toBeLessThan(1e-7 * maxAbs(truth.gradient));
		}
		const loss = parts.reduce((total, part) => total + part.loss, 0);
		expect(Math.abs(loss / truth.loss - 1)).toBeLessThan(1e-12);
		await runtime.close();
	});

	it("are computed once", async () => {
		const runtime = await createRuntime({ kernel, threads: 1 });
		let reads = 0;
		const { A2 } = problem;
		const counted: RowSource = {
			...{ rows: A2.rows, cols: A2.cols, dtype: A2.dtype },
			readRows(from: number, to: number, target: Numbers) {
				reads++;
				A2.readRows(from, to, target);
			},
		};
		const given = { ...problem, A2: counted };
		const rows = new ExactRows(given, await profileOn(problem, runtime), runtime);
		const first = await rows.sums([3, 5, 8, 13], 0);
		const before = reads;
		const again = await rows.sums([5, 13], 0);
		expect(before).toBeGreaterThan(0);
		expect(reads).toBe(before);
		const other = await rows.sums([3, 8], 0);
		const sum = scale(again.gradient, 1);
		for (let at = 0; at < sum.data.length; at++)
			expect(sum.data[at] + other.gradient.data[at]).toBeCloseTo(first.gradient.data[at], 12);
		await runtime.close();
	});
});
