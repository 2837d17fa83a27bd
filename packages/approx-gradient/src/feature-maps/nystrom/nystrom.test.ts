import { generateProblem, generateRows, scaledQueries } from "@attgrad/attention-problem";
import { arbitraryProblem } from "@attgrad/attention-problem/testing";
import { ComputationError, createRuntime, Matrix, seededRandom } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelScale, scaledKeys } from "../kernel-scale.ts";
import { nystrom } from "./nystrom.ts";
import { nystromMap } from "./nystrom-map.ts";
import { PivotedCholesky } from "./pivoted-cholesky.ts";

const runtime = await createRuntime({ kernel: "js" });
const run = (problem: Parameters<typeof nystrom.run>[0], options: object) =>
	nystrom.run(problem, nystrom.options.parse(options), runtime);

describe("nystrom", () => {
	it("bounds the error of every entry by the product of a query's and a key's residual", () => {
		const problems = fc.tuple(arbitraryProblem({ maxN: 65, maxD: 4, B: 1.5 }), fc.integer({ min: 1, max: 80 }));
		fc.assert(
			fc.property(problems, ([problem, rank]) => {
				const scale = kernelScale(problem);
				const keys = scaledKeys(problem.A2, scale);
				const cholesky = new PivotedCholesky(keys, scale.largest, seededRandom(rank));
				cholesky.grow(rank);
				const points = Matrix.build(cholesky.pivots.length, problem.d, (s, b) => keys.at(cholesky.pivots[s]!, b));
				const map = nystromMap({ scale, points, factor: cholesky.factor() });
				const error = map.error!;
				if (error.kind !== "product") throw new Error("nystrom has product errors");
				const queries = scaledQueries(problem);
				const [Phi, Psi] = [map.queryFeatures(queries), map.keyFeatures(problem.A2, 0)];
				const [alpha, beta] = [error.queries(queries, Phi), error.keys(problem.A2, Psi)];
				for (let j = 0; j < problem.n; j++)
					for (let l = 0; l < problem.n; l++) {
						let [approximate, score, square] = [0, 0, 0];
						for (let m = 0; m < map.rank; m++) approximate += Phi.at(j, m) * Psi.at(l, m);
						for (let b = 0; b < problem.d; b++) {
							score += queries.at(j, b) * (problem.A2.at(l, b) - scale.centre[b]!);
							square += (queries.at(j, b) / scale.t) ** 2;
						}
						const exact = Math.exp(score - (square + scale.largest) / 2);
						expect(Math.abs(approximate - exact)).toBeLessThanOrEqual(alpha[j] * beta[l]);
					}
			}),
			{ numRuns: 60, seed: 1 },
		);
	});

	it("needs no more pivots than there are different keys", async () => {
		for (const d of [1, 2, 4]) {
			const cube = generateProblem({ distribution: "hypercube", n: 111, d, B: 1, seed: 2 });
			expect((await run(cube, { rank: 100 })).rank).toBe(2 ** d);
		}
		const some = generateProblem({ distribution: "uniform", n: 3, d: 2, B: 1, seed: 3 });
		expect((await run({ ...some, A2: Matrix.zeros(3, 2) }, {})).rank).toBe(1);
	});

	it("grows the rank until epsilon is proven", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 300, d: 3, B: 0.7, seed: 4 });
		const ranks: number[] = [];
		for (const epsilon of [1, 1e-2, 1e-4]) {
			const { certificate, rank } = await run(problem, { epsilon });
			expect(certificate?.kind).toBe("a-posteriori");
			expect(certificate?.bound).toBeLessThanOrEqual(epsilon);
			ranks.push(rank!);
		}
		expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
		expect(ranks[2]).toBeGreaterThan(ranks[0]);
	});

	it("says what it could prove where epsilon is below what rounding allows", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1, seed: 5 });
		const failed = await run(problem, { epsilon: 1e-14 }).catch((error: unknown) => error);
		expect(failed).toBeInstanceOf(ComputationError);
		expect((failed as Error).message).toMatch(/^nystrom: epsilon 1e-14 is out of reach: rank \d+ of at most 63 gives/);
	});

	it("draws pivots from a part of the keys where there are many, and proves its error on all of them", async () => {
		const many = generateRows({ distribution: "clustered", n: 20_000, d: 2, B: 0.5, seed: 6 });
		const [few, more] = [await run(many, { rank: 4 }), await run(many, { rank: 16 })];
		expect(more.rank).toBe(16);
		expect(more.certificate?.bound).toBeLessThan(few.certificate!.bound / 10);
	});

	it("refuses rank and epsilon together", () => {
		expect(nystrom.options.safeParse({ rank: 3, epsilon: 1 }).success).toBe(false);
	});
});
