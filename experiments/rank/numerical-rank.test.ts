import { frobeniusNorm, Matrix, seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { nystromRanks, randomFeatureCount, rankWithin, singularValues } from "./numerical-rank.ts";

const random = seededRandom(1, "numerical-rank");
const normals = (rows: number, cols: number, size = 1) => Matrix.build(rows, cols, () => size * random.normal());

const kernel = (x: Matrix, y: Matrix) =>
	Matrix.build(x.rows, y.rows, (j, l) => {
		let score = 0;
		for (let b = 0; b < x.cols; b++) score += x.at(j, b) * y.at(l, b);
		return Math.exp(score);
	});

test("singular values of a diagonal matrix are its entries without their signs, the small ones too", () => {
	const entries = [3, -2, 1e-9, 0];
	const values = singularValues(Matrix.build(4, 4, (i, j) => (i === j ? entries[i] : 0)));
	expect([...values]).toEqual([3, 2, 1e-9, 0].map((value) => expect.closeTo(value, 14)));
});

test("the squares of the singular values sum to the squares of the entries", () => {
	const A = normals(17, 17);
	const sum = singularValues(A).reduce((total, value) => total + value * value, 0);
	// 17² terms, each rounded by a few u.
	expect(sum / frobeniusNorm(A) ** 2).toBeCloseTo(1, 13);
});

test("the rank within δ leaves out just what the norm allows", () => {
	const values = Float64Array.of(3, 4e-1, 3e-1, 1e-5);
	expect(rankWithin(values, 1e-9)).toBe(4);
	expect(rankWithin(values, 1e-3)).toBe(3);
	// The tail of two is 0.5 of a norm of about 3.04.
	expect(rankWithin(values, 0.17)).toBe(1);
	expect(rankWithin(values, 0.16)).toBe(2);
});

test("as many Nyström columns as points leave nothing, and never fewer than the numerical rank do", () => {
	const [x, y] = [normals(12, 2, 0.7), normals(12, 2, 0.7)];
	const A = kernel(x, y);
	const deltas = [1e-1, 1e-3];
	const order = Array.from({ length: 12 }, (_, i) => i);
	const reached = nystromRanks(A, kernel(y, y), order, deltas);
	expect(reached).toHaveLength(2);
	const values = singularValues(A);
	for (const [i, delta] of deltas.entries()) expect(reached[i]).toBeGreaterThanOrEqual(rankWithin(values, delta));
	expect(nystromRanks(A, kernel(y, y), order.slice(0, 1), [1e-12])).toEqual([]);
});

test("one key that all others equal is enough of them", () => {
	const y = Matrix.build(5, 3, (_, b) => b / 3);
	const x = normals(5, 3);
	expect(nystromRanks(kernel(x, y), kernel(y, y), [2, 0], [1e-12])).toEqual([1]);
});

test("so many random features have the squared error that is asked for, on average", () => {
	const [x, y] = [normals(6, 2, 0.4), normals(6, 2, 0.4)];
	const A = kernel(x, y);
	const delta = 0.2;
	const count = Math.round(randomFeatureCount(A, x, y, delta));
	const norms = (rows: Matrix) => Array.from({ length: rows.rows }, (_, j) => Math.hypot(...rows.row(j)) ** 2);
	const [xs, ys] = [norms(x), norms(y)];
	let squares = 0;
	const trials = 300;
	for (let trial = 0; trial < trials; trial++) {
		const sums = new Float64Array(36);
		for (let m = 0; m < count; m++) {
			const w = [random.normal(), random.normal()] as const;
			for (let j = 0; j < 6; j++)
				for (let l = 0; l < 6; l++) {
					const along = w[0] * (x.at(j, 0) + y.at(l, 0)) + w[1] * (x.at(j, 1) + y.at(l, 1));
					sums[6 * j + l] += Math.exp(along - (xs[j] + ys[l]) / 2) / count;
				}
		}
		for (let i = 0; i < 36; i++) squares += (sums[i] - A.data[i]) ** 2 / trials;
	}
	const expected = delta ** 2 * frobeniusNorm(A) ** 2;
	// The mean of 300 trials of a squared error with about as much spread as its mean: a fifth is over three deviations.
	expect(squares / expected).toBeGreaterThan(0.8);
	expect(squares / expected).toBeLessThan(1.2);
});
