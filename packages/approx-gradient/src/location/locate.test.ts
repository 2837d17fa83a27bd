import { fileURLToPath } from "node:url";
import { createOperands, generateProblem, headsOf, openOperands, scaledQueries } from "@attgrad/attention-problem";
import { Matrix, seededRandom, UsageError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { type LocatedHead, locate } from "./locate.ts";

/** Singular values from the definition's matrix by one-sided Jacobi rotations: nothing that `locate` uses. */
function jacobiValues(A: Matrix): number[] {
	const columns = Array.from({ length: A.cols }, (_, l) => Float64Array.from({ length: A.rows }, (_, j) => A.at(j, l)));
	for (let sweep = 0; sweep < 30; sweep++) {
		let largest = 0;
		for (let p = 0; p < columns.length; p++)
			for (let q = p + 1; q < columns.length; q++) {
				const [x, y] = [columns[p], columns[q]];
				let [xx, yy, xy] = [0, 0, 0];
				for (let j = 0; j < x.length; j++) {
					xx += x[j] * x[j];
					yy += y[j] * y[j];
					xy += x[j] * y[j];
				}
				if (Math.abs(xy) <= 1e-15 * Math.sqrt(xx * yy)) continue;
				largest = Math.max(largest, Math.abs(xy) / Math.sqrt(xx * yy));
				const theta = (yy - xx) / (2 * xy);
				const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
				const [c, s] = [1 / Math.hypot(t, 1), t / Math.hypot(t, 1)];
				for (let j = 0; j < x.length; j++) [x[j], y[j]] = [c * x[j] - s * y[j], s * x[j] + c * y[j]];
			}
		if (largest < 1e-14) break;
	}
	return columns.map((x) => Math.hypot(...x)).sort((a, b) => b - a);
}

/** softmax(scale · Q Kᵀ), by its definition. */
function softmax(Q: Matrix, K: Matrix, scale: number): Matrix {
	const F = Matrix.zeros(Q.rows, K.rows);
	for (let j = 0; j < Q.rows; j++) {
		const scores = Array.from({ length: K.rows }, (_, l) => {
			let sum = 0;
			for (let b = 0; b < Q.cols; b++) sum += Q.at(j, b) * K.at(l, b);
			return scale * sum;
		});
		const top = Math.max(...scores);
		const weights = scores.map((score) => Math.exp(score - top));
		const D = weights.reduce((sum, x) => sum + x, 0);
		F.row(j).set(weights.map((x) => x / D));
	}
	return F;
}

/** The least rank that there is by Eckart and Young. */
function leastOf(values: readonly number[], delta: number): number {
	const total = values.reduce((sum, x) => sum + x * x, 0);
	let tail = 0;
	for (let r = values.length; r > 0; r--) if ((tail += values[r - 1] ** 2) > delta * delta * total) return r;
	return 0;
}

const n = 80;
const random = seededRandom(5, "locate");
const normal = (rows: number, d: number, size: number) => Matrix.build(rows, d, () => size * random.normal());
const problems: [name: string, Q: Matrix, K: Matrix, scale: number][] = [
	...(["uniform", "gaussian", "hypercube", "biased", "heavy-tailed", "low-rank", "clustered"] as const).map(
		(distribution): [string, Matrix, Matrix, number] => {
			const problem = generateProblem({ distribution, n, d: 4, B: 2, seed: 3 });
			return [distribution, scaledQueries(problem), problem.A2, 1];
		},
	),
	[
		"one key far longer than the rest",
		normal(n, 3, 1),
		Matrix.build(n, 3, (l) => (l === 7 ? 40 : 1) * random.normal()),
		0.5,
	],
	["rows that look at one key each", Matrix.build(n, n, (j, b) => (j === b ? 30 : 0)), Matrix.identity(n), 1],
	["all keys equal", normal(n, 2, 1), Matrix.zeros(n, 2), 1],
	["few queries", normal(9, 3, 1), normal(n, 3, 1), 1],
	["one key", normal(n, 3, 1), normal(1, 3, 1), 1],
];

const locateOne = async (Q: Matrix, K: Matrix, scale: number, submatrix?: number): Promise<LocatedHead> =>
	(await locate(createOperands({ Q, K, V: K }, { scale }), submatrix === undefined ? {} : { submatrix }))[0];

describe.each(problems)("%s", (_, Q, K, scale) => {
	test("the least rank is never above the one that there is, nor above one that a method reaches or proves", async () => {
		const values = jacobiValues(softmax(Q, K, scale));
		for (const submatrix of [undefined, 45]) {
			const { ranks } = await locateOne(Q, K, scale, submatrix);
			for (const { delta, least, achieved, proven } of ranks) {
				expect(least, `${delta}`).toBeLessThanOrEqual(leastOf(values, delta * (1 + 1e-9)));
				for (const rank of [achieved?.hybrid, achieved?.nystrom, achieved?.polynomial, proven.hybrid, proven.nystrom])
					if (rank !== null && rank !== undefined) expect(rank).toBeGreaterThanOrEqual(least);
			}
		}
	});

	test("a rank that is proven is reached", async () => {
		const { ranks } = await locateOne(Q, K, scale);
		for (const { proven, achieved } of ranks)
			for (const method of ["hybrid", "nystrom"] as const)
				if (proven[method] !== null) expect(achieved?.[method] ?? Infinity).toBeLessThanOrEqual(proven[method]);
	});
});

test("with the whole matrix the least rank is the one that there is", async () => {
	const [, Q, K, scale] = problems[1];
	const values = jacobiValues(softmax(Q, K, scale));
	const { ranks } = await locateOne(Q, K, scale);
	for (const { delta, least } of ranks) expect(least).toBe(leastOf(values, delta));
});

test("heads are located one by one, with their geometry", async () => {
	const Q = { shape: [2, 50, 3], rows: normal(100, 3, 1) };
	const operands = createOperands({ Q, K: Q, V: Q }, { scale: 0.5 });
	const located = await locate(operands);
	expect(located.map(({ index }) => index)).toEqual([0, 1]);
	const own = headsOf(operands).map(({ Q }) =>
		Math.max(...Array.from({ length: 50 }, (_, j) => Math.max(...(Q as Matrix).row(j).map(Math.abs)))),
	);
	for (const [i, { geometry, entropy, verdict }] of located.entries()) {
		// B² = max|q| max|k| scale d.
		expect(geometry.B).toBeCloseTo(own[i] * Math.sqrt(1.5), 12);
		expect(geometry.overThreshold).toBeCloseTo(geometry.B / Math.sqrt(Math.log(50)), 12);
		expect(geometry.directions[2]).toBeLessThanOrEqual(3);
		expect(entropy.largest).toBeLessThanOrEqual(Math.log(50) + 1e-12);
		expect(["below", "near", "above"]).toContain(verdict);
	}
});

test("trained heads keep the order too", async () => {
	const path = fileURLToPath(
		new URL("../../../../experiments/heads/data/sentence-encoder-block1.npz", import.meta.url),
	);
	const { operands, close } = await openOperands(path, { dtype: "f64" });
	for (const { ranks } of await locate(operands))
		for (const { least, achieved } of ranks)
			for (const rank of [achieved?.hybrid, achieved?.nystrom])
				if (rank !== null && rank !== undefined) expect(rank).toBeGreaterThanOrEqual(least);
	close();
});

test.each([{ epsilon: 0 }, { epsilon: 1 }, { submatrix: 0 }, { submatrix: 1.5 }])("%j is refused", async (options) => {
	const Q = normal(5, 2, 1);
	await expect(locate(createOperands({ Q, K: Q, V: Q }), options)).rejects.toThrow(UsageError);
});
