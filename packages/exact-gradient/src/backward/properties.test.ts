import { type BackwardProblem, headsOf } from "@attgrad/attention-problem";
import { arbitraryBackwardProblem, randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { Matrix, maxAbs, seededRandom } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { backwardTolerance, backwardWays, doubleBackwardWays, rounded } from "../testing/backward-ways.ts";
import { definitionBackward } from "./definition.ts";

/** Σ <dO, O> of the problem's operator: the function whose gradients the backward pass gives. */
function value(problem: BackwardProblem): number {
	const { output = Matrix.zeros(0, 0) } = definitionBackward(problem);
	let sum = 0;
	for (const [i, o] of output.data.entries()) sum += o * problem.dO.data[i];
	return sum;
}

/** Rows of a matrix in another order. */
const permuted = (rows: Matrix, order: readonly number[]): Matrix =>
	Matrix.build(rows.rows, rows.cols, (i, j) => rows.at(order[i], j), rows.dtype);

const results = ["output", "dQ", "dK", "dV"] as const;

describe("the definition", () => {
	test("agrees with central differences in every direction", () => {
		fc.assert(
			fc.property(arbitraryBackwardProblem({ maxN: 12, maxD: 4 }), fc.nat(), (problem, seed) => {
				const { dQ, dK, dV } = definitionBackward(problem);
				const random = seededRandom(seed);
				const h = 1e-4;
				for (const [name, gradient] of Object.entries({ Q: dQ, K: dK, V: dV }) as ["Q" | "K" | "V", Matrix][]) {
					const along = Float64Array.from(gradient.data, () => random.uniform(-1, 1));
					const moved = (step: number) => {
						const { rows, cols, data } = problem[name];
						return value({
							...problem,
							[name]: new Matrix(rows, cols, data.map((x, i) => x + step * along[i]) as Float64Array),
						});
					};
					const difference = (moved(h) - moved(-h)) / (2 * h);
					const slope = along.reduce((sum, x, i) => sum + x * gradient.data[i], 0);
					// third derivatives of order ‖along‖³ |dO| times h², and rounding n u / h
					const size = along.length * maxAbs(problem.dO) * problem.dO.data.length;
					expect(Math.abs(difference - slope)).toBeLessThanOrEqual(size * (h * h + 1e-15 / h));
				}
			}),
			{ numRuns: 60 },
		);
	});
});

describe.each(backwardWays)("$name", (way) => {
	test("agrees with the definition, at every mask, width and number of heads", async () => {
		await fc.assert(
			fc.asyncProperty(arbitraryBackwardProblem({ maxN: 129 }), async (given) => {
				const problem = rounded(rounded(given, way.dtype), "f64");
				const [truth, got] = [definitionBackward(problem), await way.run(problem)];
				const tolerance = backwardTolerance(problem, way.roundoff);
				for (const name of results)
					expect(got[name].as("f64"), name).toBeAllclose(truth[name] as Matrix, { rtol: 0, atol: tolerance[name] });
				truth.lse?.forEach((lse, j) => {
					if (Number.isFinite(lse)) expect(Math.abs(got.lse[j] - lse)).toBeLessThanOrEqual(tolerance.lse);
					else expect(got.lse[j]).toBe(lse);
				});
			}),
			{ numRuns: 25 },
		);
	});

	test("is safe with scores of any size", async () => {
		await fc.assert(
			fc.asyncProperty(arbitraryBackwardProblem({ maxN: 40, spread: 60 }), async (given) => {
				const problem = rounded(rounded(given, way.dtype), "f64");
				const [truth, got] = [definitionBackward(problem), await way.run(problem)];
				const tolerance = backwardTolerance(problem, way.roundoff);
				for (const name of results)
					expect(got[name].as("f64"), name).toBeAllclose(truth[name] as Matrix, { rtol: 0, atol: tolerance[name] });
			}),
			{ numRuns: 15 },
		);
	});

	test("a query that sees no key has output and gradient 0, and lse −infinity", async () => {
		const problem = randomBackwardProblem({ n_q: 30, n_k: 9, d: 3, d_v: 2, visibility: { mask: "causal" } });
		const { output, lse, dQ } = await way.run(problem);
		for (let j = 0; j < 21; j++) {
			expect(Array.from(output.row(j))).toEqual([0, 0]);
			expect(Array.from(dQ.row(j))).toEqual([0, 0, 0]);
			expect(lse[j]).toBe(Number.NEGATIVE_INFINITY);
		}
		expect(lse.subarray(21).every(Number.isFinite)).toBe(true);
	});

	test("the gradient in a query that sees one key is exactly 0", async () => {
		const lengths = Array.from({ length: 37 }, () => 1);
		for (const spread of [1, 100]) {
			const packed = randomBackwardProblem({
				n_q: 37,
				n_k: 37,
				d: 3,
				d_v: 5,
				spread,
				visibility: { mask: "none", lengths },
			});
			const window = { ...packed, visibility: { mask: "causal", window: 1 } } as const;
			for (const problem of [packed, window]) {
				const { dQ, dK } = await way.run(problem);
				expect(maxAbs(dQ)).toBe(0);
				expect(maxAbs(dK)).toBe(0);
			}
		}
	});

	test("a common offset of the keys changes no gradient: rows of dS sum to 0", async () => {
		// powers of two, so that shifted keys are exact
		const given = randomBackwardProblem({ n_q: 50, n_k: 65, d: 3, d_v: 2, visibility: { mask: "causal" } });
		const short = (M: Matrix) => Matrix.build(M.rows, M.cols, (i, j) => Math.round(M.at(i, j) * 256) / 256);
		const problem = { ...given, Q: short(given.Q), K: short(given.K) };
		const moved = { ...problem, K: Matrix.build(problem.K.rows, 3, (l, b) => problem.K.at(l, b) + 2 ** b) };
		const tolerance = backwardTolerance(moved, way.roundoff);
		const [still, shifted] = [await way.run(problem), await way.run(moved)];
		for (const name of results) expect(shifted[name]).toBeAllclose(still[name], { rtol: 0, atol: 2 * tolerance[name] });
	});

	test("p 1 = 0: gradients of the keys of a head sum to 0, under every mask", async () => {
		await fc.assert(
			fc.asyncProperty(arbitraryBackwardProblem({ maxN: 40, dtype: way.dtype }), async (problem) => {
				const { n_k, d, batch, keyHeads } = problem;
				const { dK } = await way.run(problem);
				const tolerance = backwardTolerance(problem, way.roundoff);
				for (let head = 0; head < batch * keyHeads; head++)
					for (let b = 0; b < d; b++) {
						let sum = 0;
						for (let l = 0; l < n_k; l++) sum += dK.at(head * n_k + l, b);
						expect(Math.abs(sum)).toBeLessThanOrEqual(n_k * tolerance.dK);
					}
			}),
			{ numRuns: 10 },
		);
	});

	test("keys far away from the others cost no digits", async () => {
		const given = randomBackwardProblem({ n_q: 20, n_k: 40, d: 3, d_v: 2 });
		const far = way.dtype === "f64" ? 1e15 : 1e9;
		const positive = Matrix.build(20, 3, (j, b) => (b === 0 ? 1 : given.Q.at(j, b)));
		const masked = (l: number) => l % 2 === 1;
		const K = Matrix.build(40, 3, (l, b) => (b === 0 && masked(l) ? -far : given.K.at(l, b)));
		const got = await way.run({ ...given, Q: positive, K });
		const near = { ...given, Q: positive, n_k: 20, K: permuted(given.K, even), V: permuted(given.V, even) };
		near.K = near.K.slice(0, 20);
		near.V = near.V.slice(0, 20);
		const truth = definitionBackward(rounded(rounded(near, way.dtype), "f64"));
		const tolerance = backwardTolerance(near, way.roundoff);
		for (const name of ["output", "dQ"] as const)
			expect(got[name].as("f64")).toBeAllclose(truth[name] as Matrix, { rtol: 0, atol: tolerance[name] });
		for (const name of ["dK", "dV"] as const)
			expect(permuted(got[name], even).slice(0, 20).as("f64")).toBeAllclose(truth[name], {
				rtol: 0,
				atol: tolerance[name],
			});
	});
});

/** The even rows of 40, then the odd ones. */
const even = Array.from({ length: 40 }, (_, i) => (i < 20 ? 2 * i : 2 * i - 39));

describe.each(doubleBackwardWays)("$name", (way) => {
	test("without a mask a permutation of the keys permutes dK and dV and changes nothing else", async () => {
		const problem = randomBackwardProblem({ n_q: 33, n_k: 40, d: 4, d_v: 3 });
		const turned = { ...problem, K: permuted(problem.K, even), V: permuted(problem.V, even) };
		const [still, moved] = [await way.run(problem), await way.run(turned)];
		const tolerance = backwardTolerance(problem, 2 * way.roundoff);
		expect(moved.dQ).toBeAllclose(still.dQ, { rtol: 0, atol: tolerance.dQ });
		expect(moved.output).toBeAllclose(still.output, { rtol: 0, atol: tolerance.output });
		expect(moved.dK).toBeAllclose(permuted(still.dK, even), { rtol: 0, atol: tolerance.dK });
		expect(moved.dV).toBeAllclose(permuted(still.dV, even), { rtol: 0, atol: tolerance.dV });
	});

	test("heads of a group are the sum of what they are alone", async () => {
		const problem = randomBackwardProblem({ n_q: 21, n_k: 30, d: 4, d_v: 5, keyHeads: 2, group: 2, batch: 2 });
		const together = await way.run(problem);
		const sums = { dK: Matrix.zeros(problem.K.rows, 4), dV: Matrix.zeros(problem.K.rows, 5) };
		for (const { index, keyIndex, Q, K, V, dO = Q } of headsOf(problem)) {
			const one = { ...problem, Q, K, V, dO, batch: 1, heads: 1, keyHeads: 1, axes: 2 };
			const alone = await way.run(one);
			const tolerance = backwardTolerance(one, 2 * way.roundoff);
			const rows = together.dQ.slice(index * 21, (index + 1) * 21);
			expect(rows).toBeAllclose(alone.dQ, { rtol: 0, atol: tolerance.dQ });
			for (const name of ["dK", "dV"] as const)
				for (const [i, x] of alone[name].data.entries()) sums[name].data[keyIndex * alone[name].data.length + i] += x;
		}
		const tolerance = backwardTolerance(problem, 2 * way.roundoff);
		expect(together.dK).toBeAllclose(sums.dK, { rtol: 0, atol: tolerance.dK });
		expect(together.dV).toBeAllclose(sums.dV, { rtol: 0, atol: tolerance.dV });
	});

	test("packed sequences do not see each other: each is what it is alone", async () => {
		const lengths = [1, 20, 7, 22];
		const problem = randomBackwardProblem({ n_q: 50, n_k: 50, d: 4, d_v: 4, visibility: { mask: "causal", lengths } });
		const all = await way.run(problem);
		let from = 0;
		for (const length of lengths) {
			const rows = (M: Matrix) => M.slice(from, from + length);
			const [Q, K, V, dO] = [problem.Q, problem.K, problem.V, problem.dO].map(rows) as [Matrix, Matrix, Matrix, Matrix];
			const one = { ...problem, Q, K, V, dO, n_q: length, n_k: length, visibility: { mask: "causal" } } as const;
			const alone = await way.run(one);
			const tolerance = backwardTolerance(problem, 2 * way.roundoff);
			for (const name of results) expect(rows(all[name])).toBeAllclose(alone[name], { rtol: 0, atol: tolerance[name] });
			from += length;
		}
	});
});
