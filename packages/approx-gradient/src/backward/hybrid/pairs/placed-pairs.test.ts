import { generateProblem } from "@attgrad/attention-problem";
import { availableKernels, createRuntime, Matrix, seededRandom } from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import { AT, KINDS, TERMS } from "./head-ranges.ts";
import { KeySizes } from "./key-sizes.ts";
import { coinsFrom, PlacedPairs } from "./placed-pairs.ts";
import { sampledError } from "./sampled-error.ts";
import type { SampledHead } from "./sampled-head.ts";
import { errorOf, numbersOf, sumsOf, withHead } from "./testing/paired-heads.ts";
import { SampledRow } from "./testing/sampled-row.ts";

const runtimes = await Promise.all(
	(await availableKernels()).filter((kernel) => kernel !== "js").map((kernel) => createRuntime({ kernel, threads: 2 })),
);
const [runtime] = runtimes;
afterAll(async () => {
	for (const own of runtimes) await own.close();
});

describe("draws on kernels", () => {
	// All keys of a row, one by one: the mean of what is drawn is the sum that it stands for, and its square has the mean that the chances of the keys tell.
	test.each(runtimes)("have the mean that every key of a row adds up to: $kernel", async (on) => {
		const problem = generateProblem({ distribution: "gaussian", n: 24, d: 3, B: 1, seed: 1 });
		await withHead(
			problem,
			4,
			async (head, kernels) => {
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
								if (i !== j || other !== term) records[i * width + AT.terms + other] = 0;
						const draws = 200_000;
						const made = await pairs.draw(
							draws / kept[j * width + AT.terms + term],
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

	// With about as many draws as terms, most terms are drawn by chance alone.
	test("stand for the sums of all rows where terms are drawn less than once", async () => {
		const problem = generateProblem({ distribution: "gaussian", n: 24, d: 3, B: 1, seed: 1 });
		await withHead(
			problem,
			4,
			async (head, kernels) => {
				const keys = new KeySizes(head.values, head.keys, head.beta);
				const pairs = new PlacedPairs(kernels, head, keys, { ones: 0, values: 0, keys: 0 });
				const ranges = await pairs.ranges();
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
				const row = new SampledRow(head, keys);
				for (let j = 0; j < 24; j++) {
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
			},
			runtime,
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
