import {
	type BackwardProblem,
	type BackwardResult,
	defineBackward,
	type Head,
	headsOf,
	type OfEachGradient,
	type Reason,
} from "@attgrad/attention-problem";
import { ComputationError, Matrix, maxAbs, moduleBeside, type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import { bounded, maxUp, plus, times } from "../../error-bound/index.ts";
import { requireFinite } from "../../rows/require-finite.ts";
import { type HeadGradients, headGradients } from "./head-gradients.ts";
import { hybridBackwardOptions, whyNotHybrid } from "./hybrid-options.ts";
import { headMask } from "./masked/head-mask.ts";

/**
 * The backward pass of trained heads: low rank in balanced score directions, with a bound of each row from its own terms (`hybridMap`,
 * `DirectBounds`); rows of queries that are not proven are exact. O(n K (K + d d_v)) for each head, on kernels; under masks low rank stands for whole chunks of visible keys, with products on kernels (`maskedRows`).
 */
export const backwardHybrid = defineBackward({
	name: "hybrid",
	summary: "low rank in balanced score directions for trained heads, rows that stick out exactly",
	exact: false,
	version: 7,
	modules: [moduleBeside(import.meta.url, "head-gradients").href],
	options: hybridBackwardOptions,
	supports(problem): true | Reason {
		const reason = whyNotHybrid(problem);
		return reason === undefined ? true : { reason };
	},
	run: async (problem, asked, runtime) => {
		const refusal = whyNotHybrid(problem);
		if (refusal !== undefined) throw new ComputationError("invalid", refusal);
		const results = emptyResults(problem);
		const mask = headMask(problem, asked.chunk);
		for (const head of headsOf(problem)) {
			add(problem, results, head, await headGradients(head, { scale: problem.scale, mask }, asked, runtime));
			runtime.onProgress?.(head.index + 1, problem.batch * problem.heads);
		}
		const result = resultOf(problem, results);
		const { output, dQ, dK, dV } = result;
		requireFinite("hybrid", { ...(output && { output }), dQ, dK, dV });
		return result;
	},
});

/** Gradients of all heads. */
interface Results {
	readonly gradients: OfEachGradient<Matrix>;
	readonly output: Matrix;
	readonly rows: OfEachGradient<Float64Array>;
	readonly ranks: number[];
	exactRows: number;
}

function emptyResults({ batch, heads, keyHeads, n_q, n_k, d, d_v }: BackwardProblem<RowSource>): Results {
	const [queries, keys] = [batch * heads * n_q, batch * keyHeads * n_k];
	return {
		gradients: { dQ: Matrix.zeros(queries, d), dK: Matrix.zeros(keys, d), dV: Matrix.zeros(keys, d_v) },
		output: Matrix.zeros(queries, d_v),
		rows: { dQ: new Float64Array(queries), dK: new Float64Array(keys), dV: new Float64Array(keys) },
		...{ ranks: [], exactRows: 0 },
	};
}

/** Adds a head; heads of a group share their keys. */
function add(
	{ n_q, n_k, heads, keyHeads }: BackwardProblem<RowSource>,
	results: Results,
	{ index, keyIndex }: Head<RowSource>,
	made: HeadGradients,
): void {
	const { gradients, output, rows } = results;
	gradients.dQ.data.set(made.dQ.data, index * n_q * made.dQ.cols);
	output.data.set(made.output.data, index * n_q * made.output.cols);
	rows.dQ.set(made.rows.dQ, index * n_q);
	for (const name of ["dK", "dV"] as const) {
		const { cols, data } = gradients[name];
		const from = keyIndex * n_k;
		if (heads === keyHeads) {
			data.set(made[name].data, from * cols);
			rows[name].set(made.rows[name], from);
			continue;
		}
		for (let at = 0; at < made[name].data.length; at++) data[from * cols + at] += made[name].data[at];
		for (let l = 0; l < n_k; l++) {
			let size = 0;
			for (let at = (from + l) * cols; at < (from + l + 1) * cols; at++) size = Math.max(size, Math.abs(data[at]));
			rows[name][from + l] = plus(plus(rows[name][from + l], made.rows[name][l]), 2 ** -52 * size);
		}
	}
	results.ranks.push(made.rank);
	results.exactRows += made.exactRows;
}

function resultOf({ Q: { dtype } }: BackwardProblem<RowSource>, results: Results): BackwardResult {
	const { gradients, output, rows, ranks, exactRows } = results;
	const ofEach = <Value>(value: (name: keyof OfEachGradient) => Value): OfEachGradient<Value> => ({
		dQ: value("dQ"),
		dK: value("dK"),
		dV: value("dV"),
	});
	// An entry is rounded to the type that was given.
	const rounding = (name: keyof OfEachGradient) =>
		dtype === "f64" ? 0 : plus(times(unitRoundoff(dtype), maxAbs(gradients[name])), 2 ** -126);
	const rowBounds = ofEach((name) => raised(rows[name], rounding(name)));
	const bounds = ofEach((name) => maxUp(rowBounds[name]));
	const proved = Object.values(bounds).every(Number.isFinite);
	return {
		...ofEach((name): Matrix => gradients[name].as(dtype)),
		output: output.as(dtype),
		rank: ranks,
		exactRows,
		certificate: { kind: proved ? "a-posteriori" : "none", bounds, rowBounds },
	};
}

/** Bounds of rows, and a number for each. */
function raised(bounds: Float64Array, by: number): Float64Array {
	const made = new Float64Array(bounds.length);
	for (let j = 0; j < made.length; j++) made[j] = by === 0 ? bounded(bounds[j]) : plus(bounds[j], by);
	return made;
}
