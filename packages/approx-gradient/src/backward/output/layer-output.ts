import { type AttentionLayer, provedRelative } from "@attgrad/attention-problem";
import { ComputationError, type Dtype, maxAbs, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { ABSOLUTE_OF_ZERO, type Accuracy } from "../../accuracy.ts";
import { availableMemory, countMonomials, requireMemory } from "../../polynomial/monomials/feature-tree.ts";
import { expectedDegree, HIGHEST, HIGHEST_TRIED, outputShare } from "../plan/expected-degree.ts";
import { backwardPolynomial, memoryOf } from "../polynomial-backward.ts";
import { layerOperands } from "./layer-operands.ts";
import { outputProblem, type PolynomialOperatorOutput, provedOutput, type TriedDegrees } from "./polynomial-output.ts";

/** A layer's output with a polynomial of its own for each row. */
export interface LayerOutputByRows extends Omit<PolynomialOperatorOutput, "lse"> {
	/** At least every score, about some constant of its row. */
	readonly radius: number;
	/** The remark for a relative error of an output that may be zero. */
	readonly remark?: string;
}

/** An output by row polynomials that is ready to be computed. */
export interface PreparedLayerOutput {
	/** The degree that is tried first. */
	readonly degree: number;
	/** K. */
	readonly rank: number;
	run(): Promise<LayerOutputByRows>;
}

/** Rows from which a sample tells the first degree: fewer are tried at low degrees in less time. */
export const SAMPLED = 1024;

/** Settings of an output by row polynomials. */
export interface LayerOutputOptions {
	/** Whether a degree may be looked at for an accuracy; none is beyond the first that may not. @default few features for few rows */
	readonly pays?: (degree: number) => boolean;
	/** The number type that the output is stored in. @default that of the layer */
	readonly dtype?: Dtype;
}

/** Features that are tried for few rows. */
const MOST_TRIED = 2 ** 16;

/** Numbers that are kept for each query or key, beside those of the sums: operands, their matrices on kernels, results. */
const KEPT = 8;

/** Bytes that kernels can address, less what they hold otherwise. */
const ADDRESSED = 3.5 * 2 ** 30;

/** Whether the rows of a layer fit into memory, on kernels too, at a degree. */
export function layerFits(layer: AttentionLayer<RowSource>, degree = 1): boolean {
	return bytesOf(layer, degree) <= Math.min(availableMemory(), ADDRESSED);
}

function bytesOf({ n, d, A1 }: AttentionLayer<RowSource>, degree: number): number {
	const operands = { Q: A1, K: A1, V: A1, dO: A1, batch: 1, heads: 1, keyHeads: 1, axes: 2, scale: 1 };
	const shape = { ...operands, n_q: n, n_k: n, d, d_v: d, visibility: { mask: "none" } as const };
	return memoryOf(shape, degree, CHUNK) + 8 * KEPT * n * d;
}

const CHUNK = backwardPolynomial.options.parse({}).chunk;

/**
 * A layer's output softmax(scale · A1 X A2ᵀ) A3 Y by sums of monomials, with a polynomial of its own for each row and a bound for each (tight.md,
 * Theorem 4): that of the operator at Q = A1 X, K = A2, V = A3 Y, with the rounding of these products, and of numbers that were rounded when they were
 * read, added. Rows that no polynomial serves are exact. The degree is the given one, or one that proves what is asked for, as low as a sample of rows
 * tells. O(n K⁺ d), memory O(n d + K d): all rows are in memory.
 * @param asked one of degree, epsilon and relative
 * @throws UsageError where the memory is too small; ComputationError where no degree proves what is asked for
 */
export async function prepareLayerOutput(
	layer: AttentionLayer<RowSource>,
	{ degree, epsilon, relative }: Accuracy,
	runtime: Runtime,
	{
		pays = (tried) => layer.n >= SAMPLED || countMonomials(layer.d, tried) <= MOST_TRIED,
		dtype = layer.A1.dtype,
	}: LayerOutputOptions = {},
): Promise<PreparedLayerOutput> {
	requireMemory(countMonomials(layer.d, degree ?? 1), bytesOf(layer, degree ?? 1));
	const { operands, moved, radius } = layerOperands(layer);
	const problem = outputProblem(operands);
	const fits = (tried: number): boolean => layerFits(layer, tried) && (tried === 1 || pays(tried));
	const asked = { epsilon, relative };
	const degrees = degree === undefined ? await degreesFor() : { first: degree, highest: degree };
	const demand = { ...asked, chunk: CHUNK, dtype, moved };
	return {
		degree: degrees.first,
		rank: countMonomials(layer.d, degrees.first),
		run: async () => {
			const { made, share } = await provedOutput(problem, degrees, demand, runtime);
			if (made && share <= 1) return { ...made, radius };
			if (made && relative !== undefined && isZero(made)) return { ...made, radius, remark: ZERO };
			throw new ComputationError("failed", notProved(asked, made, share));
		},
	};

	async function degreesFor(): Promise<TriedDegrees> {
		const all = { first: 1, highest: HIGHEST_TRIED, fits };
		if (layer.n < SAMPLED) return all;
		const first = await expectedDegree(problem, outputShare(problem, asked), runtime, fits, true);
		if (first !== undefined) return { ...all, first };
		throw new ComputationError(
			"failed",
			`polynomial: no degree up to ${HIGHEST} that pays is expected to prove ${wordsOf(asked)} by polynomials of rows`,
		);
	}
}

/** Whether rounding may account for all of an output, and its bound is as small as is proved of zero. */
const isZero = ({ output, bound }: PolynomialOperatorOutput): boolean =>
	bound <= ABSOLUTE_OF_ZERO && provedRelative(bound, maxAbs(output)) === Number.POSITIVE_INFINITY;

const ZERO = `the output cannot be told from zero: a relative error has no meaning, an absolute one of ${ABSOLUTE_OF_ZERO} is proved`;

const wordsOf = ({ epsilon, relative }: Accuracy): string =>
	epsilon === undefined ? `relative ${relative}` : `epsilon ${epsilon}`;

function notProved(asked: Accuracy, made: PolynomialOperatorOutput | undefined, share: number): string {
	const best = Number.isFinite(share)
		? `degree ${made?.degree} proves ${share.toPrecision(3)} times that`
		: "no bound holds";
	return `polynomial: no degree proves ${wordsOf(asked)} by polynomials of rows; ${best}`;
}
