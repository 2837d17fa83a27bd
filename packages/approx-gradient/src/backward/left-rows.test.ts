import { type BackwardProblem, createBackwardProblem, headsOf, visibleKeys } from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { availableKernels, ComputationError, createRuntime, Matrix } from "@attgrad/matrix-core";
import { afterAll, describe, expect, test, vi } from "vitest";
import { maskedSinks, type SinkSizes, sinks } from "../testing/sinks.ts";
import { exactPass } from "./hybrid/exact-part.ts";
import { backwardPolynomial } from "./polynomial-backward.ts";

// As it is, with its calls counted.
vi.mock("./hybrid/exact-part.ts", { spy: true });

const runtimes = await Promise.all(
	(await availableKernels()).map((kernel) => createRuntime({ kernel, threads: kernel === "js" ? 1 : 2 })),
);
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));

type Truth = Record<"dQ" | "dK" | "dV" | "output", Matrix>;

/** The sums of all heads by whole numbers, which take a while: once for all kernels. */
const truths = new Map<string, Truth>();

function truthOf(problem: BackwardProblem, key: string): Truth {
	const known = truths.get(key);
	if (known) return known;
	const { batch, heads, keyHeads, n_q, n_k, d, d_v, scale, visibility } = problem;
	const [queries, keys] = [batch * heads * n_q, batch * keyHeads * n_k];
	const of = { dQ: Matrix.zeros(queries, d), dK: Matrix.zeros(keys, d), dV: Matrix.zeros(keys, d_v) };
	const made = { ...of, output: Matrix.zeros(queries, d_v) };
	const { lo, hi } = visibleKeys(visibility, n_q, n_k);
	for (const { index, keyIndex, Q, K, V, dO } of headsOf(problem)) {
		if (!dO) expect.unreachable("there is an upstream gradient");
		const truth = operatorTruth({ Q, K, V, scale, visible: (j, l) => lo[j] <= l && l < hi[j] }, dO);
		made.dQ.data.set(truth.dQ.toMatrix().data, index * n_q * d);
		made.output.data.set(truth.output.toMatrix().data, index * n_q * d_v);
		for (const [name, width] of [
			["dK", d],
			["dV", d_v],
		] as const)
			for (const [at, x] of truth[name].toMatrix().data.entries()) made[name].data[keyIndex * n_k * width + at] += x;
	}
	truths.set(key, made);
	return made;
}

/** Expects rows without a polynomial, and every entry of every gradient and the outputs within their bounds, against whole numbers. */
async function expectProved(problem: BackwardProblem, runtime: (typeof runtimes)[number], key: string): Promise<void> {
	const options = backwardPolynomial.options.parse({ degree: 5 });
	const got = await backwardPolynomial.run(problem, options, runtime, { output: true, rowBounds: true });
	expect(got.exactRows).toBeGreaterThan(0);
	expect(got.exactRows).toBeLessThan(problem.batch * problem.heads * problem.n_q);
	const of = truthOf(problem, key);
	for (const [at, x] of of.output.data.entries())
		expect(Math.abs((got.output?.data[at] ?? Number.NaN) - x)).toBeLessThan(0.01);
	for (const name of ["dQ", "dK", "dV"] as const)
		for (const [at, x] of of[name].data.entries()) {
			const bound = got.certificate?.rowBounds?.[name][Math.floor(at / of[name].cols)] ?? 0;
			// The truth is rounded, once for each head of a group, and so is a result in single precision.
			const rounded =
				(problem.heads / problem.keyHeads) * 2 ** -52 * (1 + Math.abs(x)) +
				(problem.Q.dtype === "f32" ? 2 ** -24 : 0) * Math.abs(x);
			expect(Math.abs(got[name].data[at] - x), `${name} ${at}`).toBeLessThanOrEqual(bound + rounded);
		}
}

describe.each(runtimes)("rows that no polynomial serves, kernel $kernel", (runtime) => {
	test.each<SinkSizes>([
		{},
		{ batch: 2, heads: 2 },
		{ heads: 4, keyHeads: 2 },
		{ offset: 1e3 },
		{ offset: -1e6, sink: 1000 },
		{ dtype: "f32" },
	])("are within their bounds: %j", (sizes) => expectProved(sinks(sizes), runtime, JSON.stringify(sizes)));

	test.each(maskedSinks)("are within their bounds under masks, by the exact pass: %j", async (sizes) => {
		vi.mocked(exactPass).mockClear();
		await expectProved(sinks(sizes), runtime, JSON.stringify(sizes));
		if (runtime.kernel !== "js") expect(exactPass).toHaveBeenCalled();
	});

	test.each([
		[1e150, 1e-312],
		[1e100, 1e20],
		[1e-150, 1e140],
	])("are within their bounds for queries of size %d at a scale of %d", async (size, scale) => {
		const { Q, K, V, dO } = sinks();
		const times = ({ rows, cols, data }: Matrix, factor: number) =>
			Matrix.build(rows, cols, (j, b) => data[j * cols + b] * factor);
		const given = { Q: times(Q, size), K: times(K, 1 / size / scale), V, dO };
		await expectProved(createBackwardProblem(given, { scale }), runtime, `${size} ${scale}`);
	});

	test("fail where values about their centre overflow", async () => {
		const { Q, K, V, dO, scale } = sinks();
		const far = Matrix.build(V.rows, V.cols, (l) => (l === 0 ? 1.7e308 : -0.9e308));
		const problem = createBackwardProblem({ Q, K, V: far, dO }, { scale });
		const options = backwardPolynomial.options.parse({ degree: 5 });
		await expect(backwardPolynomial.run(problem, options, runtime)).rejects.toThrow(ComputationError);
	});

	test("have rounding that heads with keys of their own do not share", async () => {
		const floorsOf = async (heads: number) => {
			const { Q, K, V, dO, scale } = sinks();
			const repeated = ({ rows, cols, data }: Matrix) => ({
				rows: Matrix.build(heads * rows, cols, (row, b) => data[(row % rows) * cols + b]),
				shape: [1, heads, rows, cols],
			});
			const given = { Q: repeated(Q), K: repeated(K), V: repeated(V), dO: repeated(dO) };
			const options = backwardPolynomial.options.parse({ degree: 5 });
			const got = await backwardPolynomial.run(createBackwardProblem(given, { scale }), options, runtime);
			expect(got.exactRows).toBeGreaterThan(0);
			return got.certificate?.floatFloor;
		};
		expect(await floorsOf(4)).toEqual(await floorsOf(1));
	});

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
