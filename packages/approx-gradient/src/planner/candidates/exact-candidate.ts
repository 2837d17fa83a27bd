import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import { keyRows, queryRows } from "../../rows/problem-rows.ts";
import { costAlgorithms } from "../costs/cost-algorithms.ts";
import type { PlanEntry } from "../plan.ts";
import type { PlanContext } from "./plan-context.ts";

const BLOCK_ROWS = 512;

/**
 * The exact algorithm. In double precision it is taken for exact; in single precision for what its rounding can be proved
 * to be at most: its run gives that as its certificate, and it is no choice where that is above epsilon.
 */
export function exactEntry(context: PlanContext): PlanEntry {
	const { problem, epsilon, runtime, model } = context;
	const { algorithm } = costAlgorithms.streaming;
	const common = {
		algorithm: "streaming",
		options: {},
		detail: "",
		milliseconds: model.timeOf("streaming", { n: problem.n, d: problem.d }),
	};
	const run = () => algorithm.run(problem, algorithm.options.parse({}), runtime);
	if (problem.A1.dtype === "f64") return { ...common, certificate: { kind: "exact" }, run };
	const proof = exactRounding(problem);
	const { bound } = proof;
	const certificate = { kind: "exact", bound } as const;
	if (bound <= epsilon) return { ...common, certificate, run: async () => ({ ...(await run()), certificate: proof }) };
	return {
		...common,
		certificate,
		reason: `float32 rounding of the exact method can be proved to be below ${bound.toExponential(1)} only`,
	};
}

/**
 * At least what rounding in the problem's number type changes in a gradient by the closed form, to first order: with
 * M >= Σ|A1||X||A2| scale a score is off by (2d + 4)uM, its exponential by twice that and a few u, sums over n and d by
 * (n + 2d)u of their largest terms, and paper.md 7.1 carries that to the gradient. One pass over all rows, O(n d²).
 */
export function exactRounding(problem: AttentionProblem<RowSource>): Certificate {
	const { d, scale, X, Y } = problem;
	const largest = { keys: 0, values: 0, weighted: 0, targets: 0 };
	for (const block of keyRows(problem, BLOCK_ROWS))
		for (let l = 0; l < block.count; l++)
			for (let i = 0; i < d; i++) {
				largest.keys = Math.max(largest.keys, Math.abs(block.keys[l * d + i]));
				let size = 0;
				for (let a = 0; a < d; a++) size += Math.abs(block.inputs[l * d + a] * Y.data[a * d + i]);
				largest.values = Math.max(largest.values, size);
			}
	const columns = Float64Array.from({ length: d }, (_, a) => {
		let sum = 0;
		for (let b = 0; b < d; b++) sum += Math.abs(X.data[a * d + b]);
		return sum;
	});
	const inputSums = new Float64Array(d);
	for (const block of queryRows(problem, BLOCK_ROWS))
		for (let j = 0; j < block.count; j++) {
			let size = 0;
			for (let a = 0; a < d; a++) {
				const input = Math.abs(block.inputs[j * d + a]);
				size += input * columns[a];
				inputSums[a] += input;
				largest.targets = Math.max(largest.targets, Math.abs(block.targets[j * d + a]));
			}
			largest.weighted = Math.max(largest.weighted, size);
		}
	const [H, e] = [largest.values, largest.targets];
	const M = scale * largest.keys * largest.weighted;
	const u = unitRoundoff(problem.A1.dtype);
	const relativeError = u * (4 * (2 * d + 4) * M + 32);
	const relative = relativeError + u * (4 * problem.n + 8 * d);
	const bound = relative * scale * d * Math.max(...inputSums) * largest.keys * H * (4 * H + 3 * e);
	return { kind: "a-priori", bound, radius: M, relativeError, floatFloor: bound };
}
