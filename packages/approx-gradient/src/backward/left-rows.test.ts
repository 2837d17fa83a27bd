import { type BackwardProblem, createBackwardProblem, headsOf } from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { availableKernels, createRuntime, type Dtype, Matrix, seededRandom } from "@attgrad/matrix-core";
import { afterAll, describe, expect, test } from "vitest";
import { backwardPolynomial } from "./polynomial-backward.ts";

const runtimes = await Promise.all(
	(await availableKernels()).map((kernel) => createRuntime({ kernel, threads: kernel === "js" ? 1 : 2 })),
);
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));

interface Sizes {
	readonly batch?: number;
	readonly heads?: number;
	readonly keyHeads?: number;
	/** Added to every key, and to every value. */
	readonly offset?: number;
	readonly dtype?: Dtype;
	/** Of the first key, times the others. */
	readonly sink?: number;
}

/** Queries of which one in five looks at the first key, which is far longer than the others, or away from it. */
function sinks({ batch = 1, heads = 1, keyHeads = heads, offset = 0, dtype = "f64", sink = 100 }: Sizes = {}) {
	const random = seededRandom(5, `${heads} ${offset} ${sink}`);
	const [n_q, n_k, d, d_v] = [20, 31, 3, 2];
	const rows = (count: number, cols: number, entry: (row: number) => number): Matrix =>
		Matrix.build(count, cols, entry).as(dtype);
	const Q = rows(batch * heads * n_q, d, (j) => (j % 5 === 4 ? 4 : 0.02) * random.uniform(-1, 1));
	const K = rows(batch * keyHeads * n_k, d, (l) => offset + (l % n_k === 0 ? sink : 1) * 0.05 * random.uniform(0.5, 1));
	const V = rows(batch * keyHeads * n_k, d_v, () => offset + random.uniform(-1, 1));
	const dO = rows(batch * heads * n_q, d_v, () => random.uniform(-1, 1));
	const array = (rows: Matrix, heads: number) => ({
		rows,
		shape: [batch, heads, rows.rows / (batch * heads), rows.cols],
	});
	return createBackwardProblem(
		{ Q: array(Q, heads), K: array(K, keyHeads), V: array(V, keyHeads), dO: array(dO, heads) },
		{ scale: 0.7 },
	);
}

/** Expects rows without a polynomial, and every entry of every gradient and the outputs within their bounds, against whole numbers. */
async function expectProved(problem: BackwardProblem, runtime: (typeof runtimes)[number]): Promise<void> {
	const options = backwardPolynomial.options.parse({ degree: 5 });
	const got = await backwardPolynomial.run(problem, options, runtime, { output: true, rowBounds: true });
	expect(got.exactRows).toBeGreaterThan(0);
	expect(got.exactRows).toBeLessThan(problem.batch * problem.heads * problem.n_q);
	const { n_q, n_k, d, d_v, heads, keyHeads, scale } = problem;
	const of = { dQ: Matrix.zeros(got.dQ.rows, d), dK: Matrix.zeros(got.dK.rows, d), dV: Matrix.zeros(got.dV.rows, d_v) };
	for (const { index, keyIndex, Q, K, V, dO } of headsOf(problem)) {
		if (!dO) expect.unreachable("there is an upstream gradient");
		const one = createBackwardProblem({ Q, K, V, dO }, { scale });
		const truth = operatorTruth({ ...one, visible: () => true }, dO);
		of.dQ.data.set(truth.dQ.toMatrix().data, index * n_q * d);
		for (const [name, width] of [
			["dK", d],
			["dV", d_v],
		] as const)
			for (const [at, x] of truth[name].toMatrix().data.entries()) of[name].data[keyIndex * n_k * width + at] += x;
		const outputs = truth.output.toMatrix().data;
		for (const [at, x] of outputs.entries())
			expect(Math.abs((got.output?.data[index * n_q * d_v + at] ?? Number.NaN) - x)).toBeLessThan(0.01);
	}
	for (const name of ["dQ", "dK", "dV"] as const)
		for (const [at, x] of of[name].data.entries()) {
			const bound = got.certificate?.rowBounds?.[name][Math.floor(at / of[name].cols)] ?? 0;
			// The truth is rounded, once for each head of a group, and so is a result in single precision.
			const rounded =
				(heads / keyHeads) * 2 ** -52 * (1 + Math.abs(x)) + (problem.Q.dtype === "f32" ? 2 ** -24 : 0) * Math.abs(x);
			expect(Math.abs(got[name].data[at] - x), `${name} ${at}`).toBeLessThanOrEqual(bound + rounded);
		}
}

describe.each(runtimes)("rows that no polynomial serves, kernel $kernel", (runtime) => {
	test.each<Sizes>([
		{},
		{ batch: 2, heads: 2 },
		{ heads: 4, keyHeads: 2 },
		{ offset: 1e3 },
		{ offset: -1e6, sink: 1000 },
		{ dtype: "f32" },
	])("are within their bounds: %j", (sizes) => expectProved(sinks(sizes), runtime));

	test("have the numbers and lse of the exact pass", async () => {
		const problem = sinks({ heads: 4, keyHeads: 2, offset: 3 });
		const options = backwardPolynomial.options.parse({ degree: 9 });
		const got = await backwardPolynomial.run(problem, options, runtime, { output: true });
		for (const { index, Q, K } of headsOf(problem))
			for (let j = 0; j < problem.n_q; j++) {
				let sum = 0;
				for (let l = 0; l < problem.n_k; l++) {
					let score = 0;
					for (let b = 0; b < problem.d; b++) score += problem.scale * Q.at(j, b) * K.at(l, b);
					sum += Math.exp(score);
				}
				expect(got.lse?.[index * problem.n_q + j]).toBeCloseTo(Math.log(sum), 8);
			}
	});
});
