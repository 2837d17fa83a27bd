import { createOperands, generateProblem, headsOf, scaledQueries } from "@attgrad/attention-problem";
import { Matrix, seededRandom, UsageError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { type LocatedHead, locate } from "./locate.ts";
import { jacobiSvd, leastOf, softmaxOf } from "./testing/by-definition.ts";

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
		const values = jacobiSvd(softmaxOf({ Q, K, scale })).values;
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
	const values = jacobiSvd(softmaxOf({ Q, K, scale })).values;
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

test.each([{ epsilon: 0 }, { epsilon: 1 }, { submatrix: 0 }, { submatrix: 1.5 }])("%j is refused", async (options) => {
	const Q = normal(5, 2, 1);
	await expect(locate(createOperands({ Q, K: Q, V: Q }), options)).rejects.toThrow(UsageError);
});
