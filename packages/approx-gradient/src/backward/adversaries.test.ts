import { type BackwardProblem, type BackwardResult, headsOf, visibleKeys } from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { arbitraryBackwardProblem, randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { availableKernels, ComputationError, createRuntime, Matrix, maxAbs } from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { changed } from "../testing/problems.ts";
import { backwardPolynomial } from "./polynomial-backward.ts";

const runtimes = await Promise.all((await availableKernels()).map((kernel) => createRuntime({ kernel })));
const [js] = runtimes;
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));
const names = ["dQ", "dK", "dV"] as const;
const causal = { mask: "causal" } as const;

const run = (problem: BackwardProblem, given: object = {}): Promise<BackwardResult> =>
	backwardPolynomial.run(problem, backwardPolynomial.options.parse(given), js, { rowBounds: true });

/** Expects every entry of a single head within the bound of its row, against the definition in whole numbers. */
function expectProved(problem: BackwardProblem, got: BackwardResult): void {
	const { lo, hi } = visibleKeys(problem.visibility, problem.n_q, problem.n_k);
	const truth = operatorTruth({ ...problem, visible: (j, l) => lo[j] <= l && l < hi[j] }, problem.dO);
	expect(got.certificate?.kind).toBe("a-posteriori");
	for (const name of names) {
		const wanted = truth[name].toMatrix();
		for (const [at, x] of wanted.data.entries()) {
			const bound = got.certificate?.rowBounds?.[name][Math.floor(at / wanted.cols)] ?? 0;
			// the truth is rounded to doubles
			expect(Math.abs(got[name].data[at] - x), `${name} ${at}`).toBeLessThanOrEqual(bound + 2 ** -52 * Math.abs(x));
		}
	}
}

describe.each(runtimes)("adversaries of masks, kernel $kernel", (runtime) => {
	const run = (problem: BackwardProblem, given: object = {}): Promise<BackwardResult> =>
		backwardPolynomial.run(problem, backwardPolynomial.options.parse(given), runtime, { rowBounds: true });
	const given = randomBackwardProblem({ n_q: 40, n_k: 40, d: 2, d_v: 3, visibility: causal });

	test.each([1, 3, 8])("one heavy key early, degree %i", async (degree) => {
		for (const heavy of [4, 40, 300]) {
			const K = changed(given.K, (x, l) => (l === 2 ? heavy * x : x));
			expectProved({ ...given, K }, await run({ ...given, K }, { degree, chunk: 5 }));
		}
	});

	test.each([1, 3, 8])("prefixes whose normaliser is tiny, degree %i", async (degree) => {
		const Q = changed(given.Q, () => 1);
		// all early keys far below the late ones
		for (const fall of [3, 12, 800]) {
			const K = changed(given.K, (x, l) => (l < 20 ? x - fall : x));
			expectProved({ ...given, Q, K }, await run({ ...given, Q, K }, { degree, chunk: 5 }));
		}
	});

	test.each([64, 1e3, 1e9, 1e40])(
		"keys that a mask hides, at distance %f, spoil no row that does not see them",
		async (far) => {
			// only the last query sees the far key
			const K = changed(given.K, (x, l) => (l === 39 ? far * x : x));
			const problem = { ...given, K };
			const got = await run(problem, { degree: 7, chunk: 5 });
			expectProved(problem, got);
			const near = await run(given, { degree: 7, chunk: 5 });
			if (far > 1e3) return;
			for (let j = 0; j < 30; j++) {
				const [bound, usual] = [got, near].map(({ certificate }) => certificate?.rowBounds?.dQ[j] ?? 0);
				expect(bound).toBeLessThanOrEqual(1e3 * usual + 1e-9);
			}
		},
	);

	test("a query that sees one key has dQ exactly 0, and a window of one key proves it", async () => {
		const problem = { ...given, visibility: { ...causal, window: 1 } };
		const got = await run(problem, { degree: 3 });
		expect([maxAbs(got.dQ), maxAbs(got.dK), got.exactRows]).toEqual([0, 0, 40]);
		expect(got.certificate?.bounds.dQ).toBeLessThan(1e-100);
		expectProved(problem, got);
	});

	test.each([1e-200, 1e-60, 1e60])("entries of size %f", async (size) => {
		const problem = {
			...given,
			Q: changed(given.Q, (x) => x * size),
			K: changed(given.K, (x) => x / size),
			V: changed(given.V, (x) => x * size),
			dO: changed(given.dO, (x) => x * Math.min(1, 1 / size)),
		};
		expectProved(problem, await run(problem, { degree: 5, chunk: 5 }));
	});

	test("keys near the end of the range whose gradients are below it", async () => {
		const problem = {
			...given,
			Q: changed(given.Q, (x) => x * 1e-296),
			K: changed(given.K, (x) => x * 1e295),
			dO: changed(given.dO, (x) => x * 1e-322),
		};
		expectProved(problem, await run(problem, { degree: 1, chunk: 5 }));
	});

	test("gradients that single precision does not hold are refused", async () => {
		const single = (size: number, M: Matrix) => changed(M, (x) => x * size).as("f32");
		const { Q, K, V, dO } = given;
		const problem = { ...given, Q: Q.as("f32"), K: K.as("f32"), V: single(1e25, V), dO: single(1e25, dO) };
		await expect(run(problem, { degree: 3 })).rejects.toThrow("polynomial: dQ is beyond the range of f32");
	});

	test("numbers that were rounded when they were read are refused: the proof is about those that were given", async () => {
		const single = {
			...given,
			Q: given.Q.as("f32"),
			K: given.K.as("f32"),
			V: given.V.as("f32"),
			dO: given.dO.as("f32"),
		};
		expect((await run(single, { degree: 3 })).certificate?.kind).toBe("a-posteriori");
		const read = { ...single, roundedFrom: "f64" as const };
		expect(backwardPolynomial.supports(read, backwardPolynomial.options.parse({}))).toHaveProperty("reason");
		await expect(run(read, { degree: 3 })).rejects.toThrow("rounded from f64 to f32; read them as f64");
	});

	test("dO or values that are 0", async () => {
		for (const name of ["dO", "V", "Q", "K"] as const) {
			const problem = { ...given, [name]: changed(given[name], () => 0) };
			expectProved(problem, await run(problem, { degree: 3, chunk: 5 }));
		}
	});
});

describe("the polynomial backward pass", () => {
	test("is the formula with its own weights: with values that are unit vectors, outputs are the weights", async () => {
		let polynomialRows = 0;
		await fc.assert(
			fc.asyncProperty(
				arbitraryBackwardProblem({ maxN: 60, maxD: 3, maxHeads: 1 }),
				fc.integer({ min: 1, max: 6 }),
				fc.integer({ min: 1, max: 12 }),
				async (problem, degree, chunk) => {
					const { n_q, n_k, scale } = problem;
					const V = Matrix.build(problem.V.rows, n_k, (l, i) => (l % n_k === i ? 1 : 0));
					const units = { ...problem, V, dO: Matrix.zeros(problem.dO.rows, n_k), d_v: n_k };
					const { output: all = V } = await run(units, { degree, chunk });
					const got = await run(problem, { degree, chunk });
					polynomialRows += problem.batch * n_q - (got.exactRows ?? 0);
					for (const head of headsOf(problem)) {
						const from = head.index * n_q;
						const weights = all.slice(from, from + n_q);
						const wanted = plugIn(weights, head.Q, head.K, head.V, head.dO ?? head.V, scale);
						const made = { dQ: got.dQ.slice(from, from + n_q), ...headOf(got, head.keyIndex, n_k) };
						for (const name of names)
							expect(made[name]).toBeAllclose(wanted[name], { rtol: 0, atol: 1e-11 * (1 + maxAbs(wanted[name])) });
					}
				},
			),
			{ numRuns: 40 },
		);
		expect(polynomialRows).toBeGreaterThan(100);
	});

	test("chunks change results within the bounds, and rows that are exact are counted", async () => {
		const problem = randomBackwardProblem({ n_q: 90, n_k: 70, d: 3, d_v: 2, visibility: causal });
		const results = await Promise.all([1, 7, 16, 100].map((chunk) => run(problem, { degree: 7, chunk })));
		for (const got of results)
			for (const name of names)
				expect(got[name]).toBeAllclose(results[0][name], {
					rtol: 0,
					atol: (got.certificate?.bounds[name] ?? 0) + (results[0].certificate?.bounds[name] ?? 0),
				});
		// Queries 0..19 see no key. A chunk that no row sees wholly leaves all rows exact.
		expect(results.at(-1)?.exactRows).toBe(70);
		// the queries of chunks of 16 that see key chunk 0: those from 48 on, since 32 sees 13 keys
		expect(results[2].exactRows).toBe(48 - 20);
	});

	test("a permutation of the keys permutes dK and dV and changes nothing else but rounding", async () => {
		const problem = randomBackwardProblem({ n_q: 60, n_k: 75, d: 3, d_v: 2 });
		const turned = (M: Matrix) => Matrix.build(M.rows, M.cols, (l, b) => M.at((7 * l) % 75, b));
		const [still, moved] = await Promise.all([
			run(problem, { degree: 5, chunk: 8 }),
			run({ ...problem, K: turned(problem.K), V: turned(problem.V) }, { degree: 5, chunk: 8 }),
		]);
		expect(moved.dQ).toBeAllclose(still.dQ, { rtol: 0, atol: 1e-11 });
		expect(moved.dK).toBeAllclose(turned(still.dK), { rtol: 0, atol: 1e-11 });
		expect(moved.dV).toBeAllclose(turned(still.dV), { rtol: 0, atol: 1e-11 });
	});

	test("single precision is computed in double from the given numbers, and rounded", async () => {
		const problem = randomBackwardProblem({ n_q: 30, n_k: 33, d: 2, d_v: 2, visibility: causal, dtype: "f32" });
		const got = await run(problem, { degree: 11, chunk: 6 });
		expect(got.dQ.dtype).toBe("f32");
		expectProved(problem, got);
		expect(got.certificate?.floatFloor?.dV).toBeGreaterThan(2 ** -25 * maxAbs(got.dV));
	});

	test("raises the degree until epsilon or the relative bound is proved, or says what can be", async () => {
		const problem = randomBackwardProblem({ n_q: 80, n_k: 80, d: 2, d_v: 2, visibility: causal });
		const loose = await run(problem, { epsilon: 1e-2, chunk: 8 });
		const tight = await run(problem, { epsilon: 1e-7, chunk: 8 });
		expect(Number(tight.degree)).toBeGreaterThan(Number(loose.degree));
		const relative = await run(problem, { relative: 1e-4, chunk: 8 });
		for (const name of names) {
			expect(tight.certificate?.bounds[name]).toBeLessThanOrEqual(1e-7);
			expect(relative.certificate?.bounds[name]).toBeLessThanOrEqual(1e-4 * maxAbs(relative[name]));
		}
		const impossible = run(problem, { epsilon: 1e-25, chunk: 8 });
		await expect(impossible).rejects.toThrow(/no degree proves epsilon 1e-25; degree \d+ proves .* times that/);
		await expect(impossible).rejects.toBeInstanceOf(ComputationError);
	});
});

const headOf = ({ dK, dV }: BackwardResult, keyIndex: number, n_k: number) => ({
	dK: dK.slice(keyIndex * n_k, (keyIndex + 1) * n_k),
	dV: dV.slice(keyIndex * n_k, (keyIndex + 1) * n_k),
});

/** dQ, dK and dV made of given weights by the definition, entry by entry. */
function plugIn(f: Matrix, Q: Matrix, K: Matrix, V: Matrix, dO: Matrix, scale: number) {
	const total = (count: number, term: (at: number) => number) =>
		Array.from({ length: count }, (_, at) => term(at)).reduce((sum, x) => sum + x, 0);
	const y = (j: number, l: number) => total(V.cols, (i) => V.at(l, i) * dO.at(j, i));
	const delta = Array.from({ length: f.rows }, (_, j) => total(f.cols, (l) => f.at(j, l) * y(j, l)));
	const dS = Matrix.build(f.rows, f.cols, (j, l) => scale * f.at(j, l) * (y(j, l) - delta[j]));
	return {
		dQ: Matrix.build(f.rows, K.cols, (j, b) => total(f.cols, (l) => dS.at(j, l) * K.at(l, b))),
		dK: Matrix.build(f.cols, K.cols, (l, b) => total(f.rows, (j) => dS.at(j, l) * Q.at(j, b))),
		dV: Matrix.build(f.cols, V.cols, (l, i) => total(f.rows, (j) => f.at(j, l) * dO.at(j, i))),
	};
}
