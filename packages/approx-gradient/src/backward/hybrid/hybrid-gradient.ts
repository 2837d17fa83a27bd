import { type AttentionProblem, createBackwardProblem } from "@attgrad/attention-problem";
import { kernelBackward } from "@attgrad/exact-gradient";
import { Matrix, type RowSource, type Runtime, withKernels } from "@attgrad/matrix-core";
import {
	leastRest,
	maxUp,
	normUp,
	over,
	plus,
	Quantity,
	RelativeRounding,
	rootUp,
	times,
} from "../../error-bound/index.ts";
import { WIDEST } from "../../feature-maps/direct-bounds.ts";
import { ErrorSums } from "../../feature-maps/error-sums.ts";
import type { FeatureMapGradient } from "../../feature-maps/feature-map-gradient.ts";
import type { HybridMap } from "../../feature-maps/hybrid/hybrid-map.ts";
import { mappedSizes } from "../../feature-maps/key-state.ts";
import { rowsAt } from "../../feature-maps/residual-forms.ts";
import type { RowErrors } from "../../feature-maps/row-effects.ts";
import { GradientSum } from "../../rows/gradient-sum.ts";
import { requireFinite } from "../../rows/require-finite.ts";
import { centredValues, type ResidualRows } from "../../rows/residual-rows.ts";
import { keyBlocks, type QueryBlock, queryBlockAt, queryBlocks, selectRows } from "../../rows/row-blocks.ts";
import { centred, type Spans, spansOf } from "../../rows/spans.ts";
import type { HybridHead } from "./hybrid-head.ts";
import { SURE } from "./hybrid-options.ts";
import { hybridKernels } from "./kernels/hybrid-kernels.ts";
import { KernelHead, type ResidualPass } from "./kernels/kernel-head.ts";
import { corrected, isMissed, lesserOf, pairError, sampledHead, type WantedCoins } from "./pairs/pair-certificate.ts";

/** Bytes of features and results that kernels may hold; a longer problem goes in blocks. */
const MOST_BYTES = 2 ** 31;

/** Exact rows that kernels get at a time: their outputs and gradients are in memory together. */
const BATCH = 2 ** 14;

/** Options of `hybridGradient`. */
export interface GradientAsked {
	/** Coins of a probabilistic certificate. @default none, and the certificate is a proof */
	readonly coins?: WantedCoins | undefined;
	/** Rows that are computed exactly: those whose normaliser may be off by half, or all. @default "unsure" */
	readonly exactRows?: "unsure" | "all";
}

/** Whether kernels hold the features of a problem: on a runtime that has them, and where they fit. */
export function fitsKernels({ n, d }: Pick<AttentionProblem<RowSource>, "n" | "d">, rank: number, { kernel }: Runtime) {
	return kernel !== "js" && d <= WIDEST && bytesOf(n, d, rank) <= MOST_BYTES;
}

/** Bytes of features and results of n rows, and of a number of others for each row. */
const bytesOf = (n: number, d: number, rank: number, others = 0): number => 8 * n * (2 * rank + 20 * d + 64 + others);

/**
 * dL/dX by a map of `hybrid`, whose features, sums, forms and rows are kernels (`KernelHead`). O(n K (K + d²)), memory O(n (K + d)).
 *
 * Row j of the gradient in the scores' queries is Ĝ_j = Cov_f(<c_j, h>, k), c_j = o_j − E_j the derivative of the loss in the output. The kernels take
 * c̃_j = õ_j − E_j with the approximate output, and the same weights f̃ for the covariance. Then
 *
 *     Ĝ~_j − Ĝ_j = [Cov_f̃(<c̃_j, h>, k) − Cov_f(<c̃_j, h>, k)] + Cov_f(<õ_j − o_j, h>, k).
 *
 * The first part is that of a backward pass with dO = c̃_j (`DirectBounds`). The second is at most Σ_i |õ_ji − o_ji| H_i W_b, since a covariance of two
 * numbers in ranges of 2H and 2W is at most HW; the error of the output has a form of its own. Both relative to W_b are
 * `DirectRowBounds.relative`, and `ErrorSums` adds them over rows, Σ_j |A1_ja| W_b t_j, beside the rounding of sums, problem and input.
 *
 * Rows whose normaliser may be off by half are exact, on the kernels of the exact backward pass, or all rows; with a probabilistic certificate also those
 * whose errors have the largest ranges.
 */
export async function hybridGradient(
	problem: AttentionProblem<RowSource>,
	map: HybridMap,
	runtime: Runtime,
	{ coins, exactRows = "unsure" }: GradientAsked = {},
): Promise<Omit<FeatureMapGradient, "sampled"> | undefined> {
	const { n } = problem;
	const spans = spansOf(problem);
	const [block] = queryBlocks(problem, n);
	const head = problemHead(problem, spans, block);
	const made = exactRows === "all" ? undefined : await passOf(problem, head, block, map, { runtime, coins });
	if (made && coins?.epsilon !== undefined && isMissed(made, problem.scale, coins.epsilon)) return undefined;
	runtime.onProgress?.(n / 2, n);
	const total = { gradient: new GradientSum(problem), errors: new ErrorSums(problem, spans) };
	const members = Array.from({ length: n }, (_, j) => j);
	const isKept = (j: number): boolean => (made?.rows.isSure(j) ?? false) && !made?.sampled?.isExact(j);
	if (made) addRows(total, selectRows(block, isKept), made.rows.at(members.filter(isKept)));
	const exact = members.filter((j) => !isKept(j));
	for (let from = 0; from < exact.length; from += BATCH) {
		const own = queryBlockAt(problem, exact.slice(from, from + BATCH));
		addRows(total, own, await rowsByKernels(own, head, spans, runtime));
	}
	runtime.onProgress?.(n, n);
	const sizes = mappedSizes(map.error, made ? largestQuery(made.pass) : 0, {
		sums: Matrix.zeros(map.rank, 0),
		largestKey: made ? maxUp(made.pass.reach.lengths) : 0,
	});
	const proved = total.errors.certificate("a-posteriori", map.error.radius, n + exact.length, sizes);
	const certificate = made && coins ? lesserOf(proved, made.sampled, problem.scale, coins) : proved;
	const { gradient, loss } = requireFinite("hybrid", { ...total.gradient.result() });
	const correction = certificate.kind === "probabilistic" ? made?.sampled?.correction : undefined;
	if (!correction) return { gradient, loss, certificate };
	return { ...corrected(gradient, certificate, correction, problem.scale), loss };
}

/** The rows that features give, on kernels, and the error that pairs tell where coins are given. */
function passOf(
	problem: AttentionProblem<RowSource>,
	head: HybridHead,
	{ inputs }: QueryBlock,
	map: HybridMap,
	{ runtime, coins }: { readonly runtime: Runtime; readonly coins: WantedCoins | undefined },
) {
	// Pairs take the products of values and keys of each row.
	const { n, d } = problem;
	const products = coins !== undefined && bytesOf(n, d, map.rank, d * (d + 1)) <= MOST_BYTES;
	return withKernels(runtime, hybridKernels, async (kernels) =>
		(await KernelHead.of(kernels, map, head)).residualRows(products, async (pass) => {
			const rows = await approximateRows(pass, map);
			const drawn = coins && sampledHead(pass, rows, { head, inputs, map });
			const sampled = coins && (await pairError(kernels, drawn, problem.scale, coins));
			return { pass, rows, drawn, sampled };
		}),
	);
}

/** The problem as a head about the centres of its spans, with targets in place of dO. */
export function problemHead(
	problem: AttentionProblem<RowSource>,
	spans: Spans,
	{ queries, targets }: QueryBlock,
): HybridHead {
	const [{ keys, values }] = keyBlocks(problem, problem.n);
	const { keyCentre, keyHalf, valueCentre, valueHalf } = spans;
	return {
		...{ queries, keys, scale: 1, valueCentre, valueHalf, keyHalf },
		middleKeys: centred(keys, keyCentre),
		values: centredValues(values, spans),
		upstream: centred(targets, valueCentre),
	};
}

/** Rows of a block: residuals, Ĝ and bounds. */
interface LossRows {
	readonly residuals: ResidualRows;
	readonly gradients: Matrix;
	readonly errors: RowErrors;
}

function addRows(
	{ gradient, errors }: { readonly gradient: GradientSum; readonly errors: ErrorSums },
	block: QueryBlock,
	rows: LossRows,
): void {
	if (block.count === 0) return;
	gradient.add(block, rows.gradients);
	gradient.loss += rows.residuals.loss;
	errors.add(block, rows.residuals, rows.gradients, rows.errors);
}

/** The rows that features give, with bounds t_j (`DirectRowBounds`); those are sure whose normaliser is proved to be within half of itself. */
export async function approximateRows({ reach, sums, direct, forms }: ResidualPass, map: HybridMap) {
	const { alpha, beta, lengths, rank } = reach;
	const { normaliser, cotangents, gradients, keyMeans, N } = sums;
	const n = beta.length;
	const [weights, ones, spread] = [lengths, beta, beta.map((x) => times(x, x))].map((x) => x.reduce(plus, 0));
	const unit = map.error.rounding.and(RelativeRounding.roundings(4 * (n + rank + 64)));
	const ofSums = Array.from(normaliser, (D) => unit.ofSum(over(weights, D)));
	const least = normaliser.map((D, j) => leastRest(D, times(ofSums[j].bound, D)));
	const tau = least.map((D, j) => over(times(2, times(alpha[j], ones)), D));
	// Weights that are off by a part of themselves move each sum by at most that part of D <= (1 + τ) D̃.
	const rounding = ofSums.map((own, j) => own.and(map.error.relative.ofSum(times(2, plus(1, tau[j])))));
	const known = {
		alpha,
		sums: alpha.map((size) => times(size, rootUp(spread))),
		ones: alpha.map((size) => times(size, ones)),
		normaliser: least,
	};
	const theta = rounding.map(({ bound }) => bound);
	const made = await direct.of({ residuals: { normaliser, cotangents }, N, gradients, keyMeans }, known, theta, forms);
	const isSure = (j: number): boolean =>
		normaliser[j] > 0 &&
		Number.isFinite(made.relative[j]) &&
		over(made.ones[j], leastRest(least[j], made.ones[j])) < SURE;
	const at = (members: readonly number[]): LossRows => {
		const isAll = members.length === normaliser.length;
		const rows = (of: Matrix): Matrix => (isAll ? of : rowsAt(of, members));
		const numbers = (of: Float64Array): Float64Array => (isAll ? of : Float64Array.from(members, (j) => of[j]));
		return {
			residuals: residualsOf(rows(cotangents), numbers(normaliser)),
			gradients: rows(gradients),
			errors: {
				form: "l1",
				tau: numbers(tau),
				method: numbers(made.relative),
				rounding: isAll ? rounding : members.map((j) => rounding[j]),
			},
		};
	};
	return { isSure, at, least, theta: Float64Array.from(theta), bounds: made };
}

/** Residuals from cotangents (c, −<c, o>). */
function residualsOf(cotangents: Matrix, normaliser: Float64Array): ResidualRows {
	const c = rowsAt(cotangents, Array.from(normaliser.keys()), cotangents.cols - 1);
	return { normaliser, c, cotangents, loss: halfSquares(c) };
}

function halfSquares({ data }: Matrix): number {
	let sum = 0;
	for (let at = 0; at < data.length; at++) sum += data[at] * data[at];
	return sum / 2;
}

/** Rows by the kernels of the exact backward pass. O(n d) a row. */
async function rowsByKernels(
	{ queries, targets, count }: QueryBlock,
	{ middleKeys, values }: HybridHead,
	{ keyNorm, valueCentre }: Spans,
	runtime: Runtime,
): Promise<LossRows> {
	const [n, d] = [middleKeys.rows, middleKeys.cols];
	const dO = centred(targets, valueCentre);
	const V = rowsAt(
		values,
		Array.from({ length: n }, (_, l) => l),
		d,
	);
	const given = createBackwardProblem({ Q: queries, K: middleKeys, V, dO }, { scale: 1 });
	const { output, dQ } = await kernelBackward(given, runtime, { residual: true });
	const c = Matrix.build(count, d, (j, i) => output.at(j, i) - dO.at(j, i));
	// A row's largest score is taken off: its normaliser is at least 1.
	const normaliser = new Float64Array(count).fill(1);
	return {
		residuals: { normaliser, c, cotangents: c, loss: halfSquares(c) },
		gradients: new Matrix(count, d, Float64Array.from(dQ.data)),
		errors: {
			form: "l1",
			tau: new Float64Array(count),
			rounding: Array.from({ length: count }, (_, j) => kernelRounding(n, queries.row(j), keyNorm)),
		},
	};
}

/**
 * θ of an exact row, in whatever order the kernels add: entries e^s are off by the error of their scores, and sums of n terms by their roundings; weights,
 * output, <c, h> and the sum of the gradient are off by that in turn.
 */
function kernelRounding(n: number, query: ArrayLike<number>, keyNorm: number): RelativeRounding {
	const d = query.length;
	const scores = Quantity.sumOfProducts(times(2, times(normUp(query), keyNorm)), 2 * d + 8);
	return RelativeRounding.exponential(scores)
		.and(RelativeRounding.roundings(n + 6 * d + 50))
		.repeated(8);
}

/** At least every |φ_jm|. */
function largestQuery({ querySquares, reach }: ResidualPass): number {
	let most = 0;
	for (const square of querySquares) if (square > most) most = square;
	return RelativeRounding.roundings(reach.rank + 4).atLeast(Math.sqrt(most));
}
