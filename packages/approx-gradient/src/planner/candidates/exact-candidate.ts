import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { maxAbs, type RowSource } from "@attgrad/matrix-core";
import {
	certificateOf,
	expUp,
	gradientUnderflow,
	InputRounding,
	maxUp,
	noError,
	numberTypes,
	plus,
	Quantity,
	sumUp,
	times,
} from "../../error-bound/index.ts";
import { keyBlocks, queryBlocks } from "../../rows/row-blocks.ts";
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

/** Largest relative error of a row's sums for which twice the first-order bound covers the higher orders. */
const FIRST_ORDER = 0.1;

/**
 * At least what rounding in the problem's number type changes in a gradient by the closed form: with M >= Σ|A1||X||A2| scale a
 * score is off by (2d + 4)uM, its exponential by twice that and a few u, sums over n and d by (n + 2d)u of their largest
 * terms, and paper.md 7.1 carries that to the gradient; what is lost below the normal range; and what rounding the numbers that
 * were given changes. One pass over all rows, O(n d²).
 */
export function exactRounding(problem: AttentionProblem<RowSource>): Certificate {
	const { n, d, scale, A1, X, Y, roundedFrom } = problem;
	const type = { ...numberTypes[A1.dtype], largest: Number.MAX_VALUE };
	const { keys, values, weighted, targets, valueInputs, inputs, inputSums } = largestSizes(problem);
	const M = times(times(scale, keys), weighted);
	const lostScore = times(d * d * type.tiny, times(keys, plus(plus(maxAbs(X), inputs), scale + 2)));
	const relativeError = plus(times(type.unit, plus(times(4 * (2 * d + 4), M), 32)), times(4, lostScore));
	const relative = plus(relativeError, type.unit * (4 * n + 8 * d));
	const inputSum = maxUp(inputSums);
	const parts = times(times(scale, d), times(times(inputSum, keys), times(values, plus(4 * values, 3 * targets))));
	const rounding = relative < FIRST_ORDER ? times(2 * relative, parts) : Number.POSITIVE_INFINITY;
	const one = Quantity.known(1, { ...noError, underflow: type.tiny });
	const residual = plus(values, targets);
	const sizes = { n, d, scale, rank: 1, type, query: one, key: one, inverse: 1, mass: 4, inputSum, residual };
	const ofProducts = gradientUnderflow({ ...sizes, frame: 1, value: 2 * values, span: 2 * keys, output: 2 * values });
	const ofCotangents = times(lostOfCotangents(problem, valueInputs), times(4 * keys, times(scale, inputSum)));
	const underflow = plus(ofProducts, ofCotangents);
	const all = (size: number): Float64Array => new Float64Array(d).fill(size);
	const given = InputRounding.of(A1.dtype, roundedFrom, () => ({
		...{ scale, inputs, targets, valueInputs, X: maxAbs(X), Y: maxAbs(Y) },
		...{ keys: all(keys), keySpan: all(keys), valueProducts: all(values), valueHalf: all(values), valueCentre: all(0) },
	}));
	const query = all(times(scale, weighted));
	const change = given?.row({ query, queryProducts: query, residuals: all(residual), l1: 0 });
	const summed = change && { ofSpan: times(inputSum, change.ofSpan), ofKeys: times(inputSum, change.ofKeys) };
	const input = given && summed ? given.total(summed, { query, queryProducts: query }, n) : 0;
	return certificateOf({
		kind: "a-priori",
		error: { method: 0, rounding, underflow, input },
		radius: M,
		relativeError,
	});
}

/** Scores up to this size are not shifted by the kernels, so that Σ e^s is at most n times its exponential. */
const UNSHIFTED = 16;

/**
 * The error that underflow causes in <Yᵀ c, A3_l>: the kernels take c back to A3, which may be as large as Y
 * is small, and divide it by Σ e^s.
 */
function lostOfCotangents({ n, d, Y, A1 }: AttentionProblem<RowSource>, valueInputs: number): number {
	const { tiny } = numberTypes[A1.dtype];
	const weights = times(d, maxAbs(Y));
	const output = times(tiny, plus(times(n, weights), 2 * d + 2));
	const cotangent = plus(times(weights, output), times(tiny, plus(d + 2, times(n, expUp(UNSHIFTED)))));
	return plus(times(times(2 * d, valueInputs), cotangent), times(n + 2, tiny));
}

/** Largest sizes over all rows: |A2|, Σ|A3||Y|, Σ|A1||X|, |E|, |A3|, |A1|; and Σ_j |A1_ja|. */
function largestSizes(problem: AttentionProblem<RowSource>) {
	const { d, X, Y } = problem;
	const largest = { keys: 0, values: 0, weighted: 0, targets: 0, valueInputs: 0, inputs: 0 };
	for (const block of keyBlocks(problem, BLOCK_ROWS))
		for (let l = 0; l < block.count; l++)
			for (let i = 0; i < d; i++) {
				largest.keys = Math.max(largest.keys, Math.abs(block.keys.at(l, i)));
				largest.valueInputs = Math.max(largest.valueInputs, Math.abs(block.inputs.at(l, i)));
				let size = 0;
				for (let a = 0; a < d; a++)
					size = plus(size, times(Math.abs(block.inputs.at(l, a)), Math.abs(Y.data[a * d + i])));
				largest.values = Math.max(largest.values, size);
			}
	const columns = Float64Array.from({ length: d }, (_, a) => sumUp(Float64Array.from(X.row(a), Math.abs)));
	const inputSums = new Float64Array(d);
	for (const block of queryBlocks(problem, BLOCK_ROWS))
		for (let j = 0; j < block.count; j++) {
			let size = 0;
			for (let a = 0; a < d; a++) {
				const input = Math.abs(block.inputs.at(j, a));
				size = plus(size, times(input, columns[a]));
				inputSums[a] = plus(inputSums[a], input);
				largest.inputs = Math.max(largest.inputs, input);
				largest.targets = Math.max(largest.targets, Math.abs(block.targets.at(j, a)));
			}
			largest.weighted = Math.max(largest.weighted, size);
		}
	return { ...largest, inputSums };
}
