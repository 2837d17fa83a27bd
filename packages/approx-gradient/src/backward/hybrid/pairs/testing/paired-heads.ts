import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { Matrix, type Runtime, seededRandom, withKernels } from "@attgrad/matrix-core";
import { candidatesFor, hybridGeometry, rowsOfProblem } from "../../../../feature-maps/hybrid/geometry.ts";
import { hybridMap } from "../../../../feature-maps/hybrid/hybrid-map.ts";
import { JointPivots, SMALLEST_PROVED_PIVOT } from "../../../../feature-maps/hybrid/joint-pivots.ts";
import { pivotsFor, principalFeatures } from "../../../../feature-maps/hybrid/principal-features.ts";
import { queryBlocks } from "../../../../rows/row-blocks.ts";
import { spansOf } from "../../../../rows/spans.ts";
import { approximateRows, problemHead } from "../../hybrid-gradient.ts";
import { hybridKernels } from "../../kernels/hybrid-kernels.ts";
import { KernelHead } from "../../kernels/kernel-head.ts";
import type { HybridKernels } from "../../kernels/placed-features.ts";
import { sampledHead } from "../pair-certificate.ts";
import type { SampledHead } from "../sampled-head.ts";
import type { SampledRow } from "./sampled-row.ts";

const filled = (n: number, d: number, entry: (i: number, j: number) => number): Matrix => Matrix.build(n, d, entry);

/** Problems whose rows and keys are far from alike: where the largest number that is drawn is far from the others. */
export function unevenProblems(n: number, d: number): readonly (readonly [name: string, AttentionProblem])[] {
	const random = seededRandom(5);
	const even = () => filled(n, d, () => random.uniform(-1, 1));
	const [I, base] = [Matrix.identity(d), { A1: even(), A2: even(), A3: even(), E: even() }];
	const of = (changed: Partial<typeof base>) => createProblem({ ...base, ...changed, X: I, Y: I });
	return [
		["a value 2^20 as large", of({ A3: filled(n, d, (l) => (l === 1 ? 2 ** 20 : 1) * random.uniform(-1, 1)) })],
		["a key far off", of({ A2: filled(n, d, (l) => (l === 1 ? 6 : 1) * random.uniform(0.5, 1)) })],
		[
			"keys and values far from 0",
			of({ A2: filled(n, d, () => 40 + random.uniform(-1, 1)), A3: filled(n, d, (l) => 1e5 + (l % 3)) }),
		],
		["targets far off", of({ E: filled(n, d, () => -1e6) })],
		["rows of A1 that are 0 or large", of({ A1: filled(n, d, (j) => [0, 1, 3][j % 3] * random.uniform(-1, 1)) })],
		["values of two kinds", of({ A3: filled(n, d, (l) => (l % 2) * 2 - 1) })],
		["a constant value", of({ A3: filled(n, d, () => 1) })],
	];
}

/** A problem's head as pairs are drawn from it, at a rank. */
export async function withHead(
	problem: AttentionProblem,
	rank: number,
	use: (head: SampledHead, kernels: HybridKernels) => void | Promise<void>,
	on: Runtime,
): Promise<void> {
	const random = seededRandom(0, "hybrid");
	const geometry = await hybridGeometry(rowsOfProblem(problem), random, on, candidatesFor(rank, problem.n));
	const { points, weights, firstKey } = geometry;
	const pivots = new JointPivots(points, weights, firstKey, random, on, SMALLEST_PROVED_PIVOT);
	await pivots.grow(pivotsFor(rank, problem.n, "proved"));
	const map = await hybridMap(await principalFeatures(geometry, pivots, rank, on), on);
	const [block] = queryBlocks(problem, problem.n);
	const head = problemHead(problem, spansOf(problem), block);
	await withKernels(on, hybridKernels, async (kernels) =>
		(await KernelHead.of(kernels, map, head)).residualRows(true, async (pass) => {
			const made = sampledHead(pass, await approximateRows(pass, map), { head, inputs: block.inputs, map });
			if (!made) throw new Error("no products");
			await use(made, kernels);
		}),
	);
}

/** Ã_jl: the product of the features. */
function productOf({ features: { queries, keys }, rank }: SampledHead, j: number, l: number): number {
	let product = 0;
	for (let m = 0; m < rank; m++) product += queries.features[j * queries.step + m] * keys.features[l * keys.step + m];
	return product;
}

/** A_jl: the weight that the features approximate, the row's softmax up to a factor. */
export function weightOf({ features: { queries, keys } }: SampledHead, j: number, l: number): number {
	const exponent = Array.from(queries.left.row(j)).reduce((sum, x, i) => sum + x * keys.right.at(l, i), 0);
	return Math.exp(Math.min(0, exponent)) * keys.side.sizes[l];
}

/** e_jl = Ã_jl − A_jl. */
export const errorOf = (head: SampledHead, j: number, l: number): number =>
	productOf(head, j, l) - weightOf(head, j, l);

/** Numbers of a key by kind: those of SampledRow, d or more of each. */
export function numbersOf(head: SampledHead, row: SampledRow, j: number, l: number): readonly (readonly number[])[] {
	const [d_v, d] = [head.values.cols - 1, head.keys.cols];
	const h = Array.from({ length: d_v }, (_, i) => head.values.at(l, i) - row.output[i]);
	const k = Array.from({ length: d }, (_, b) => head.keys.at(l, b) - row.keyMean[b]);
	const g = h.reduce((sum, x, i) => sum + x * head.cotangents.at(j, i), 0);
	const C = (i: number, b: number): number => row.covariances[i * d + b];
	const y = k.map((x, b) => g * x - head.gradients.at(j, b) + h.reduce((sum, own, i) => sum + own * C(i, b), 0));
	return [y, [1], [g], k, [Math.hypot(...h)], k.map((x, b) => Math.hypot(...h.map((own, i) => own * x - C(i, b))))];
}

/** Ĝ of a row with the weights that the features approximate. */
export function exactRow(head: SampledHead, j: number): Float64Array {
	const [n, d_v, d] = [head.values.rows, head.values.cols - 1, head.keys.cols];
	const weights = Float64Array.from({ length: n }, (_, l) => weightOf(head, j, l));
	const D = weights.reduce((sum, x) => sum + x, 0);
	const mean = (of: (l: number) => number): number => weights.reduce((sum, w, l) => sum + w * of(l), 0) / D;
	const o = Array.from({ length: d_v }, (_, i) => mean((l) => head.values.at(l, i)));
	// c = o − target, and the target is õ − c̃
	const c = o.map((x, i) => x - (head.N.at(j, i) / head.normaliser[j] - head.cotangents.at(j, i)));
	const g = (l: number): number => c.reduce((sum, x, i) => sum + x * (head.values.at(l, i) - o[i]), 0);
	return Float64Array.from({ length: d }, (_, b) => mean((l) => g(l) * head.keys.at(l, b)));
}

/** L_b, and the squares of the sums of all kinds for each b. */
export function sumsOf(head: SampledHead, row: SampledRow, j: number) {
	const [n, d_v, d] = [head.values.rows, head.values.cols - 1, head.keys.cols];
	const [first, values, keys] = [new Float64Array(d), new Float64Array(d_v), new Float64Array(d)];
	const M = Matrix.zeros(d_v, d);
	let [x, g] = [0, 0];
	for (let l = 0; l < n; l++) {
		const epsilon = errorOf(head, j, l) / head.normaliser[j];
		const [y, , [own], k] = numbersOf(head, row, j, l);
		x += epsilon;
		g += epsilon * own;
		for (let b = 0; b < d; b++) {
			first[b] += epsilon * y[b];
			keys[b] += epsilon * k[b];
		}
		for (let i = 0; i < d_v; i++) {
			const h = head.values.at(l, i) - row.output[i];
			values[i] += epsilon * h;
			for (let b = 0; b < d; b++) M.data[i * d + b] += epsilon * (h * k[b] - row.covariances[i * d + b]);
		}
	}
	const all = (square: number): Float64Array => new Float64Array(d).fill(square);
	const columns = Float64Array.from({ length: d }, (_, b) => {
		let sum = 0;
		for (let i = 0; i < d_v; i++) sum += M.at(i, b) ** 2;
		return sum;
	});
	const squares = [first, all(x * x), all(g * g), keys, all(values.reduce((sum, own) => sum + own * own, 0)), columns];
	squares[0] = first.map((own) => own * own);
	squares[3] = keys.map((own) => own * own);
	return { first, squares };
}
