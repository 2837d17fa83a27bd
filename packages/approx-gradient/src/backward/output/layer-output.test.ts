import {
	type AttentionLayer,
	asDtype,
	computeOutput,
	createProblem,
	generateProblem,
	projectedLayer,
	runLayers,
	selfAttentionLayer,
} from "@attgrad/attention-problem";
import { ExactMatrix, exactOutput, truthOf } from "@attgrad/attention-problem/reference";
import { arbitraryProblem } from "@attgrad/attention-problem/testing";
import { attentionLayers, exactForward } from "@attgrad/exact-gradient";
import {
	availableKernels,
	createRuntime,
	Matrix,
	maxAbs,
	maxAbsDifference,
	type Runtime,
	scale,
	seededRandom,
} from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { polynomialForward, polynomialOutput } from "../../polynomial/polynomial-forward.ts";
import { layerFits, prepareLayerOutput } from "./layer-output.ts";

const runtimes = await Promise.all((await availableKernels()).map((kernel) => createRuntime({ kernel, threads: 2 })));
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));

const byRows = { basis: "gauss" as const };
const random = seededRandom(5);
const square = (d: number, size = 1) => Matrix.build(d, d, () => random.uniform(-size, size));

/** Expects every row of an output to be within its own bound of the true one of the numbers that were given; gives the largest bound. */
async function expectWithinRows(
	given: AttentionLayer,
	read: AttentionLayer,
	degree: number,
	runtime: Runtime,
): Promise<number> {
	const truth = truthOf({ ...given, E: Matrix.zeros(given.n, given.d) }).output;
	const output = Matrix.zeros(read.n, read.d, read.A1.dtype);
	const options = polynomialForward.options.parse({ degree, ...byRows });
	const { rowBounds, certificate } = await polynomialOutput(read, options, runtime, (from, rows) =>
		output.data.set(rows.data, from * read.d),
	);
	expect(truth.distanceTo(output)).toBeLessThanOrEqual(certificate.bound);
	// entries of the truth as doubles are off by half a unit in the last place
	const exact = truth.toMatrix();
	for (let j = 0; j < read.n; j++) {
		const errors = Array.from({ length: read.d }, (_, i) => output.at(j, i) - exact.at(j, i));
		expect(Math.hypot(...errors)).toBeLessThanOrEqual((rowBounds?.[j] ?? 0) + 2 ** -52 * maxAbs(exact));
	}
	return certificate.bound;
}

describe.each(runtimes.map((runtime) => [runtime.kernel, runtime] as const))(
	"rows' own polynomials on %s",
	(kernel, runtime) => {
		const runs = kernel === "js" ? 40 : 20;

		test("each row is within its bound of whole-number truth, at every degree", async () => {
			const problems = fc.oneof(...[0.3, 1, 2].map((B) => arbitraryProblem({ B, maxN: 20, maxD: 3 })));
			const property = fc.asyncProperty(problems, fc.integer({ min: 1, max: 9 }), async (problem, degree) => {
				await expectWithinRows(problem, problem, degree, runtime);
			});
			await fc.assert(property, { numRuns: runs, seed: 1 });
		});

		test("the bound is about the numbers that were given, where reading rounded them", async () => {
			for (const distribution of ["uniform", "gaussian", "biased"] as const) {
				const given = generateProblem({ distribution, n: 17, d: 3, B: 1, seed: 2 });
				const mixed = { ...given, X: square(3), Y: square(3) };
				const near = { ...given, X: Matrix.build(3, 3, (a, b) => (a === b ? 1 + 2 ** -26 : 2 ** -28)) };
				for (const problem of [given, mixed, near]) {
					const bound = await expectWithinRows(problem, asDtype(problem, "f32"), 11, runtime);
					expect(bound).toBeGreaterThan(2 ** -26 * maxAbs(problem.A3));
					expect(bound).toBeLessThan(1e-4);
				}
			}
		});

		test("products A1 X and A3 Y of other magnitudes are within their rounding, entries that cancel in them too", async () => {
			const { A1, A2, A3 } = generateProblem({ distribution: "uniform", n: 17, d: 2, B: 1, seed: 3 });
			const flat = Matrix.build(17, 2, (j, b) => 1e8 * (1 - 2 * b) + A1.at(j, 0));
			const X = Matrix.build(2, 2, () => 0.5);
			for (const of of [
				{ A1: flat, A2, A3, X, Y: square(2) },
				{ A1, A2, A3: scale(A3, 1e200), X: square(2), Y: scale(square(2), 1e-100) },
				{ A1: scale(A1, 1e-160), A2: scale(A2, 1e150), A3: scale(A3, 1e-300), X: scale(square(2), 1e10), Y: square(2) },
			]) {
				const problem = createProblem({ ...of, E: Matrix.zeros(17, 2) });
				await expectWithinRows(problem, problem, 9, runtime);
			}
		});

		test("proves less than a tenth of what one polynomial leaves, at the same odd degree", async () => {
			for (const distribution of ["uniform", "gaussian", "clustered"] as const) {
				const problem = generateProblem({ distribution, n: 600, d: 4, B: 1, seed: 4 });
				const bound = async (basis: "gauss" | "chebyshev") =>
					(await computeOutput(polynomialForward, problem, { degree: 5, basis }, runtime)).certificate?.bound ?? 0;
				expect(await bound("gauss")).toBeLessThan(0.1 * (await bound("chebyshev")));
			}
		});

		test("a relative error is that of the largest entry of the exact output, and zero is told", async () => {
			const problem = generateProblem({ distribution: "gaussian", n: 300, d: 3, B: 0.7, seed: 8 });
			const { output, relative, exactRows } = await computeOutput(
				polynomialForward,
				problem,
				{ relative: 1e-5, ...byRows },
				runtime,
			);
			const truth = await computeOutput(exactForward, problem, {}, runtime);
			expect(relative).toBeLessThanOrEqual(1e-5);
			expect(maxAbsDifference(output, truth.output)).toBeLessThanOrEqual((relative ?? 0) * maxAbs(truth.output));
			expect(exactRows).toBe(0);
			for (const n of [63, 4100]) {
				const { A1 } = generateProblem({ distribution: "uniform", n, d: 2, B: 1, seed: 9 });
				const none = projectedLayer({ Q: A1, K: A1, V: Matrix.zeros(n, 2) });
				const zero = await computeOutput(polynomialForward, none, byRows, runtime);
				expect(zero.remark).toMatch(/cannot be told from zero/);
				expect(zero.certificate?.bound).toBeLessThan(1e-6);
			}
		});

		test("layers in a row are within what is carried through all of them", async () => {
			const layers = [1, 2, 3].map(() => ({ Q: square(3), K: square(3), V: square(3) }));
			const input = Matrix.build(40, 3, () => random.uniform(-1, 1));
			const exact = attentionLayers(layers, input);
			const chosen = {
				algorithm: polynomialForward,
				options: polynomialForward.options.parse({ epsilon: 1e-9, ...byRows }),
			};
			const output = Matrix.zeros(40, 3);
			const runs = await runLayers(chosen, input, layers, undefined, runtime, (from, rows) =>
				output.data.set(rows.data, from * 3),
			);
			for (const { certificate } of runs) expect(certificate?.bound).toBeLessThanOrEqual(1e-9);
			expect(maxAbsDifference(output, exact[2])).toBeLessThanOrEqual((runs[2].throughError ?? 0) + 1e-13);
		});

		test("weights whose product cancels are within their rounding", async () => {
			const Q = Matrix.fromRows([
				[1e8, 1e8],
				[3, 1],
			]);
			const K = Matrix.fromRows([
				[1e-8, -1e-8],
				[0.5, 0.25],
			]);
			const input = Matrix.build(12, 2, () => random.uniform(-1, 1));
			const layer = selfAttentionLayer(input, { Q, K, V: square(2) }, 0.5);
			const options = { degree: 15, ...byRows };
			const { output, certificate } = await computeOutput(polynomialForward, layer, options, runtime);
			const of = (rows: Matrix, weights: Matrix) => ExactMatrix.of(rows).times(ExactMatrix.of(weights));
			const exact = exactOutput({ Q: of(input, Q), K: of(input, K), V: of(input, layer.Y), scale: 0.5 }).output;
			expect(exact.distanceTo(output)).toBeLessThanOrEqual(certificate?.bound ?? 0);
			expect(certificate?.bound).toBeGreaterThan(1e-17);
		});
	},
);

test("an error that no degree is expected to prove is refused before a long run", async () => {
	const layer = generateProblem({ distribution: "uniform", n: 5000, d: 4, B: 1, seed: 1 });
	const [runtime] = runtimes;
	await expect(prepareLayerOutput(layer, { epsilon: 1e-18 }, runtime)).rejects.toThrow(
		/no degree up to 15 that pays is expected to prove epsilon 1e-18/,
	);
	const far = { ...layer, A2: scale(layer.A2, 30) };
	await expect(prepareLayerOutput(far, { epsilon: 1e-3 }, runtime)).rejects.toThrow(
		/no degree up to 15 that pays is expected/,
	);
});

test("rows that do not fit into memory are not for polynomials of rows", () => {
	const layer = generateProblem({ distribution: "uniform", n: 5, d: 4, B: 1, seed: 1 });
	expect(layerFits(layer)).toBe(true);
	expect(layerFits({ ...layer, n: 1e9 })).toBe(false);
	expect(layerFits(layer, 40)).toBe(true);
});
