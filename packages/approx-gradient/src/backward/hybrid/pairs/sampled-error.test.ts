import { generateProblem } from "@attgrad/attention-problem";
import { gradientByRows } from "@attgrad/attention-problem/reference";
import {
	availableKernels,
	createRuntime,
	Matrix,
	maxAbs,
	maxAbsDifference,
	multiply,
	scale,
	transpose,
} from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import { binomialTail } from "../../../testing/binomial-tail.ts";
import type { HybridKernels } from "../kernels/placed-features.ts";
import { KINDS, TERMS } from "./head-ranges.ts";
import { KeySizes } from "./key-sizes.ts";
import { PlacedPairs } from "./placed-pairs.ts";
import { sampledError } from "./sampled-error.ts";
import type { SampledHead } from "./sampled-head.ts";
import { errorOf, exactRow, numbersOf, sumsOf, unevenProblems, weightOf, withHead } from "./testing/paired-heads.ts";
import { RowBounds } from "./testing/row-ranges.ts";
import { SampledRow } from "./testing/sampled-row.ts";

const runtimes = await Promise.all(
	(await availableKernels()).filter((kernel) => kernel !== "js").map((kernel) => createRuntime({ kernel, threads: 2 })),
);
const [runtime] = runtimes;
afterAll(async () => {
	for (const own of runtimes) await own.close();
});

const generated = (
	[
		["gaussian", 40, 3, 1, 8],
		["uniform", 63, 2, 2, 6],
		["clustered", 50, 4, 2, 8],
		["sinks", 60, 3, 1, 8],
		["massive", 45, 3, 2, 6],
	] as const
).map(([distribution, n, d, B, rank]) => ({
	name: distribution,
	problem: generateProblem({ distribution, n, d, B, seed: 3 }),
	rank,
}));
const uneven = unevenProblems(40, 3).map(([name, problem]) => ({ name, problem, rank: 8 }));
const cases = [...generated, ...uneven];

/** Calls `use` with a head, its keys, and a row for each that is sampled. */
async function eachRow(
	{ problem, rank }: (typeof cases)[number],
	use: (head: SampledHead, row: SampledRow, j: number) => void,
): Promise<void> {
	await withHead(
		problem,
		rank,
		(head) => {
			const row = new SampledRow(head, new KeySizes(head.values, head.keys, head.beta));
			for (let j = 0; j < problem.n; j++) {
				if (!head.isSampled(j)) continue;
				row.read(j);
				use(head, row, j);
			}
		},
		runtime,
	);
}

describe("sums of a row's errors over keys", () => {
	test.each(cases)("are those of the problem: $name", async ({ problem, rank }) => {
		const { n, d } = problem;
		const gradient = Matrix.zeros(d, d);
		const scores = multiply(multiply(problem.A1, problem.X), transpose(problem.A2));
		let checked = 0;
		await withHead(
			problem,
			rank,
			(head) => {
				for (let j = 0; j < n; j++) {
					// The definition: softmax of the scores.
					const own = Array.from(scores.row(j), (score) => score * problem.scale);
					const most = Math.max(...own);
					const softmax = own.map((score) => Math.exp(score - most));
					const sum = softmax.reduce((x, y) => x + y, 0);
					const weights = softmax.map((_, l) => weightOf(head, j, l));
					const D = weights.reduce((x, y) => x + y, 0);
					for (let l = 0; l < n; l++) expect(Math.abs(weights[l] / D - softmax[l] / sum)).toBeLessThan(1e-11);
					const exact = exactRow(head, j);
					for (let at = 0; at < d * d; at++)
						gradient.data[at] += problem.scale * problem.A1.at(j, Math.floor(at / d)) * exact[at % d];
					checked++;
				}
			},
			runtime,
		);
		expect(checked).toBe(n);
		const truth = gradientByRows(problem).gradient;
		const [A1, A2, A3, E] = [problem.A1, problem.A2, multiply(problem.A3, problem.Y), problem.E].map(maxAbs);
		// Each sum over keys, coordinates and rows is rounded about n + d times, and scores are up to some hundred.
		const size = n * problem.scale * A1 * 2 * A2 * d * (A3 + E) * 2 * A3;
		expect(maxAbsDifference(gradient, truth)).toBeLessThan(2 ** -52 * 16 * (n + d) * size);
	});

	test.each(cases)("have envelopes with known sums: $name", async (given) => {
		await eachRow(given, (head, row, j) => {
			const sums = new Float64Array(KINDS);
			for (let l = 0; l < given.problem.n; l++) {
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
		});
	});

	test.each(cases)("bound the row: first order and squares leave nothing out: $name", async (given) => {
		const { n, d } = given.problem;
		let checked = 0;
		await eachRow(given, (head, row, j) => {
			const ranges = new RowBounds(head, { ones: 0, values: 0, keys: 0 }).of(j, row);
			if (!ranges) return;
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
		});
		expect(checked).toBeGreaterThan(n / 4);
	});

	test.each(cases)("have the same ranges on kernels: $name", async ({ problem, rank }) => {
		const { n } = problem;
		for (const on of runtimes)
			await withHead(
				problem,
				rank,
				async (head, kernels) => {
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

describe("the bound of a sample", () => {
	const smallHead = (use: (head: SampledHead, kernels: HybridKernels) => Promise<void>) =>
		withHead(
			generateProblem({ distribution: "gaussian", n: 40, d: 2, B: 1, seed: 1 }),
			4,
			(head, kernels) => use(head, kernels),
			runtime,
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
