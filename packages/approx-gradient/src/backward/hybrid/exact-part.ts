import { type BackwardProblem, type BackwardResult, createBackwardProblem } from "@attgrad/attention-problem";
import { backwardStreaming } from "@attgrad/exact-gradient";
import { ComputationError, createRuntime, Matrix, maxAbs, type Runtime } from "@attgrad/matrix-core";
import { LEAST_NORMAL, normUp, plus, Quantity, RelativeRounding, times } from "../../error-bound/index.ts";
import { largestDistance } from "../../rows/spans.ts";
import type { HybridHead } from "./hybrid-head.ts";

/** The gradients of some queries by the exact pass, with bounds on their rounding. */
export interface ExactPart {
	readonly dQ: Matrix;
	readonly outputs: Matrix;
	/** ln Σ e^score of each. */
	readonly lse: Float64Array;
	/** The contribution of these queries to the rows of keys. */
	readonly dK: Matrix;
	readonly dV: Matrix;
	/** Bounds on an entry: of a row of dQ, of dK and of dV; and on the length of the error of a row of the output. */
	readonly bounds: { readonly dQ: number; readonly dK: number; readonly dV: number; readonly output: number };
}

/** Queries of a head with all of its keys and values, in double precision. */
export interface ExactOperands {
	readonly Q: Matrix;
	readonly K: Matrix;
	readonly V: Matrix;
	readonly dO: Matrix;
	readonly scale: number;
}

/** Some rows of a head by the exact backward pass. O(n) a row. */
export function exactPart(
	{ queries, keys, upstream, scale }: HybridHead,
	values: Matrix,
	chosen: readonly number[],
	runtime: Runtime,
): Promise<ExactPart> {
	const pick = (rows: Matrix, factor = 1): Matrix =>
		Matrix.build(chosen.length, rows.cols, (at, b) => rows.at(chosen[at], b) * factor);
	return exactPass({ Q: pick(queries, 1 / scale), K: keys, V: values, dO: pick(upstream), scale }, runtime);
}

/** The exact backward pass with bounds on its rounding, which count that operands were rounded when they were centred, and Q when it was divided by the scale. */
export async function exactPass(given: ExactOperands, runtime: Runtime): Promise<ExactPart> {
	const { scale, ...operands } = given;
	const { dQ, dK, dV, output, lse } = await exactOn(runtime, createBackwardProblem(operands, { scale }));
	if (!output || !lse) throw new Error("the exact pass gives the output that it is asked for");
	return { dQ, dK, dV, outputs: output, lse, bounds: roundingOf(given) };
}

/** The exact pass, in plain TypeScript where its rows do not fit into the kernels' memory. */
async function exactOn(runtime: Runtime, problem: BackwardProblem): Promise<BackwardResult> {
	try {
		return await backwardStreaming.run(problem, {}, runtime, { output: true });
	} catch (failure) {
		if (!(failure instanceof ComputationError && failure.status === "out-of-memory") || runtime.kernel === "js")
			throw failure;
		const plain = await createRuntime({ kernel: "js", threads: 1 });
		try {
			return await backwardStreaming.run(problem, {}, plain, { output: true });
		} finally {
			await plain.close();
		}
	}
}

/**
 * Rounding of the exact pass: scores are off by (d + 4)u of their terms, and by as much again where operands were rounded; weights by e to that and by the sums of a normaliser;
 * and each gradient is a sum of at most n terms of these sizes.
 */
function roundingOf({ Q, K, V, dO, scale }: ExactOperands): ExactPart["bounds"] {
	const n = K.rows + Q.rows;
	const [longest, value] = [K, V].map((rows) => largestDistance(rows, new Float64Array(rows.cols)));
	const terms = 4 * Q.cols + 32;
	let bounds = { dQ: 0, dK: 0, dV: 0, output: 0 };
	for (let j = 0; j < Q.rows; j++) {
		const [query, cotangent] = [times(scale, normUp(Q.row(j))), normUp(dO.row(j))];
		const scores = Quantity.sumOfProducts(times(times(2, query), longest), terms);
		const weights = RelativeRounding.exponential(scores).and(RelativeRounding.roundings(n + 64 + terms));
		const unit = times(8, weights.repeated(16).bound);
		const reach = times(2 * cotangent, value);
		bounds = {
			dQ: Math.max(bounds.dQ, times(unit, times(reach, times(scale, longest)))),
			dK: plus(bounds.dK, times(unit, times(reach, query))),
			dV: plus(bounds.dV, times(unit, cotangent)),
			output: Math.max(bounds.output, times(unit, value)),
		};
	}
	// Each product and each weight may lose the least normal number, which others then multiply.
	const sizes = [Q, K, V, dO].map((rows) => plus(1, maxAbs(rows)));
	const lost = [...sizes, plus(1, scale), n, terms, 64].reduce(times, LEAST_NORMAL);
	return {
		...{ dQ: plus(bounds.dQ, lost), dK: plus(bounds.dK, lost), dV: plus(bounds.dV, lost) },
		output: plus(bounds.output, times(lost, V.cols)),
	};
}
