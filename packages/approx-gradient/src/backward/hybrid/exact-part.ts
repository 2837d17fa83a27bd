import { type BackwardProblem, createBackwardProblem } from "@attgrad/attention-problem";
import { backwardStreaming } from "@attgrad/exact-gradient";
import { Matrix, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { over, plus, times } from "../../error-bound/index.ts";
import type { HybridHead } from "./hybrid-head.ts";

const u = 2 ** -53;

/** The gradients of some queries, exactly, with what rounding does to them. */
export interface ExactPart {
	readonly dQ: Matrix;
	readonly outputs: Matrix;
	/** The contribution of these queries to the rows of keys. */
	readonly dK: Matrix;
	readonly dV: Matrix;
	/** Bounds on an entry: of a row of dQ, of dK and of dV. */
	readonly bounds: { readonly dQ: number; readonly dK: number; readonly dV: number };
}

/** Rows of a head by the exact backward pass. O(n) a row. */
export async function exactPart(
	{ scale }: Pick<BackwardProblem<RowSource>, "scale">,
	head: HybridHead,
	values: Matrix,
	chosen: readonly number[],
	runtime: Runtime,
): Promise<ExactPart> {
	const pick = (rows: Matrix, factor = 1): Matrix =>
		Matrix.build(chosen.length, rows.cols, (at, b) => rows.at(chosen[at], b) * factor);
	const [Q, dO] = [pick(head.queries, 1 / scale), pick(head.upstream)];
	const problem = createBackwardProblem({ Q, K: head.keys, V: values, dO }, { scale });
	const { dQ, dK, dV, output } = await backwardStreaming.run(problem, {}, runtime, { output: true });
	if (!output) throw new Error("the exact pass gives the output that it is asked for");
	return { dQ, dK, dV, outputs: output, bounds: roundingOf(head, values, chosen) };
}

/**
 * Rounding of the exact pass: scores are off by (d + 4)u of their terms, twice for q̂ / scale; weights by e to that and by the sums of a normaliser;
 * and each gradient is a sum of at most n terms of these sizes.
 */
function roundingOf(
	{ queries, keys, upstream, scale }: HybridHead,
	values: Matrix,
	chosen: readonly number[],
): ExactPart["bounds"] {
	const n = keys.rows + chosen.length;
	const [longest, value] = [largestLength(keys), largestLength(values)];
	let bounds = { dQ: 0, dK: 0, dV: 0 };
	for (const j of chosen) {
		const [query, cotangent] = [lengthAt(queries, j), lengthAt(upstream, j)];
		const unit = times(16 * u, plus(n + 64, times(4 * queries.cols + 32, plus(1, times(2 * query, longest)))));
		const reach = times(2 * cotangent, value);
		bounds = {
			dQ: Math.max(bounds.dQ, times(8 * unit, times(reach, times(scale, longest)))),
			dK: plus(bounds.dK, times(8 * unit, times(reach, query))),
			dV: plus(bounds.dV, times(8 * unit, cotangent)),
		};
	}
	const lost = over(2 ** -500, 1);
	return { dQ: plus(bounds.dQ, lost), dK: plus(bounds.dK, lost), dV: plus(bounds.dV, lost) };
}

function lengthAt(rows: Matrix, j: number): number {
	const { cols, data } = rows;
	let [sum, most] = [0, 0];
	for (let at = j * cols; at < (j + 1) * cols; at++) {
		sum += data[at] * data[at];
		most = Math.max(most, Math.abs(data[at]));
	}
	// Squares that leave the range are summed over by a factor.
	return sum > 1e-200 && sum < 1e200 ? Math.sqrt(sum) * (1 + 1e-12) : most * Math.sqrt(cols) * (1 + 1e-12);
}

function largestLength(rows: Matrix): number {
	let most = 0;
	for (let l = 0; l < rows.rows; l++) most = Math.max(most, lengthAt(rows, l));
	return most;
}
