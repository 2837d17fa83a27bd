import { createProblem, generateProblem, scaledQueries } from "@attgrad/attention-problem";
import { arbitraryProblem } from "@attgrad/attention-problem/testing";
import { Matrix, seededRandom } from "@attgrad/matrix-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { uncovered } from "../../testing/uncovered.ts";
import { chebyshev } from "../families/chebyshev.ts";
import { balancedSpace } from "../method/feature-space.ts";
import { principalSpace } from "../method/principal-space.ts";
import { countMonomials } from "../monomials/feature-tree.ts";
import { profileOf } from "./profile.ts";

test("every centred score is within the radius of either space", async () => {
	await fc.assert(
		fc.asyncProperty(arbitraryProblem({ B: 1.5 }), async (problem) => {
			const profile = await profileOf(problem);
			const { queryCentre, keyCentre } = profile;
			const queries = scaledQueries(problem);
			for (const space of [balancedSpace(profile), principalSpace(problem, profile)])
				for (let j = 0; j < problem.n; j++)
					for (let l = 0; l < problem.n; l++) {
						let score = 0;
						for (let b = 0; b < problem.d; b++)
							score += (queries.at(j, b) - queryCentre[b]) * (problem.A2.at(l, b) - keyCentre[b]);
						expect(Math.abs(score)).toBeLessThanOrEqual(space.radius);
					}
		}),
		{ numRuns: 40 },
	);
});

test("a change of coordinates leaves scores as they are", async () => {
	await fc.assert(
		fc.asyncProperty(arbitraryProblem({ maxN: 40 }), async (problem) => {
			const profile = await profileOf(problem);
			const { frame, scoreError } = principalSpace(problem, profile);
			const queries = scaledQueries(problem);
			const apply = (M: Matrix, x: number[]) =>
				x.map((_, i) => x.reduce((sum, entry, b) => sum + M.at(i, b) * entry, 0));
			const dot = (x: number[], y: number[]) => x.reduce((sum, entry, i) => sum + entry * y[i], 0);
			for (let j = 0; j < problem.n; j++) {
				const q = Array.from(queries.row(j), (x, b) => x - frame.queryCentre[b]);
				const k = Array.from(problem.A2.row(j), (x, b) => x - frame.keyCentre[b]);
				const mapped = dot(apply(frame.queryMap, q), apply(frame.keyMap, k));
				expect(Math.abs(mapped - dot(q, k))).toBeLessThanOrEqual(scoreError);
			}
		}),
		{ numRuns: 40 },
	);
	expect.hasAssertions();
});

test("roundings of queries and values are at least those of the sizes that each row sums", async () => {
	const u = 2 ** -53;
	await fc.assert(
		fc.asyncProperty(arbitraryProblem({ B: 1.5 }), async (problem) => {
			const { n, d, scale, A1, A3, X, Y } = problem;
			const { roundings } = await profileOf(problem);
			/** Σ_a |x_a| |M_ai| for each column i. */
			const sizes = (x: Iterable<number>, M: Matrix) =>
				Array.from({ length: d }, (_, i) => [...x].reduce((sum, entry, a) => sum + Math.abs(entry * M.at(a, i)), 0));
			for (let j = 0; j < n; j++) {
				expect(u * d * scale * Math.hypot(...sizes(A1.row(j), X))).toBeLessThanOrEqual(roundings.query);
				for (const [i, size] of sizes(A3.row(j), Y).entries())
					expect(u * d * size).toBeLessThanOrEqual(roundings.value[i]);
			}
		}),
		{ numRuns: 40 },
	);
});

test("norms, ranges, residuals and normalisers are within what the profile says before they are computed", async () => {
	await fc.assert(
		fc.asyncProperty(arbitraryProblem({ B: 1 }), async (problem) => {
			expect(uncovered(problem, await profileOf(problem))).toEqual([]);
		}),
		{ numRuns: 40 },
	);
});

test("centring biased keys and queries shrinks the radius, and with it K, as in paper.md 6", async () => {
	const random = seededRandom(11, "biased");
	const biased = () => Matrix.build(2000, 4, () => 1.5 + random.uniform(-0.5, 0.5));
	const plain = () => Matrix.build(2000, 4, () => random.uniform(-1, 1));
	const same = Matrix.identity(4);
	const problem = createProblem({ A1: biased(), A2: biased(), A3: plain(), E: plain(), X: same, Y: same });
	const { radius } = balancedSpace(await profileOf(problem));
	expect(radius).toBeLessThan(0.26);
	expect(radius).toBeGreaterThan(0.15);
	expect(countMonomials(4, chebyshev.degreeFor(radius, 1e-6))).toBe(70);
});

test("midranges are left alone where they do not shrink the norm", async () => {
	// The midrange of keys (0, 0), (0, 0), (4, 4), (4, -4): moving it to the origin makes the zero keys longer.
	const keys = Matrix.fromRows([
		[0, 0],
		[4, 4],
		[4, -4],
		[-4.1, 0],
	]);
	const rest = generateProblem({ distribution: "uniform", n: 4, d: 2, B: 1, seed: 1 });
	const profile = await profileOf({ ...rest, A2: keys });
	expect([...profile.keyCentre]).toEqual([0, 0]);
	expect(profile.keyNorm).toBeCloseTo(Math.sqrt(32), 4);
});

test("queries stay uncentred where the weights of the keys would underflow", async () => {
	const random = seededRandom(4);
	const far = Matrix.build(20, 2, () => 1000 + random.uniform());
	const rest = generateProblem({ distribution: "uniform", n: 20, d: 2, B: 1, seed: 1 });
	const problem = { ...rest, A1: far, X: Matrix.identity(2) };
	expect((await profileOf(problem)).queryCentre.every((x) => x === 0)).toBe(true);
});

test("what products lose below the normal range is in every sum of a profile", async () => {
	const ones = (size: number) => Matrix.build(3, 1, (l) => size * (l + 1));
	const one = Matrix.identity(1);
	// |A1| |c| is 1e-340, A3 Y as well: both are 0 as doubles, and neither is 0.
	const problem = createProblem(
		{ A1: ones(1e-170), A2: ones(1), A3: ones(1e-170), E: ones(1e-170), X: one, Y: Matrix.build(1, 1, () => 1e-170) },
		1,
	);
	const { residualSums, valueHalfRange, valueMean, roundings } = await profileOf(problem);
	for (const bound of [residualSums.at(0, 0), valueHalfRange[0], valueMean[0], roundings.value[0]])
		expect(bound).toBeGreaterThanOrEqual(2 ** -1022);
});
