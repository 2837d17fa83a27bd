import {
	type AnyBackwardAlgorithm,
	type BackwardProblem,
	type BackwardResult,
	visibleKeys,
} from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { availableKernels, createRuntime, type Dtype, maxAbs, type Runtime, unitRoundoff } from "@attgrad/matrix-core";
import { backwardDefinition, backwardStreaming } from "../backward/algorithms.ts";

/** One way to compute the exact backward pass: an algorithm, a kernel, a number type and a number of threads. */
export interface BackwardWay {
	readonly name: string;
	readonly dtype: Dtype;
	/** Unit roundoff of its sums. */
	readonly roundoff: number;
	/** The gradients of the problem rounded to `dtype`. */
	run(problem: BackwardProblem): Promise<Required<Pick<BackwardResult, "dQ" | "dK" | "dV" | "output" | "lse">>>;
}

const builds = (await availableKernels()).filter((kernel) => kernel !== "js");

/** The ways there are; a new kernel is a new entry. */
export const backwardWays: readonly BackwardWay[] = [
	way(backwardDefinition, "js", "f64"),
	way(backwardStreaming, "js", "f64"),
	way(backwardStreaming, "js", "f32"),
	...builds.flatMap((kernel) => [way(backwardStreaming, kernel, "f64"), way(backwardStreaming, kernel, "f32")]),
	...builds.slice(-1).map((kernel) => way(backwardStreaming, kernel, "f64", 3)),
];

/** The ways in double precision. */
export const doubleBackwardWays = backwardWays.filter(({ dtype }) => dtype === "f64");

function way(algorithm: AnyBackwardAlgorithm, kernel: string, dtype: Dtype, threads = 1): BackwardWay {
	let started: Promise<Runtime> | undefined;
	return {
		name: `${algorithm.name}/${kernel}/${dtype}${threads > 1 ? `/${threads} threads` : ""}`,
		dtype,
		roundoff: unitRoundoff(dtype),
		async run(problem) {
			started ??= createRuntime({ kernel, threads });
			const { dQ, dK, dV, output, lse } = await algorithm.run(rounded(problem, dtype), {}, await started, {
				output: true,
			});
			if (!output || !lse) throw new Error(`${algorithm.name}: no output`);
			return { dQ, dK, dV, output, lse };
		},
	};
}

/** The problem with its matrices as `dtype`. */
export function rounded(problem: BackwardProblem, dtype: Dtype): BackwardProblem {
	const { Q, K, V, dO } = problem;
	return { ...problem, Q: Q.as(dtype), K: K.as(dtype), V: V.as(dtype), dO: dO.as(dtype) };
}

/** Output and gradients of a problem of one head by whole numbers. */
export function backwardTruth(problem: BackwardProblem): ReturnType<typeof operatorTruth> {
	const { lo, hi } = visibleKeys(problem.visibility, problem.n_q, problem.n_k);
	return operatorTruth({ ...problem, visible: (j, l) => lo[j] <= l && l < hi[j] }, problem.dO);
}

/**
 * Bound, to first order in the roundoff u, on the errors of entries of any exact algorithm: scores err by at most
 * τ/2 = (d + 3) u S, S the largest sum of a score's terms and exp adds its own; the effect is that of backward.md A.1, and sums of m terms of size t
 * err by (m + 8) u m t.
 */
export function backwardTolerance(problem: BackwardProblem, u: number) {
	const { n_q, n_k, d, d_v, heads, keyHeads, scale } = problem;
	const [Q, K, V, dO] = [maxAbs(problem.Q), maxAbs(problem.K), maxAbs(problem.V), maxAbs(problem.dO)];
	const tau = 2 * (2 * d + 8) * u * scale * d * Q * K + (n_k + 12) * u;
	const y = d_v * dO * V;
	const queries = (n_q * heads) / keyHeads;
	const terms = (m: number) => (m + 2 * d_v + 16) * u;
	return {
		output: (tau + terms(n_k)) * V,
		dQ: scale * (3 * tau + 2 * terms(n_k)) * y * K,
		dK: scale * (3 * tau + 2 * terms(queries)) * y * Q * queries,
		dV: (tau + terms(queries)) * dO * queries,
		lse: tau + 4 * u * (1 + scale * d * Q * K + Math.log(n_k)),
	};
}
