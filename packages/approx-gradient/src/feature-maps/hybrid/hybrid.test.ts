import { generateProblem, scaledQueries } from "@attgrad/attention-problem";
import { arbitraryProblem } from "@attgrad/attention-problem/testing";
import { streaming } from "@attgrad/exact-gradient";
import {
	createRuntime,
	Matrix,
	maxAbs,
	maxAbsDifference,
	multiply,
	seededRandom,
	transpose,
} from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { balancedCoordinates, coordinatesOf } from "./balanced-coordinates.ts";
import { hybridGeometry, rowsOfProblem } from "./geometry.ts";
import { hybrid } from "./hybrid.ts";
import { hybridMap } from "./hybrid-map.ts";
import { JointPivots, SMALLEST_PROVED_PIVOT } from "./joint-pivots.ts";
import { pivotsFor, principalFeatures } from "./principal-features.ts";

const runtime = await createRuntime({ kernel: "js" });
const run = (problem: Parameters<typeof hybrid.run>[0], options: object) =>
	hybrid.run(problem, hybrid.options.parse(options), runtime);

describe("balanced coordinates", () => {
	it("keep the scores and give queries and keys the same spread, independent in each direction", () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(), (d, seed) => {
				const random = seededRandom(seed, "balanced");
				const mix = Matrix.build(d, d, () => random.normal());
				const [Q, K] = [1, 2].map((offset) =>
					multiply(
						Matrix.build(200, d, (_, b) => offset + (b + 1) * random.normal()),
						mix,
					),
				);
				const balanced = balancedCoordinates(Q, K);
				const x = coordinatesOf(Q, balanced.queryCentre, balanced.ofQuery);
				const y = coordinatesOf(K, balanced.keyCentre, balanced.ofKey);
				const centred = (rows: Matrix, centre: Float64Array) =>
					Matrix.build(rows.rows, d, (j, b) => rows.at(j, b) - centre[b]);
				const scores = multiply(centred(Q, balanced.queryCentre), transpose(centred(K, balanced.keyCentre)));
				expect(maxAbsDifference(multiply(x, transpose(y)), scores)).toBeLessThan(1e-7 * maxAbs(scores));
				for (const rows of [x, y]) {
					const second = multiply(rows, rows, { transposeA: true });
					for (let i = 0; i < d; i++)
						for (let k = 0; k < d; k++) {
							const expected = i === k ? balanced.spread[i] : 0;
							// A ten-billionth of the largest variance is added to each, and the mixing has a condition of a few thousand.
							const slack = 1e-6 * balanced.spread[0];
							expect(Math.abs(second.at(i, k) / 200 - expected)).toBeLessThan(slack);
						}
				}
			}),
			{ numRuns: 20, seed: 1 },
		);
	});
});

describe("the features", () => {
	it.each([
		["double", undefined],
		["single", SMALLEST_PROVED_PIVOT],
	])(
		"are off by no more than the product of a query's and a key's residual, and sums over keys by no more than the spread allows: pivots in %s precision",
		async (_, smallest) => {
			const problems = fc.tuple(arbitraryProblem({ maxN: 65, maxD: 4, B: 1.5 }), fc.integer({ min: 1, max: 60 }));
			await fc.assert(
				fc.asyncProperty(problems, async ([problem, rank]) => {
					const { n, d, A2 } = problem;
					const random = seededRandom(rank);
					const geometry = await hybridGeometry(rowsOfProblem(problem), random, runtime);
					const { points, weights, firstKey, coordinates, shift } = geometry;
					const pivots = new JointPivots(points, weights, firstKey, random, runtime, smallest);
					await pivots.grow(pivotsFor(rank, 0, "proved"));
					const map = await hybridMap(await principalFeatures(geometry, pivots, rank, runtime), runtime);
					// Orthonormal in double precision: single leaves them thousandths off.
					if (smallest !== undefined) expect(map.unit).toBeLessThan(1e-6);
					const error = map.error;
					if (error.kind !== "product" || !error.spectral) throw new Error("hybrid has product errors and a spread");
					const queries = scaledQueries(problem);
					const [Phi, Psi] = [await map.queryFeatures(queries), await map.keyFeatures(A2, 0)];
					const [alpha, beta] = [error.queries(queries, Phi), error.keys(A2, Psi)];
					const spread = await error.spectral(A2, Psi);
					const x = coordinatesOf(queries, coordinates.queryCentre, coordinates.ofQuery);
					const y = coordinatesOf(A2, coordinates.keyCentre, coordinates.ofKey);
					const signs = Float64Array.from({ length: n }, () => random.normal());
					const size = Math.hypot(...signs);
					for (let j = 0; j < n; j++) {
						let sum = 0;
						for (let l = 0; l < n; l++) {
							let [approximate, score, centre, square] = [0, 0, 0, 0];
							for (let m = 0; m < map.rank; m++) approximate += Phi.at(j, m) * Psi.at(l, m);
							for (let b = 0; b < d; b++) {
								score += x.at(j, b) * y.at(l, b);
								centre += coordinates.queryCentre[b] * (A2.at(l, b) - coordinates.keyCentre[b]);
								square += x.at(j, b) ** 2 / 2;
							}
							const exact = Math.exp(score + centre - square - shift);
							const slack = error.relative.bound * exact;
							expect(Math.abs(approximate - exact)).toBeLessThanOrEqual(alpha[j] * beta[l] + slack);
							sum += signs[l] * (approximate - exact);
						}
						expect(Math.abs(sum)).toBeLessThanOrEqual(
							alpha[j] * Math.sqrt(spread) * size + error.relative.bound * n * size,
						);
					}
				}),
				{ numRuns: 40, seed: 2 },
			);
		},
	);
});

/** e' R⁻¹ e for a positive definite R, by its Cholesky factor: at least (e·z)² / z' R z for every z. */
function worstRatio(R: Matrix, e: Float64Array): number {
	const n = R.rows;
	const L = Matrix.zeros(n, n);
	const solved = new Float64Array(n);
	let ratio = 0;
	for (let i = 0; i < n; i++) {
		for (let k = 0; k <= i; k++) {
			let left = R.at(i, k);
			for (let m = 0; m < k; m++) left -= L.at(i, m) * L.at(k, m);
			L.data[i * n + k] = i === k ? Math.sqrt(left) : left / L.at(k, k);
		}
		let left = e[i];
		for (let m = 0; m < i; m++) left -= L.at(i, m) * solved[m];
		solved[i] = left / L.at(i, i);
		ratio += solved[i] ** 2;
	}
	return ratio;
}

describe("the residual matrix of keys", () => {
	it.each([
		["gaussian", 3, 1],
		["uniform", 2, 1.5],
		["clustered", 4, 2],
		["sinks", 3, 1],
	] as const)("allows for the errors of the worst sum over keys: %s, d = %i, B = %d", async (distribution, d, B) => {
		const n = 100;
		const problem = generateProblem({ distribution, n, d, B, seed: 6 });
		const { A2 } = problem;
		const queries = scaledQueries(problem);
		let largest = 0;
		for (const rank of [1, 5, 20, 60, 100, 160]) {
			const random = seededRandom(rank);
			const geometry = await hybridGeometry(rowsOfProblem(problem), random, runtime);
			const { points, weights, firstKey, coordinates, shift } = geometry;
			const pivots = new JointPivots(points, weights, firstKey, random, runtime);
			await pivots.grow(pivotsFor(rank, n, "proved"));
			const { error, ...map } = await hybridMap(await principalFeatures(geometry, pivots, rank, runtime), runtime);
			const [Phi, Psi] = [await map.queryFeatures(queries), await map.keyFeatures(A2, 0)];
			const alpha = error.queries(queries, Phi);
			if (!error.residual) throw new Error("hybrid has residual matrices of keys");
			const { matrix } = await error.residual(A2, Psi)(Array.from({ length: n }, (_, l) => l));
			const x = coordinatesOf(queries, coordinates.queryCentre, coordinates.ofQuery);
			const y = coordinatesOf(A2, coordinates.keyCentre, coordinates.ofKey);
			for (let j = 0; j < n; j++) {
				const errors = Float64Array.from({ length: n }, (_, l) => {
					let [approximate, exponent] = [0, -shift];
					for (let m = 0; m < map.rank; m++) approximate += Phi.at(j, m) * Psi.at(l, m);
					for (let b = 0; b < d; b++) {
						exponent += coordinates.queryCentre[b] * (A2.at(l, b) - coordinates.keyCentre[b]);
						exponent += x.at(j, b) * y.at(l, b) - x.at(j, b) ** 2 / 2;
					}
					return approximate - Math.exp(exponent);
				});
				const ratio = worstRatio(matrix, errors) / alpha[j] ** 2;
				expect(ratio).toBeLessThanOrEqual(1);
				largest = Math.max(largest, ratio);
			}
		}
		// With one feature it is no more than the worst sum needs, but for rounding.
		expect(largest).toBeGreaterThan(0.999);
	});
});

describe("hybrid", () => {
	it("proves an epsilon, with a rank that grows as it falls", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 300, d: 3, B: 0.7, seed: 4 });
		const exact = await streaming.run(problem, streaming.options.parse({}), runtime);
		const ranks: number[] = [];
		for (const epsilon of [1, 1e-4]) {
			const { certificate, rank, gradient } = await run(problem, { epsilon });
			expect(certificate?.kind).toBe("a-posteriori");
			expect(certificate?.bound).toBeLessThanOrEqual(epsilon);
			expect(maxAbsDifference(gradient, exact.gradient)).toBeLessThanOrEqual(certificate?.bound ?? 0);
			ranks.push(rank ?? 0);
		}
		expect(ranks[1]).toBeGreaterThanOrEqual(ranks[0]);
	});

	it("gives the same gradient on kernels and in plain TypeScript, but for rounding", async () => {
		const problem = generateProblem({ distribution: "clustered", n: 500, d: 5, B: 1, seed: 5 });
		const kernels = await createRuntime({});
		const [one, other] = [
			await run(problem, { rank: 40 }),
			await hybrid.run(problem, hybrid.options.parse({ rank: 40 }), kernels),
		];
		await kernels.close();
		const both = (one.certificate?.bound ?? 0) + (other.certificate?.bound ?? 0);
		expect(maxAbsDifference(one.gradient, other.gradient)).toBeLessThanOrEqual(both);
	});

	it("needs no more pivots than there are different rows", async () => {
		const cube = generateProblem({ distribution: "hypercube", n: 128, d: 4, B: 1, seed: 2 });
		expect((await run(cube, { rank: 100 })).rank).toBeLessThanOrEqual(32);
	});

	it("refuses rank and epsilon together", () => {
		expect(hybrid.options.safeParse({ rank: 3, epsilon: 1 }).success).toBe(false);
	});
});
