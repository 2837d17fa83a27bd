import { globSync } from "node:fs";
import { join } from "node:path";
import {
	createOperands,
	distributions,
	generateProblem,
	headsOf,
	openOperands,
	scaledQueries,
} from "@attgrad/attention-problem";
import { createRuntime, Matrix, materialise, seededRandom } from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import type { HeadRows } from "./head.ts";
import { approximateHead } from "./head-approximation.ts";
import { locate } from "./locate.ts";
import { relativeErrors } from "./spectrum.ts";
import {
	type ErrorsByRank,
	factoredErrors,
	polynomialErrorsOf,
	softmaxOf,
	truncatedErrors,
} from "./testing/by-definition.ts";

/** Queries and keys of a long head that are looked at: a part of the head, with a softmax of its own. */
const PART = 96;

const runtime = await createRuntime();
afterAll(() => runtime.close());

/** Rows of a head, at most PART of them, drawn with a seed. */
function partOf(rows: Matrix, seed: number): Matrix {
	if (rows.rows <= PART) return rows;
	const random = seededRandom(seed, "part");
	const drawn = Array.from({ length: rows.rows }, (_, j) => j);
	for (let i = 0; i < PART; i++) {
		const j = random.integer(i, rows.rows - 1);
		[drawn[i], drawn[j]] = [drawn[j], drawn[i]];
	}
	return Matrix.build(PART, rows.cols, (i, b) => rows.at(drawn[i], b));
}

const folder = join(import.meta.dirname, "../../../../experiments/heads/data");

async function trainedHeads(file: string): Promise<[name: string, head: HeadRows][]> {
	const { operands, close } = await openOperands(join(folder, file), { dtype: "f64" });
	try {
		return headsOf(operands).map(({ index, Q, K }) => {
			const rows = (from: typeof Q, seed: number) => partOf(materialise(from).as("f64"), seed);
			return [`${file} ${index}`, { Q: rows(Q, index), K: rows(K, index + 100), scale: operands.scale }];
		});
	} finally {
		close();
	}
}

/** The least rank of an approximation with the relative error δ, with room for the rounding of the error. */
function reachedBy(errors: ErrorsByRank, delta: number): number {
	const rank = errors.findIndex((error) => error <= delta * (1 - 1e-9));
	return rank < 0 ? Number.POSITIVE_INFINITY : rank;
}

/** Nothing has a smaller rank than the least one, and ranks that are told are reached: by matrices made here. */
async function checkHead(head: HeadRows, submatrices: readonly (number | undefined)[]): Promise<void> {
	const { Q, K, scale } = head;
	const F = softmaxOf(head);
	const truncated = truncatedErrors(F);
	const rank = Math.min(Q.rows, K.rows);
	const factors = { hybrid: truncated, nystrom: truncated };
	for (const method of ["hybrid", "nystrom"] as const) {
		const { queries, keys } = await approximateHead(head, { rank, method, seed: 0 }, runtime);
		factors[method] = factoredErrors(F, queries, keys);
	}
	const polynomials = polynomialErrorsOf(F, head, 4 * K.rows);
	for (const submatrix of submatrices) {
		const options = submatrix === undefined ? { runtime } : { runtime, submatrix };
		const [{ ranks }] = await locate(createOperands({ Q, K, V: K }, { scale }), options);
		expect(ranks.map(({ delta }) => delta)).toEqual([...relativeErrors]);
		for (const { delta, least, achieved, proven } of ranks) {
			const at = `delta ${delta}, submatrix ${submatrix}`;
			expect(least, `${at}: truncated`).toBeLessThanOrEqual(reachedBy(truncated, delta));
			for (const method of ["hybrid", "nystrom"] as const) {
				expect(least, `${at}: ${method}`).toBeLessThanOrEqual(reachedBy(factors[method], delta));
				for (const told of [achieved?.[method], proven[method]])
					if (typeof told === "number") {
						expect(least, `${at}: ${method} as told`).toBeLessThanOrEqual(told);
						expect(factors[method][told], `${at}: ${method} of rank ${told}`).toBeLessThanOrEqual(delta * (1 + 1e-6));
					}
			}
			for (const [count, error] of polynomials)
				if (error <= delta * (1 - 1e-9)) expect(least, `${at}: polynomial`).toBeLessThanOrEqual(count);
			if (typeof achieved?.polynomial === "number") expect(least).toBeLessThanOrEqual(achieved.polynomial);
		}
	}
}

describe("the least rank is never above the rank of a matrix within delta", () => {
	describe.each(globSync("*.npz", { cwd: folder }).sort())("of the heads in %s", async (file) => {
		test.each(await trainedHeads(file))("%s", (_, head) => checkHead(head, [undefined]));
	});

	describe.each([0.5, 3])("at B = %f", (B) => {
		test.each(distributions)("%s", (distribution) => {
			const problem = generateProblem({ distribution, n: 63, d: 4, B, seed: 11 });
			return checkHead({ Q: scaledQueries(problem), K: problem.A2, scale: 1 }, B > 1 ? [undefined, 31] : [undefined]);
		});
	});

	test.each(adversaries())("%s", (_, head) => checkHead(head, [undefined, 23]));
});

/** Heads that are made to raise the least rank above one that is reached. */
function adversaries(): [name: string, head: HeadRows][] {
	const random = seededRandom(21, "adversaries");
	const normal = (rows: number, d: number, size = 1) => Matrix.build(rows, d, () => size * random.normal());
	const n = 64;
	/** Any positive matrix with row sums 1 is the softmax of its logarithms. */
	const softmaxIs = (F: Matrix): HeadRows => ({
		Q: Matrix.build(n, n, (j, b) => Math.log(F.at(j, b))),
		K: Matrix.identity(n),
		scale: 1,
	});
	return [
		["tails that end just below each delta", softmaxIs(withTails(n, 1 - 1e-7))],
		["tails that end just above each delta", softmaxIs(withTails(n, 1 + 1e-7))],
		[
			"few rows that weigh most of the norm",
			softmaxIs(
				Matrix.build(n, n, (j, l) =>
					j < 3 ? (j === l ? 1 - 1e-3 : 1e-3 / (n - 1)) : (1 + 0.3 * Math.sin(j * l + j)) / rowSum(n, j),
				),
			),
		],
		["every query looks at a key of its own", { Q: Matrix.identity(n), K: Matrix.identity(n), scale: 40 }],
		[
			"equal queries and equal keys",
			{
				Q: Matrix.build(n, 3, (j, b) => Math.sin((j % 5) + 2 * b)),
				K: Matrix.build(n, 3, (l, b) => Math.cos((l % 4) * 3 + b)),
				scale: 2,
			},
		],
		["weights that underflow", { Q: normal(n, 3, 30), K: normal(n, 3, 30), scale: 1 }],
		["all keys but one far away", { Q: normal(n, 2), K: Matrix.build(n, 2, (l) => (l === 9 ? 0 : 1e6)), scale: 1 }],
		["an offset of all keys", { Q: normal(n, 3), K: Matrix.build(n, 3, () => 1e5 + random.normal()), scale: 0.5 }],
		["fewer queries than keys", { Q: normal(11, 3, 2), K: normal(n, 3), scale: 1 }],
		["one query", { Q: normal(1, 3), K: normal(n, 3), scale: 1 }],
	];
}

const rowSum = (n: number, j: number): number => {
	let sum = 0;
	for (let l = 0; l < n; l++) sum += 1 + 0.3 * Math.sin(j * l + j);
	return sum;
};

/**
 * Σ_i s_i h_i h_iᵀ / n with the columns h_i of a Hadamard matrix, h_0 of ones and s_0 = 1: singular values s_i. After 1 + 3k values the
 * tail is `factor` times δ_k of the norm.
 */
function withTails(n: number, factor: number): Matrix {
	const squares = [1];
	// Squares of tails, as parts of the whole; that after the first value leaves it 1.
	const tails = [0.3, ...relativeErrors.map((delta) => factor * delta)].map((delta) => delta ** 2);
	const whole = 1 / (1 - tails[0]);
	for (const [k, tail] of tails.entries()) {
		const next = tails[k + 1] ?? 0;
		for (let i = 0; i < 3; i++) squares.push((whole * (tail - next)) / 3);
	}
	const sizes = squares.map(Math.sqrt);
	const sign = (a: number, b: number): number => {
		let odd = 0;
		for (let bits = a & b; bits > 0; bits &= bits - 1) odd ^= 1;
		return odd ? -1 : 1;
	};
	return Matrix.build(n, n, (j, l) => sizes.reduce((sum, s, i) => sum + s * sign(i, j) * sign(i, l), 0) / n);
}
