import { type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import { createRuntime, Matrix, seededRandom, withKernels } from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import { candidatesFor, hybridGeometry, rowsOfProblem } from "../../../feature-maps/hybrid/geometry.ts";
import { type HybridMap, hybridMap } from "../../../feature-maps/hybrid/hybrid-map.ts";
import { JointPivots, SMALLEST_PROVED_PIVOT } from "../../../feature-maps/hybrid/joint-pivots.ts";
import { pivotsFor, principalFeatures } from "../../../feature-maps/hybrid/principal-features.ts";
import { queryBlocks } from "../../../rows/row-blocks.ts";
import { spansOf } from "../../../rows/spans.ts";
import { approximateRows, problemHead } from "../hybrid-gradient.ts";
import { hybridKernels } from "../kernels/hybrid-kernels.ts";
import { KernelHead } from "../kernels/kernel-head.ts";
import { KeyDraw } from "./key-draw.ts";
import { KeySizes } from "./key-sizes.ts";
import { sampledHead } from "./pair-certificate.ts";
import { RowBounds } from "./row-ranges.ts";
import { sampledError } from "./sampled-error.ts";
import type { SampledHead } from "./sampled-head.ts";
import { KINDS, SampledRow } from "./sampled-row.ts";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

/** A problem's head as pairs are drawn from it, at a rank. */
async function withHead(
	problem: AttentionProblem,
	rank: number,
	use: (head: SampledHead, map: HybridMap) => void,
): Promise<void> {
	const random = seededRandom(0, "hybrid");
	const geometry = await hybridGeometry(rowsOfProblem(problem), random, runtime, candidatesFor(rank, problem.n));
	const { points, weights, firstKey } = geometry;
	const pivots = new JointPivots(points, weights, firstKey, random, runtime, SMALLEST_PROVED_PIVOT);
	await pivots.grow(pivotsFor(rank, problem.n));
	const map = await hybridMap(await principalFeatures(geometry, pivots, rank, runtime), runtime);
	const [block] = queryBlocks(problem, problem.n);
	const head = problemHead(problem, spansOf(problem), block);
	await withKernels(runtime, hybridKernels, async (kernels) =>
		(await KernelHead.of(kernels, map, head)).residualRows(true, async (pass) => {
			const made = sampledHead(pass, await approximateRows(pass, map), { head, inputs: block.inputs, map });
			if (!made) throw new Error("no products");
			use(made, map);
		}),
	);
}

/** Numbers of a key by kind: those of SampledRow, d or more of each. */
function numbersOf(head: SampledHead, row: SampledRow, j: number, l: number): readonly (readonly number[])[] {
	const [d_v, d] = [head.values.cols - 1, head.keys.cols];
	const h = Array.from({ length: d_v }, (_, i) => head.values.at(l, i) - row.output[i]);
	const k = Array.from({ length: d }, (_, b) => head.keys.at(l, b) - row.keyMean[b]);
	const g = h.reduce((sum, x, i) => sum + x * head.cotangents.at(j, i), 0);
	const C = (i: number, b: number): number => row.covariances[i * d + b];
	const y = k.map((x, b) => g * x - head.gradients.at(j, b) + h.reduce((sum, own, i) => sum + own * C(i, b), 0));
	return [y, [1], [g], k, [Math.hypot(...h)], k.map((x, b) => Math.hypot(...h.map((own, i) => own * x - C(i, b))))];
}

const cases = [
	["gaussian", 40, 3, 1, 8],
	["uniform", 63, 2, 2, 6],
	["clustered", 50, 4, 2, 8],
	["sinks", 60, 3, 1, 8],
	["massive", 45, 3, 2, 6],
] as const;

describe("sums of a row's errors over keys", () => {
	test.each(cases)("have envelopes with known sums: %s, n = %s", async (distribution, n, d, B, rank) => {
		const problem = generateProblem({ distribution, n, d, B, seed: 3 });
		await withHead(problem, rank, (head) => {
			const keys = new KeySizes(head.values, head.keys, head.beta);
			const row = new SampledRow(head, keys);
			const draw = new KeyDraw(head, keys, seededRandom(0));
			for (let j = 0; j < n; j++) {
				if (!head.isSampled(j)) continue;
				row.read(j);
				const sums = new Float64Array(KINDS);
				for (let l = 0; l < n; l++) {
					expect(Math.abs(draw.errorOf(j, l))).toBeLessThanOrEqual(head.alpha[j] * head.beta[l] * (1 + 1e-9));
					const numbers = numbersOf(head, row, j, l);
					const [g, h] = [numbers[2][0], numbers[4][0]];
					for (let kind = 0; kind < KINDS; kind++) {
						const w = row.at(row.envelopes[kind], l, g, h * h);
						for (const x of numbers[kind]) expect(Math.abs(x)).toBeLessThanOrEqual(w * (1 + 1e-9));
						sums[kind] += head.beta[l] * w;
					}
				}
				for (let kind = 0; kind < KINDS; kind++)
					expect(Math.abs(sums[kind] / row.envelopes[kind].sum - 1)).toBeLessThan(1e-9);
			}
		});
	});

	test.each(cases)(
		"bound the row: first order and squares leave nothing out: %s, n = %s",
		async (distribution, n, d, B, rank) => {
			const problem = generateProblem({ distribution, n, d, B, seed: 3 });
			await withHead(problem, rank, (head) => {
				const keys = new KeySizes(head.values, head.keys, head.beta);
				const row = new SampledRow(head, keys);
				const bounds = new RowBounds(head, { ones: 0, values: 0, keys: 0 });
				const draw = new KeyDraw(head, keys, seededRandom(0));
				let checked = 0;
				for (let j = 0; j < n; j++) {
					if (!head.isSampled(j)) continue;
					row.read(j);
					const ranges = bounds.of(j, row);
					if (!ranges) continue;
					checked++;
					const exact = exactRow(head, draw, j);
					const sums = sumsOf(head, row, draw, j);
					for (let b = 0; b < d; b++) {
						const left = Math.abs(head.gradients.at(j, b) - exact[b] - sums.first[b]);
						let most = 1e-11 * (1 + Math.abs(exact[b]) + ranges.first);
						for (let kind = 0; kind < KINDS; kind++) {
							const square = sums.squares[kind][b];
							most += ranges.weights[kind] * square;
							expect(ranges.weights[kind] * square).toBeLessThanOrEqual(ranges.squares[kind] * (1 + 1e-9));
						}
						expect(left).toBeLessThanOrEqual(most);
					}
				}
				expect(checked).toBeGreaterThan(n / 4);
			});
		},
	);

	test("are drawn with the chance of their envelopes", async () => {
		const problem = generateProblem({ distribution: "gaussian", n: 20, d: 2, B: 1, seed: 1 });
		await withHead(problem, 4, (head) => {
			const keys = new KeySizes(head.values, head.keys, head.beta);
			const row = new SampledRow(head, keys);
			const draw = new KeyDraw(head, keys, seededRandom(5));
			const room = draw.room();
			row.read(3);
			for (const envelope of row.envelopes) {
				const [draws, counts] = [40_000, new Float64Array(20)];
				const chances = counts.map((_, l) => {
					const [, , [g], , [h]] = numbersOf(head, row, 3, l);
					return (head.beta[l] * row.at(envelope, l, g, h * h)) / envelope.sum;
				});
				for (let i = 0; i < draws; i++) {
					draw.draw(3, row, envelope, room);
					const own = chances.findIndex((_, l) =>
						room.value.every((x, at) => x === head.values.at(l, at) - row.output[at]),
					);
					counts[own]++;
				}
				// χ² of 19 degrees of freedom is above 60 once in 10^5.
				const square = counts.reduce(
					(sum, count, l) => sum + (count - draws * chances[l]) ** 2 / (draws * chances[l]),
					0,
				);
				expect(square).toBeLessThan(60);
			}
		});
	});
});

describe("the bound of a sample", () => {
	const smallHead = (use: (head: SampledHead) => void) =>
		withHead(generateProblem({ distribution: "gaussian", n: 40, d: 2, B: 1, seed: 1 }), 4, use);

	test("is the mean of what is drawn, up to its width", async () => {
		await smallHead((head) => {
			const draws = 2 ** 20;
			const made = sampledError(head, { draws }, { failure: 1e-9, seed: 11 });
			if (!made) throw new Error("pairs serve");
			const mean = drawnOf(head, made.isExact);
			expect(made.bound).toBeGreaterThan(mean);
			// A number that is drawn with a wrong weight would make more of a difference.
			expect(made.bound).toBeLessThan(1.2 * mean);
		});
	});

	test("has coins of its own for each accuracy", async () => {
		await smallHead((head) => {
			const of = (wanted: number) => sampledError(head, { draws: 2 ** 12, wanted }, { failure: 1e-9, seed: 11 })?.bound;
			expect(of(1e6)).toBe(of(1e6));
			expect(of(1e6)).not.toBe(of(1e7));
		});
	});
});

/** The largest sum that pairs bound, of the rows that are not exact, by its definition. */
function drawnOf(head: SampledHead, isExact: (j: number) => boolean): number {
	const { inputs, keys: K } = head;
	const keys = new KeySizes(head.values, K, head.beta);
	const row = new SampledRow(head, keys);
	const bounds = new RowBounds(head, { ones: 0, values: 0, keys: 0 });
	const draw = new KeyDraw(head, keys, seededRandom(0));
	const first = Matrix.zeros(inputs.cols, K.cols);
	const second = new Float64Array(K.cols);
	let rows = 0;
	for (let j = 0; j < inputs.rows; j++) {
		if (!head.isSampled(j) || isExact(j)) continue;
		row.read(j);
		const ranges = bounds.of(j, row);
		if (!ranges) continue;
		rows++;
		const sums = sumsOf(head, row, draw, j);
		const largest = Math.max(...inputs.row(j).map(Math.abs));
		for (let b = 0; b < K.cols; b++) {
			for (let a = 0; a < inputs.cols; a++) first.data[a * K.cols + b] += inputs.at(j, a) * sums.first[b];
			for (let kind = 0; kind < KINDS; kind++) second[b] += largest * ranges.weights[kind] * sums.squares[kind][b];
		}
	}
	expect(rows).toBeGreaterThan(inputs.rows / 3);
	return Math.max(...Array.from(first.data, (sum, at) => Math.abs(sum) + second[at % K.cols]));
}

/** Ĝ of a row with the weights that the features approximate. */
function exactRow(head: SampledHead, draw: KeyDraw, j: number): Float64Array {
	const [n, d_v, d] = [head.values.rows, head.values.cols - 1, head.keys.cols];
	const { queries, keys } = head.features;
	const weights = Float64Array.from({ length: n }, (_, l) => {
		let product = 0;
		for (let m = 0; m < head.rank; m++)
			product += queries.features[j * queries.step + m] * keys.features[l * keys.step + m];
		return product - draw.errorOf(j, l);
	});
	const D = weights.reduce((sum, x) => sum + x, 0);
	const mean = (of: (l: number) => number): number => weights.reduce((sum, w, l) => sum + w * of(l), 0) / D;
	const o = Array.from({ length: d_v }, (_, i) => mean((l) => head.values.at(l, i)));
	// c = o − target, and the target is õ − c̃
	const c = o.map((x, i) => x - (head.N.at(j, i) / head.normaliser[j] - head.cotangents.at(j, i)));
	const g = (l: number): number => c.reduce((sum, x, i) => sum + x * (head.values.at(l, i) - o[i]), 0);
	return Float64Array.from({ length: d }, (_, b) => mean((l) => g(l) * head.keys.at(l, b)));
}

/** L_b, and the squares of the sums of all kinds for each b. */
function sumsOf(head: SampledHead, row: SampledRow, draw: KeyDraw, j: number) {
	const [n, d_v, d] = [head.values.rows, head.values.cols - 1, head.keys.cols];
	const [first, values, keys] = [new Float64Array(d), new Float64Array(d_v), new Float64Array(d)];
	const M = Matrix.zeros(d_v, d);
	let [x, g] = [0, 0];
	for (let l = 0; l < n; l++) {
		const epsilon = draw.errorOf(j, l) / head.normaliser[j];
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
