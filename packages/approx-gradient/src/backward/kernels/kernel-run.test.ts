import type { BackwardProblem, BackwardResult, Visibility } from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { arbitraryBackwardProblem, randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { definitionBackward } from "@attgrad/exact-gradient";
import { availableKernels, createRuntime, Matrix, maxAbs, type Runtime } from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { polynomialOperatorOutput } from "../output/polynomial-output.ts";
import { backwardPolynomial } from "../polynomial-backward.ts";

const runtimes = await Promise.all((await availableKernels()).map((kernel) => createRuntime({ kernel })));
const js = runtimes[0];
const fast = runtimes.slice(1);
const pair = await createRuntime({ threads: 3 });
afterAll(() => Promise.all([...runtimes, pair].map((runtime) => runtime.close())));

const names = ["dQ", "dK", "dV"] as const;

const run = (problem: BackwardProblem, given: object, runtime: Runtime): Promise<BackwardResult> =>
	backwardPolynomial.run(problem, backwardPolynomial.options.parse(given), runtime, { rowBounds: true });

const masks: readonly (readonly [string, Parameters<typeof randomBackwardProblem>[0]])[] = [
	["no mask", { n_q: 600, n_k: 700, d: 4, d_v: 4 }],
	["no mask, one width each", { n_q: 63, n_k: 111, d: 1, d_v: 1 }],
	["causal", { n_q: 300, n_k: 290, d: 3, d_v: 2, visibility: { mask: "causal" } }],
	["a window", { n_q: 300, n_k: 340, d: 2, d_v: 5, visibility: { mask: "causal", window: 100 } }],
	["a window of many segments", { n_q: 2100, n_k: 2100, d: 1, d_v: 2, visibility: { mask: "causal", window: 70 } }],
	["groups of packed heads", packed()],
];

function packed(): Parameters<typeof randomBackwardProblem>[0] {
	const visibility: Visibility = { mask: "causal", lengths: [100, 1, 199] };
	return { n_q: 300, n_k: 300, d: 3, d_v: 2, keyHeads: 2, group: 3, visibility };
}

describe.each(fast)("kernel $kernel", (runtime) => {
	test.each(masks)("%s: gradients and bounds are those of plain TypeScript but for rounding", async (_, shape) => {
		const problem = randomBackwardProblem({ spread: 1, ...shape });
		for (const degree of [1, 4, 5]) {
			// chunks of kernels are whole panels
			const given = { degree, chunk: 16 };
			const [got, want] = [await run(problem, given, runtime), await run(problem, given, js)];
			expect(got.exactRows).toBe(want.exactRows);
			for (const name of names) {
				const floor = want.certificate?.floatFloor?.[name] ?? 0;
				expect(difference(got[name], want[name]), name).toBeLessThanOrEqual(2 * floor);
				// kernels bound some sizes of keys and values by norms, others not as loosely
				expect(got.certificate?.bounds[name]).toBeGreaterThan(0.8 * (want.certificate?.bounds[name] ?? 0));
				expect(got.certificate?.bounds[name]).toBeLessThan(2 * (want.certificate?.bounds[name] ?? 0));
			}
			const ratio = (got.certificate?.output?.bound ?? 0) / (want.certificate?.output?.bound ?? 0);
			expect(Math.abs(Math.log2(ratio))).toBeLessThan(1);
			const [output, wanted] = [got.output, want.output];
			if (output && wanted) expect(difference(output, wanted)).toBeLessThan(1e-12);
			for (const [j, lse] of (want.lse ?? []).entries())
				if (Number.isFinite(lse)) expect(Math.abs((got.lse?.[j] ?? 0) - lse)).toBeLessThan(1e-12);
				else expect(got.lse?.[j]).toBe(lse);
		}
	});

	test("without slack, against whole numbers", async () => {
		for (const spread of [0.1, 1, 2]) {
			const problem = randomBackwardProblem({ n_q: 30, n_k: 30, d: 2, d_v: 3, spread, visibility: { mask: "causal" } });
			const exact = operatorTruth({ ...problem, visible: (j: number, l: number) => l <= j }, problem.dO);
			for (const degree of [1, 9, 15]) {
				const got = await run(problem, { degree, chunk: 8 }, runtime);
				expect(got.exactRows).toBeLessThan(30);
				for (const name of names) expectWithin(got, name, exact[name].toMatrix(), 2 ** -52);
				const output = exact.output.toMatrix();
				for (let j = 0; j < 30; j++) {
					const errors = Array.from({ length: 3 }, (_, i) => (got.output?.at(j, i) ?? 0) - output.at(j, i));
					expect(Math.hypot(...errors)).toBeLessThanOrEqual((got.certificate?.output?.rows?.[j] ?? 0) + 2 ** -52);
				}
			}
		}
	});

	test("the output alone is that of the backward pass, bit for bit", async () => {
		const problem = randomBackwardProblem({ n_q: 90, n_k: 90, d: 3, d_v: 2, visibility: { mask: "causal" } });
		const asked = backwardPolynomial.options.parse({ degree: 5, chunk: 8 });
		const alone = await polynomialOperatorOutput(problem, asked, runtime);
		const whole = await run(problem, { degree: 5, chunk: 8 }, runtime);
		expect(alone.output).toEqual(whole.output);
		expect(alone.lse).toEqual(whole.lse);
		expect(alone.rowBounds).toEqual(whole.certificate?.output?.rows);
	});

	test("bounds hold at every mask, width, number of heads and chunk", async () => {
		await fc.assert(
			fc.asyncProperty(
				arbitraryBackwardProblem({ maxN: 120, maxD: 4, spread: 1.5 }),
				fc.integer({ min: 1, max: 8 }),
				fc.integer({ min: 1, max: 24 }),
				async (problem, degree, chunk) => {
					const got = await run(problem, { degree, chunk }, runtime);
					const truth = definitionBackward(problem);
					// the definition's own error at sizes near 1
					const slack = 1e-14 * (problem.n_q + problem.n_k + 20);
					for (const name of names) expectWithin(got, name, truth[name], 0, slack);
				},
			),
			{ numRuns: 40 },
		);
	});

	test("single precision is computed in double from the given numbers, and rounded", async () => {
		const problem = randomBackwardProblem({ n_q: 70, n_k: 90, d: 2, d_v: 2, dtype: "f32" });
		const got = await run(problem, { degree: 9 }, runtime);
		const exact = operatorTruth({ ...problem, visible: () => true }, problem.dO);
		for (const name of names) {
			expect(got[name].dtype).toBe("f32");
			expectWithin(got, name, exact[name].toMatrix(), 2 ** -52);
		}
	});
});

test.each(masks)("%s: results have the same bits for every number of threads", async (_, shape) => {
	const problem = randomBackwardProblem({ spread: 1, ...shape, batch: 2 });
	const [one, several] = await Promise.all(
		[fast.at(-1) ?? js, pair].map((runtime) => run(problem, { degree: 4, chunk: 16 }, runtime)),
	);
	for (const name of names) {
		expect(several[name].data).toEqual(one[name].data);
		expect(several.certificate?.rowBounds?.[name]).toEqual(one.certificate?.rowBounds?.[name]);
	}
	expect(several.lse).toEqual(one.lse);
});

test.each([
	["no mask", { n_q: 1400, n_k: 900, d: 3, d_v: 2 }],
	["causal", { n_q: 1500, n_k: 1500, d: 2, d_v: 3, visibility: { mask: "causal" } }],
	["heads of a group", { n_q: 1100, n_k: 600, d: 2, d_v: 2, group: 2, keyHeads: 2 }],
] as const)("%s: queries go in pieces where memory is short, and bounds hold for the sums", async (_, shape) => {
	const problem = randomBackwardProblem({ spread: 1, ...shape });
	const plenty = fast.at(-1) ?? js;
	const whole = await run(problem, { degree: 5 }, plenty);
	const truth = definitionBackward(problem);
	const plain = await run(problem, { degree: 5 }, js);
	const same = (a: BackwardResult, b: BackwardResult) => names.every((name) => difference(a[name], b[name]) === 0);
	let inPieces = 0;
	for (let memoryLimit = 2 ** 22; memoryLimit > 2 ** 17; memoryLimit *= 0.9) {
		const small = await createRuntime({ kernel: plenty.kernel, memoryLimit });
		const got = await run(problem, { degree: 5 }, small);
		await small.close();
		for (const name of names) expectWithin(got, name, truth[name], 0, 1e-11);
		expect(got.exactRows).toBe(whole.exactRows);
		if (same(got, plain)) break;
		if (same(got, whole)) continue;
		inPieces++;
		for (const name of ["dK", "dV"] as const)
			expect(got.certificate?.bounds[name]).toBeGreaterThan(0.6 * (whole.certificate?.bounds[name] ?? 0));
	}
	expect(inPieces).toBeGreaterThan(0);
});

test("pieces that are begun again with less memory count their rows once", async () => {
	const shape = { n_q: 2200, n_k: 2200, d: 1, d_v: 1, visibility: { mask: "causal", window: 300 } } as const;
	const given = randomBackwardProblem({ spread: 1, ...shape });
	// Some rows that no polynomial serves.
	const Q = Matrix.build(2200, 1, (j, b) => given.Q.at(j, b) * (j % 37 === 0 ? 30 : 1));
	const problem = { ...given, Q };
	const plenty = fast.at(-1) ?? js;
	const whole = await run(problem, { degree: 5 }, plenty);
	expect(whole.exactRows).toBeGreaterThan(100);
	let begunAgain = 0;
	for (let memoryLimit = 2 ** 19; memoryLimit > 2 ** 18.5; memoryLimit *= 0.96) {
		const queries: number[] = [];
		const onProgress = (done: number) => queries.push(done);
		const small = await createRuntime({ kernel: plenty.kernel, memoryLimit, onProgress });
		const got = await run(problem, { degree: 5 }, small);
		await small.close();
		expect(got.exactRows).toBe(whole.exactRows);
		expect(queries.at(-1)).toBe(2200);
		if (queries.some((done, i) => done <= queries[i - 1])) begunAgain++;
	}
	expect(begunAgain).toBeGreaterThan(0);
});

test("parts that do not fit into the kernels' memory are computed in plain TypeScript", async () => {
	const problem = randomBackwardProblem({ n_q: 300, n_k: 300, d: 3, d_v: 2 });
	const small = await createRuntime({ memoryLimit: 2 ** 17 });
	const [got, want] = [await run(problem, { degree: 4 }, small), await run(problem, { degree: 4 }, js)];
	await small.close();
	for (const name of names) expect(got[name]).toEqual(want[name]);
	expect(got.exactRows).toBe(want.exactRows);
});

function difference(a: Matrix, b: Matrix): number {
	let most = 0;
	for (const [at, x] of a.data.entries()) most = Math.max(most, Math.abs(x - b.data[at]));
	return most;
}

/** Expects every row within its own bound; `relative` and `slack` are the error of the truth. */
function expectWithin(
	got: BackwardResult,
	name: (typeof names)[number],
	truth: Matrix,
	relative: number,
	slack = 0,
): void {
	expect(got.certificate?.kind).toBe("a-posteriori");
	const allowed = slack + relative * maxAbs(truth);
	for (let row = 0; row < truth.rows; row++)
		for (let b = 0; b < truth.cols; b++)
			expect(Math.abs(got[name].at(row, b) - truth.at(row, b)), `${name}[${row}, ${b}]`).toBeLessThanOrEqual(
				(got.certificate?.rowBounds?.[name][row] ?? 0) + allowed,
			);
}
