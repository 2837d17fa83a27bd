import { type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import {
	availableKernels,
	createRuntime,
	Matrix,
	maxAbs,
	scale,
	seededRandom,
	withKernels,
} from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import { candidatesFor, hybridGeometry, rowsOfProblem } from "../../../feature-maps/hybrid/geometry.ts";
import { type HybridMap, hybridMap } from "../../../feature-maps/hybrid/hybrid-map.ts";
import { JointPivots, SMALLEST_PROVED_PIVOT } from "../../../feature-maps/hybrid/joint-pivots.ts";
import { pivotsFor, principalFeatures } from "../../../feature-maps/hybrid/principal-features.ts";
import { queryBlocks } from "../../../rows/row-blocks.ts";
import { spansOf } from "../../../rows/spans.ts";
import { binomialTail } from "../../../testing/binomial-tail.ts";
import { approximateRows, problemHead } from "../hybrid-gradient.ts";
import { hybridKernels } from "../kernels/hybrid-kernels.ts";
import { KernelHead } from "../kernels/kernel-head.ts";
import type { HybridKernels } from "../kernels/placed-features.ts";
import { KINDS, TERMS } from "./head-ranges.ts";
import { KeySizes } from "./key-sizes.ts";
import { sampledHead } from "./pair-certificate.ts";
import { coinsFrom, PlacedPairs } from "./placed-pairs.ts";
import { sampledError } from "./sampled-error.ts";
import type { SampledHead } from "./sampled-head.ts";
import { RowBounds } from "./testing/row-ranges.ts";
import { SampledRow } from "./testing/sampled-row.ts";

const runtimes = await Promise.all(
	(await availableKernels()).filter((kernel) => kernel !== "js").map((kernel) => createRuntime({ kernel, threads: 2 })),
);
const [runtime] = runtimes;
afterAll(async () => {
	for (const own of runtimes) await own.close();
});

/** A problem's head as pairs are drawn from it, at a rank. */
async function withHead(
	problem: AttentionProblem,
	rank: number,
	use: (head: SampledHead, map: HybridMap, kernels: HybridKernels) => void | Promise<void>,
	on = runtime,
): Promise<void> {
	const random = seededRandom(0, "hybrid");
	const geometry = await hybridGeometry(rowsOfProblem(problem), random, runtime, candidatesFor(rank, problem.n));
	const { points, weights, firstKey } = geometry;
	const pivots = new JointPivots(points, weights, firstKey, random, runtime, SMALLEST_PROVED_PIVOT);
	await pivots.grow(pivotsFor(rank, problem.n, "proved"));
	const map = await hybridMap(await principalFeatures(geometry, pivots, rank, runtime), runtime);
	const [block] = queryBlocks(problem, problem.n);
	const head = problemHead(problem, spansOf(problem), block);
	await withKernels(on, hybridKernels, async (kernels) =>
		(await KernelHead.of(kernels, map, head)).residualRows(true, async (pass) => {
			const made = sampledHead(pass, await approximateRows(pass, map), { head, inputs: block.inputs, map });
			if (!made) throw new Error("no products");
			await use(made, map, kernels);
		}),
	);
}

/** e_jl: the product of the features less the weight. */
function errorOf(head: SampledHead, j: number, l: number): number {
	const { queries, keys } = head.features;
	const exponent = Array.from(queries.left.row(j)).reduce((sum, x, i) => sum + x * keys.right.at(l, i), 0);
	let product = 0;
	for (let m = 0; m < head.rank; m++)
		product += queries.features[j * queries.step + m] * keys.features[l * keys.step + m];
	return product - Math.exp(Math.min(0, exponent)) * keys.side.sizes[l];
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
			for (let j = 0; j < n; j++) {
				if (!head.isSampled(j)) continue;
				row.read(j);
				const sums = new Float64Array(KINDS);
				for (let l = 0; l < n; l++) {
					expect(Math.abs(errorOf(head, j, l))).toBeLessThanOrEqual(head.alpha[j] * head.beta[l] * (1 + 1e-9));
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
				let checked = 0;
				for (let j = 0; j < n; j++) {
					if (!head.isSampled(j)) continue;
					row.read(j);
					const ranges = bounds.of(j, row);
					if (!ranges) continue;
					checked++;
					const exact = exactRow(head, j);
					const sums = sumsOf(head, row, j);
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

	test.each(cases)("have the same ranges on kernels: %s, n = %s", async (distribution, n, d, B, rank) => {
		const problem = generateProblem({ distribution, n, d, B, seed: 3 });
		for (const on of runtimes)
			await withHead(
				problem,
				rank,
				async (head, _, kernels) => {
					const keys = new KeySizes(head.values, head.keys, head.beta);
					const rounding = keys.sumsOf(keys.valueSquares.map((_, l) => 1e-9 * (1 + (l % 3))));
					const got = await new PlacedPairs(kernels, head, keys, rounding).ranges();
					const [row, bounds] = [new SampledRow(head, keys), new RowBounds(head, rounding)];
					let checked = 0;
					for (let j = 0; j < n; j++) {
						const factor = Math.max(...head.inputs.row(j).map(Math.abs));
						if (head.isSampled(j)) row.read(j);
						const own = head.isSampled(j) ? bounds.of(j, row) : undefined;
						const wanted = own ? [...own.squares, own.first] : new Array(TERMS).fill(0);
						for (let term = 0; term < TERMS; term++) expectClose(got.termOf(j, term), factor * wanted[term]);
						expectClose(got.restOf(j), factor * (own ? own.added : head.isSampled(j) ? head.proved[j] : 0));
						if (own) checked++;
					}
					expect(checked).toBeGreaterThan(n / 4);
				},
				on,
			);
	});
});

/** Sums of a row in another order: their terms cancel in part. */
function expectClose(got: number, wanted: number): void {
	expect(Math.abs(got - wanted)).toBeLessThanOrEqual(1e-7 * Math.abs(wanted));
}

describe("draws on kernels", () => {
	// All keys of a row, one by one: the mean of what is drawn is the sum that it stands for, and its square has the mean that the chances of the keys tell.
	test.each(runtimes)("have the mean that every key of a row adds up to: $kernel", async (on) => {
		const problem = generateProblem({ distribution: "gaussian", n: 24, d: 3, B: 1, seed: 1 });
		await withHead(
			problem,
			4,
			async (head, _, kernels) => {
				const keys = new KeySizes(head.values, head.keys, head.beta);
				const pairs = new PlacedPairs(kernels, head, keys, { ones: 0, values: 0, keys: 0 });
				const { records } = await pairs.ranges();
				const [kept, width] = [records.slice(), records.length / 24];
				const row = new SampledRow(head, keys);
				const random = seededRandom(9);
				for (const j of [3, 11])
					for (let term = 0; term < TERMS; term++) {
						records.set(kept);
						// Only this term of this row is drawn.
						for (let i = 0; i < 24; i++)
							for (let other = 0; other < TERMS; other++)
								if (i !== j || other !== term) records[i * width + 30 + other] = 0;
						const draws = 200_000;
						const made = await pairs.draw(
							draws / kept[j * width + 30 + term],
							coinsFrom(() => random.uniform()),
						);
						expect(made.pairs).toBe(term < KINDS ? 2 * draws : draws);
						row.read(j);
						const { means, squares } = enumerated(head, row, j, term);
						const largest = Math.max(...head.inputs.row(j).map(Math.abs));
						for (let b = 0; b < 3; b++)
							for (let a = 0; a < (term < KINDS ? 1 : 3); a++) {
								const share = term < KINDS ? 1 : head.inputs.at(j, a) / largest;
								const sum = term < KINDS ? made.second[0][b] : made.first[0].at(a, b);
								const square = term < KINDS ? made.second[1][b] : made.first[1].at(a, b);
								// A mean is off by more than 5 of its deviations once in 10^6.
								const off = 5 * Math.abs(share) * Math.sqrt(squares[b] / draws) + 1e-12;
								expect(Math.abs(sum / draws - share * means[b])).toBeLessThanOrEqual(off);
								// Squares of these numbers are spread by less than some times their mean.
								expect(Math.abs(square / draws / (share ** 2 * squares[b]) - 1)).toBeLessThan(0.1);
							}
					}
			},
			on,
		);
	});

	test("do not depend on the number of threads, and come from their seed", async () => {
		const problem = generateProblem({ distribution: "clustered", n: 70, d: 3, B: 1, seed: 1 });
		const alone = await createRuntime({ kernel: runtime.kernel, threads: 1 });
		const made: (number | undefined)[] = [];
		for (const [on, seed] of [
			[runtime, 1],
			[alone, 1],
			[alone, 2],
		] as const)
			await withHead(
				problem,
				6,
				async (head, _, kernels) => {
					const sampled = await sampledError(kernels, head, { draws: 2 ** 12 }, { failure: 1e-9, seed });
					made.push(sampled?.bound);
				},
				on,
			);
		await alone.close();
		expect(made[1]).toBe(made[0]);
		expect(made[2]).not.toBe(made[0]);
	});
});

/** The mean of a number that is drawn for a term of a row, and that of its square, for each b: sums over keys, or over pairs of keys, with their chances. */
function enumerated(head: SampledHead, row: SampledRow, j: number, term: number) {
	const [n, d, kind] = [head.keys.rows, head.keys.cols, term < KINDS ? term : 0];
	const { sum } = row.envelopes[kind];
	const keys = Array.from({ length: n }, (_, l) => {
		const numbers = numbersOf(head, row, j, l);
		const [g, h] = [numbers[2][0], numbers[4][0]];
		const w = row.at(row.envelopes[kind], l, g, h * h);
		return { chance: (head.beta[l] * w) / sum, part: errorOf(head, j, l) / (head.alpha[j] * head.beta[l] * w), l };
	});
	const means = new Float64Array(d);
	const squares = new Float64Array(d);
	const add = (chance: number, x: readonly number[]): void => {
		for (let b = 0; b < d; b++) {
			means[b] += chance * x[b];
			squares[b] += chance * x[b] ** 2;
		}
	};
	for (const one of keys) {
		if (term === KINDS) {
			add(
				one.chance,
				numbersOf(head, row, j, one.l)[0].map((y) => one.part * y),
			);
			continue;
		}
		for (const other of keys) {
			const part = one.part * other.part;
			add(
				one.chance * other.chance,
				productsOf(head, row, j, kind, one.l, other.l).map((x) => part * x),
			);
		}
	}
	return { means, squares };
}

/** Products of the numbers of a kind for two keys. */
function productsOf(head: SampledHead, row: SampledRow, j: number, kind: number, l: number, other: number): number[] {
	const [d_v, d] = [head.values.cols - 1, head.keys.cols];
	const [x, y] = [numbersOf(head, row, j, l)[kind], numbersOf(head, row, j, other)[kind]];
	const h = (key: number, i: number) => head.values.at(key, i) - row.output[i];
	const k = (key: number, b: number) => head.keys.at(key, b) - row.keyMean[b];
	const moment = (key: number, i: number, b: number) => h(key, i) * k(key, b) - row.covariances[i * d + b];
	const over = (of: (i: number) => number) => Array.from({ length: d_v }, (_, i) => of(i)).reduce((a, b) => a + b, 0);
	return Array.from({ length: d }, (_, b) => {
		if (kind === 4) return over((i) => h(l, i) * h(other, i));
		if (kind === 5) return over((i) => moment(l, i, b) * moment(other, i, b));
		return x[x.length > 1 ? b : 0] * y[y.length > 1 ? b : 0];
	});
}

describe("the bound of a sample", () => {
	const smallHead = (use: (head: SampledHead, kernels: HybridKernels) => Promise<void>) =>
		withHead(generateProblem({ distribution: "gaussian", n: 40, d: 2, B: 1, seed: 1 }), 4, (head, _, kernels) =>
			use(head, kernels),
		);

	test("is the mean of what is drawn, up to its width", async () => {
		await smallHead(async (head, kernels) => {
			const draws = 2 ** 20;
			const made = await sampledError(kernels, head, { draws }, { failure: 1e-9, seed: 11 });
			if (!made) throw new Error("pairs serve");
			const mean = drawnOf(head, made.isExact);
			expect(made.bound).toBeGreaterThan(mean);
			// A number that is drawn with a wrong weight would make more of a difference.
			expect(made.bound).toBeLessThan(1.2 * mean);
		});
	});

	test("about the mean of the sample fails in no more than a fifth of runs at confidence 0.8, where it takes that to reach what is wanted", async () => {
		await smallHead(async (head, kernels) => {
			const first = await sampledError(kernels, head, { draws: 2 ** 12 }, { failure: 0.2, seed: 0 });
			const wanted = 0.7 * drawnOf(head, first?.isExact ?? (() => false));
			let [corrections, failures, reached] = [0, 0, 0];
			for (let seed = 0; seed < 60; seed++) {
				const made = await sampledError(kernels, head, { draws: 2 ** 12, wanted }, { failure: 0.2, seed });
				if (!made?.correction) continue;
				corrections++;
				if (made.bound < 1.1 * wanted) reached++;
				if (errorAbout(head, made.isExact, made.correction) > made.bound) failures++;
			}
			expect(corrections).toBeGreaterThan(50);
			expect(reached).toBeGreaterThan(0.9 * corrections);
			expect(binomialTail(failures, corrections, 0.2)).toBeGreaterThan(0.01);
		});
	});

	test("has coins of its own for each accuracy", async () => {
		await smallHead(async (head, kernels) => {
			const of = async (wanted: number) =>
				(await sampledError(kernels, head, { draws: 2 ** 12, wanted }, { failure: 1e-9, seed: 11 }))?.bound;
			expect(await of(1e6)).toBe(await of(1e6));
			expect(await of(1e6)).not.toBe(await of(1e7));
		});
	});
});

/** The largest entry of Σ_j A1_ja (Ĝ~ − Ĝ)_jb less a correction, over the rows that are not exact. */
function errorAbout(head: SampledHead, isExact: (j: number) => boolean, correction: Matrix): number {
	const { inputs, gradients } = head;
	const sum = scale(correction, -1);
	for (let j = 0; j < inputs.rows; j++) {
		if (!head.isSampled(j) || isExact(j)) continue;
		const exact = exactRow(head, j);
		for (let a = 0; a < sum.rows; a++)
			for (let b = 0; b < sum.cols; b++)
				sum.data[a * sum.cols + b] += inputs.at(j, a) * (gradients.at(j, b) - exact[b]);
	}
	return maxAbs(sum);
}

/** The largest sum that pairs bound, of the rows that are not exact, by its definition. */
function drawnOf(head: SampledHead, isExact: (j: number) => boolean): number {
	const { inputs, keys: K } = head;
	const keys = new KeySizes(head.values, K, head.beta);
	const row = new SampledRow(head, keys);
	const bounds = new RowBounds(head, { ones: 0, values: 0, keys: 0 });
	const first = Matrix.zeros(inputs.cols, K.cols);
	const second = new Float64Array(K.cols);
	let rows = 0;
	for (let j = 0; j < inputs.rows; j++) {
		if (!head.isSampled(j) || isExact(j)) continue;
		row.read(j);
		const ranges = bounds.of(j, row);
		if (!ranges) continue;
		rows++;
		const sums = sumsOf(head, row, j);
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
function exactRow(head: SampledHead, j: number): Float64Array {
	const [n, d_v, d] = [head.values.rows, head.values.cols - 1, head.keys.cols];
	const { queries, keys } = head.features;
	const weights = Float64Array.from({ length: n }, (_, l) => {
		let product = 0;
		for (let m = 0; m < head.rank; m++)
			product += queries.features[j * queries.step + m] * keys.features[l * keys.step + m];
		return product - errorOf(head, j, l);
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
function sumsOf(head: SampledHead, row: SampledRow, j: number) {
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
