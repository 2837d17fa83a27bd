import { type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import { availableKernels, createRuntime, Matrix, type Runtime, seededRandom } from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import type { HybridKernels } from "../kernels/placed-features.ts";
import { AT, type HeadRanges, KINDS, TERMS } from "./head-ranges.ts";
import { KeySizes } from "./key-sizes.ts";
import { coinsFrom, PlacedPairs } from "./placed-pairs.ts";
import { sampledError } from "./sampled-error.ts";
import type { SampledHead } from "./sampled-head.ts";
import { errorOf, numbersOf, sumsOf, unevenProblems, withHead } from "./testing/paired-heads.ts";
import { SampledRow } from "./testing/sampled-row.ts";

const runtimes = await Promise.all(
	(await availableKernels()).filter((kernel) => kernel !== "js").map((kernel) => createRuntime({ kernel, threads: 2 })),
);
const [runtime] = runtimes;
afterAll(async () => {
	for (const own of runtimes) await own.close();
});

const n = 24;
const even = generateProblem({ distribution: "gaussian", n, d: 3, B: 1, seed: 1 });

/** Pairs of a problem's head at rank 4, with their ranges, and a row to read. */
interface Placed {
	readonly head: SampledHead;
	readonly kernels: HybridKernels;
	readonly pairs: PlacedPairs;
	readonly ranges: HeadRanges;
	readonly row: SampledRow;
}

const withPairs = (problem: AttentionProblem, on: Runtime, use: (placed: Placed) => Promise<void>): Promise<void> =>
	withHead(
		problem,
		4,
		async (head, kernels) => {
			const keys = new KeySizes(head.values, head.keys, head.beta);
			const pairs = new PlacedPairs(kernels, head, keys, { ones: 0, values: 0, keys: 0 });
			await use({ head, kernels, pairs, ranges: await pairs.ranges(), row: new SampledRow(head, keys) });
		},
		on,
	);

/** Rows whose seven terms all have ranges, up to two. */
const drawnRows = (ranges: HeadRanges): number[] =>
	Array.from({ length: n }, (_, j) => j)
		.filter((j) => Array.from({ length: TERMS }, (_, term) => ranges.termOf(j, term)).every((range) => range > 0))
		.slice(3, 5);

describe("draws on kernels", () => {
	// All keys of a row, one by one: the mean of what is drawn is the sum that it stands for, and its square has the mean that the chances of the keys tell.
	test.each([
		...runtimes.map((on) => ({ kernel: on.kernel, name: "gaussian", problem: even, on, draws: 200_000 })),
		...unevenProblems(n, 3).map(([name, problem]) => ({
			kernel: runtime.kernel,
			name,
			problem,
			on: runtime,
			draws: 50_000,
		})),
	])("have the mean that every key of a row adds up to: $kernel, $name", async ({ problem, on, draws }) => {
		await withPairs(problem, on, async ({ head, pairs, ranges, row }) => {
			const { records } = ranges;
			const [kept, width] = [records.slice(), records.length / n];
			const random = seededRandom(9);
			const rows = drawnRows(ranges);
			expect(rows).toHaveLength(2);
			for (const j of rows)
				for (let term = 0; term < TERMS; term++) {
					records.set(kept);
					// Only this term of this row is drawn.
					for (let i = 0; i < n; i++)
						for (let other = 0; other < TERMS; other++)
							if (i !== j || other !== term) records[i * width + AT.terms + other] = 0;
					const made = await pairs.draw(
						draws / kept[j * width + AT.terms + term],
						coinsFrom(() => random.uniform()),
					);
					expect(made.pairs).toBe(term < KINDS ? 2 * draws : draws);
					row.read(j);
					const { means, squares, fourths, largest } = enumerated(head, row, j, term);
					// Each number is within its range: nothing is cut off.
					expect(largest).toBeLessThanOrEqual(1 + 1e-9);
					const input = Math.max(...head.inputs.row(j).map(Math.abs));
					for (let b = 0; b < 3; b++)
						for (let a = 0; a < (term < KINDS ? 1 : 3); a++) {
							const share = term < KINDS ? 1 : head.inputs.at(j, a) / input;
							const sum = term < KINDS ? made.second[0][b] : made.first[0].at(a, b);
							const square = term < KINDS ? made.second[1][b] : made.first[1].at(a, b);
							// A mean is off by more than 5 of its deviations once in 10^6.
							const [off, offSquare] = [squares, fourths].map((x) => 5 * Math.sqrt(x[b] / draws) + 1e-12);
							expect(Math.abs(sum / draws - share * means[b])).toBeLessThanOrEqual(Math.abs(share) * off + 1e-12);
							expect(Math.abs(square / draws - share ** 2 * squares[b])).toBeLessThanOrEqual(share ** 2 * offSquare);
						}
				}
		});
	});

	// With about as many draws as terms, most terms are drawn by chance alone.
	test("stand for the sums of all rows where terms are drawn less than once", async () => {
		await withPairs(even, runtime, async ({ head, kernels, pairs, ranges, row }) => {
			const rate = 100 / ranges.total().range;
			const [runs, random] = [400, seededRandom(4)];
			const [got, squares] = [Matrix.zeros(3, 3), Matrix.zeros(3, 3)];
			let drawn = 0;
			for (let run = 0; run < runs; run++)
				await kernels.scope(async () => {
					const made = await pairs.draw(
						rate,
						coinsFrom(() => random.uniform()),
					);
					drawn += made.pairs;
					for (const [sum, own] of [
						[got, made.first[0]],
						[squares, made.first[1]],
					])
						for (let at = 0; at < 9; at++) sum.data[at] += own.data[at];
				});
			let [expected, variance] = [0, 0];
			const wanted = Matrix.zeros(3, 3);
			for (let j = 0; j < n; j++) {
				for (let term = 0; term < TERMS; term++) {
					const [count, each] = [rate * ranges.termOf(j, term), term < KINDS ? 2 : 1];
					expected += each * count;
					variance += each ** 2 * (count % 1) * (1 - (count % 1));
				}
				if (ranges.termOf(j, KINDS) === 0) continue;
				row.read(j);
				const { first } = sumsOf(head, row, j);
				for (let at = 0; at < 9; at++) wanted.data[at] += head.inputs.at(j, Math.floor(at / 3)) * first[at % 3];
			}
			// A mean is off by more than 5 of its deviations once in 10^6.
			expect(Math.abs(drawn - runs * expected)).toBeLessThan(5 * Math.sqrt(runs * variance));
			for (let at = 0; at < 9; at++)
				expect(Math.abs(got.data[at] - runs * rate * wanted.data[at])).toBeLessThan(5 * Math.sqrt(squares.data[at]));
		});
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
				async (head, kernels) => {
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

/** Means of a number that is drawn for a term of a row, of its square and of its fourth power, for each b: sums over keys, or over pairs of keys, with their chances. And the largest number. */
function enumerated(head: SampledHead, row: SampledRow, j: number, term: number) {
	const [d, kind] = [head.keys.cols, term < KINDS ? term : 0];
	const { sum } = row.envelopes[kind];
	const keys = Array.from({ length: n }, (_, l) => {
		const numbers = numbersOf(head, row, j, l);
		const [g, h] = [numbers[2][0], numbers[4][0]];
		const w = row.at(row.envelopes[kind], l, g, h * h);
		return { chance: (head.beta[l] * w) / sum, part: errorOf(head, j, l) / (head.alpha[j] * head.beta[l] * w), l };
	});
	const means = new Float64Array(d);
	const squares = new Float64Array(d);
	const fourths = new Float64Array(d);
	let largest = 0;
	const add = (chance: number, x: readonly number[]): void => {
		for (let b = 0; b < d; b++) {
			means[b] += chance * x[b];
			squares[b] += chance * x[b] ** 2;
			fourths[b] += chance * x[b] ** 4;
			largest = Math.max(largest, Math.abs(x[b]));
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
	return { means, squares, fourths, largest };
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
