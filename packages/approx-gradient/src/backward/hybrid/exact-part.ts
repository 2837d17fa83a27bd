import {
	type BackwardProblem,
	type BackwardResult,
	createBackwardProblem,
	type KeyIntervals,
} from "@attgrad/attention-problem";
import { backwardStreaming, intervalBackward } from "@attgrad/exact-gradient";
import { ComputationError, createRuntime, Matrix, maxAbs, type Runtime } from "@attgrad/matrix-core";
import { LEAST_NORMAL, normUp, plus, Quantity, RelativeRounding, times } from "../../error-bound/index.ts";
import { largestDistance } from "../../rows/spans.ts";
import { isConstant, queriesOf } from "../chunks.ts";
import { SlidingFold } from "../core/sliding-fold.ts";
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
	/** Bounds on an entry of each row of dK and dV, where queries see intervals of keys. */
	readonly keyBounds?: Readonly<Record<"dK" | "dV", Float64Array>>;
}

/** Queries of a head with all of its keys and values, in double precision. */
export interface ExactOperands {
	readonly Q: Matrix;
	readonly K: Matrix;
	readonly V: Matrix;
	readonly dO: Matrix;
	readonly scale: number;
	/** The keys that each query sees, whose ends never fall. @default all */
	readonly intervals?: KeyIntervals;
}

/** Some rows of a head by the exact backward pass. O(n) a row. */
export function exactPart(
	{ queries, keys, upstream, scale, mask }: HybridHead,
	values: Matrix,
	chosen: readonly number[],
	runtime: Runtime,
): Promise<ExactPart> {
	const pick = (rows: Matrix, factor = 1): Matrix =>
		Matrix.build(chosen.length, rows.cols, (at, b) => rows.at(chosen[at], b) * factor);
	const ends = (of: Int32Array): Int32Array => Int32Array.from(chosen, (j) => of[j]);
	const intervals = mask && { lo: ends(mask.intervals.lo), hi: ends(mask.intervals.hi) };
	const operands = { Q: pick(queries, 1 / scale), K: keys, V: values, dO: pick(upstream), scale };
	return exactPass({ ...operands, ...(intervals && { intervals }) }, runtime);
}

/** The exact backward pass with bounds on its rounding, which count that operands were rounded when they were centred, and Q when it was divided by the scale. */
export async function exactPass(given: ExactOperands, runtime: Runtime): Promise<ExactPart> {
	const { scale, intervals, ...operands } = given;
	const { dQ, dK, dV, output, lse } = await exactOn(runtime, createBackwardProblem(operands, { scale }), intervals);
	if (!output || !lse) throw new Error("the exact pass gives the output that it is asked for");
	return { dQ, dK, dV, outputs: output, lse, ...roundingOf(given) };
}

/** The exact pass, in plain TypeScript where its rows do not fit into the kernels' memory. */
async function exactOn(
	runtime: Runtime,
	problem: BackwardProblem,
	intervals: KeyIntervals | undefined,
): Promise<BackwardResult> {
	const run = (on: Runtime): Promise<BackwardResult> =>
		intervals ? intervalBackward(problem, intervals, on) : backwardStreaming.run(problem, {}, on, { output: true });
	try {
		return await run(runtime);
	} catch (failure) {
		if (!(failure instanceof ComputationError && failure.status === "out-of-memory") || runtime.kernel === "js")
			throw failure;
		const plain = await createRuntime({ kernel: "js", threads: 1 });
		try {
			return await run(plain);
		} finally {
			await plain.close();
		}
	}
}

/**
 * Rounding of the exact pass. Scores are off by (d + 16)u of their terms, with the rounding of operands and the shift by the largest, and twice that is taken. Let ρ bound the relative errors
 * of weights e^score with those of all sums after them, of n and of d_v terms. Then outputs are off by 2ρ max ‖v‖, t = dO / D by ρ, <t, o> by 3ρ and <t, v - o> by 4ρ of ‖t‖ max ‖v‖, which
 * is at most 2 ‖t‖ max ‖v‖; so dS by 6ρ of weight · ‖t‖ max ‖v‖, and with the last sum dQ and dK by 4ρ and dV by 3ρ of the sizes below. To first order, for which 16ρ leaves room.
 * A row of keys has the errors of the queries that see it.
 */
function roundingOf(given: ExactOperands): Pick<ExactPart, "bounds" | "keyBounds"> {
	const { Q, K, V, dO, scale, intervals } = given;
	const n = K.rows + Q.rows;
	const [longest, value] = [K, V].map((rows) => largestDistance(rows, new Float64Array(rows.cols)));
	const terms = termsOf(given);
	let bounds = { dQ: 0, dK: 0, dV: 0, output: 0 };
	const ofQueries = { dK: new Float64Array(Q.rows), dV: new Float64Array(Q.rows) };
	for (let j = 0; j < Q.rows; j++) {
		const [query, cotangent] = [times(scale, normUp(Q.row(j))), normUp(dO.row(j))];
		const unit = unitOfRow(given, query, longest);
		const reach = times(2 * cotangent, value);
		ofQueries.dK[j] = times(unit, times(reach, query));
		ofQueries.dV[j] = times(unit, cotangent);
		bounds = {
			dQ: Math.max(bounds.dQ, times(unit, times(reach, times(scale, longest)))),
			dK: plus(bounds.dK, ofQueries.dK[j]),
			dV: plus(bounds.dV, ofQueries.dV[j]),
			output: Math.max(bounds.output, times(unit, value)),
		};
	}
	// Each product and each weight may lose the least normal number, which others then multiply.
	const sizes = [Q, K, V, dO].map((rows) => plus(1, maxAbs(rows)));
	const lost = [...sizes, plus(1, scale), n, terms, 64].reduce(times, LEAST_NORMAL);
	return {
		bounds: {
			...{ dQ: plus(bounds.dQ, lost), dK: plus(bounds.dK, lost), dV: plus(bounds.dV, lost) },
			output: plus(bounds.output, times(lost, V.cols)),
		},
		...(intervals && { keyBounds: boundsOfKeys(intervals, K.rows, ofQueries, lost) }),
	};
}

const termsOf = ({ Q, V }: Pick<ExactOperands, "Q" | "V">): number => 4 * (Q.cols + V.cols) + 32;

/**
 * A unit of the rounding of a row: at least that of its normaliser, relative to it, and that of an entry of its output over the largest value of the column.
 * @param query at least ‖q̂‖
 * @param longest at least ‖k‖ of every key
 */
export function unitOfRow({ Q, K, V }: Pick<ExactOperands, "Q" | "K" | "V">, query: number, longest: number): number {
	const scores = Quantity.sumOfProducts(times(times(2, query), longest), Q.cols + 16);
	const roundings = RelativeRounding.roundings(K.rows + Q.rows + 64 + termsOf({ Q, V }));
	return times(4, RelativeRounding.exponential(scores).and(roundings).repeated(4).bound);
}

/** For each key `lost`, and the sum over the queries that see it. O(n). */
function boundsOfKeys(
	intervals: KeyIntervals,
	keys: number,
	{ dK, dV }: Record<"dK" | "dV", Float64Array>,
	lost: number,
): Record<"dK" | "dV", Float64Array> {
	const made = { dK: new Float64Array(keys), dV: new Float64Array(keys) };
	const { from, to } = queriesOf({ queries: intervals.lo.length, keys, intervals });
	const sums = new SlidingFold(2, sumUp, !isConstant(from));
	const rowOf = (query: number, into: Float64Array): void => into.set([dK[query], dV[query]]);
	for (let l = 0; l < keys; l++) {
		sums.move(from[l], to[l], rowOf);
		[made.dK[l], made.dV[l]] = [plus(sums.value[0], lost), plus(sums.value[1], lost)];
	}
	return made;
}

/** A sum that is rounded up. */
const sumUp = (into: Float64Array, from: Float64Array): void => {
	for (let i = 0; i < into.length; i++) into[i] = plus(into[i], from[i]);
};
