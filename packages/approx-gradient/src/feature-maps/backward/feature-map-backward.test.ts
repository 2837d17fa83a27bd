import { type BackwardProblem, type BackwardResult, createBackwardProblem, headsOf } from "@attgrad/attention-problem";
import { ExactMatrix, exactBackward, exactOutput, operatorTruth } from "@attgrad/attention-problem/reference";
import { backwardCases, randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { definitionBackward } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, mapEntries, maxAbs, maxAbsDifference, seededRandom } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { featureMapBackwards } from "./algorithms.ts";

const runtime = await createRuntime({ kernel: "js" });
const names = ["dQ", "dK", "dV"] as const;
const proving = featureMapBackwards.filter(({ name }) => name !== "random-features");

const named = (name: string) => featureMapBackwards.find((backward) => backward.name === name)!;
const run = (name: string, problem: BackwardProblem, given: object = {}): Promise<BackwardResult> =>
	named(name).run(problem, named(name).options.parse(given), runtime);

/** Distances of the three from the truth in whole numbers, over all heads; dK and dV are sums over the heads of a group. */
function distances(problem: BackwardProblem, got: BackwardResult): Record<(typeof names)[number], number> {
	const { n_q, n_k, scale, batch, keyHeads } = problem;
	const keys = new Map<number, { dK: ExactMatrix; dV: ExactMatrix }>();
	const far = { dQ: 0, dK: 0, dV: 0 };
	for (const { Q, K, V, dO, index, keyIndex } of headsOf(problem)) {
		const exact = { Q: ExactMatrix.of(Q), K: ExactMatrix.of(K), V: ExactMatrix.of(V), scale };
		const { dQ, dK, dV } = exactBackward(exact, exactOutput(exact), ExactMatrix.of(dO!));
		far.dQ = Math.max(far.dQ, dQ.distanceTo(got.dQ.slice(index * n_q, (index + 1) * n_q)));
		const before = keys.get(keyIndex);
		const sum = (one: ExactMatrix, other?: ExactMatrix) => (other ? one.minus(other.scaled(-1)) : one);
		keys.set(keyIndex, { dK: sum(dK, before?.dK), dV: sum(dV, before?.dV) });
	}
	expect(keys.size).toBe(batch * keyHeads);
	for (const [at, sums] of keys)
		for (const name of ["dK", "dV"] as const)
			far[name] = Math.max(far[name], sums[name].distanceTo(got[name].slice(at * n_k, (at + 1) * n_k)));
	return far;
}

describe.each(proving.map(({ name }) => name))("%s", (name) => {
	test("every error is within its bound, at all sizes of entries, n_q ≠ n_k, d ≠ d_v, groups of heads", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.record({
					n_q: fc.integer({ min: 1, max: 24 }),
					n_k: fc.integer({ min: 1, max: 24 }),
					d: fc.integer({ min: 1, max: 3 }),
					d_v: fc.integer({ min: 1, max: 4 }),
					group: fc.integer({ min: 1, max: 2 }),
					power: fc.integer({ min: -20, max: 1 }),
					upstream: fc.integer({ min: -60, max: 60 }),
					seed: fc.integer(),
				}),
				async ({ power, upstream, ...shape }) => {
					const given = randomBackwardProblem({ ...shape, keyHeads: 2 });
					const scaled = (rows: Matrix, factor: number) =>
						Matrix.build(rows.rows, rows.cols, (i, j) => factor * rows.at(i, j));
					const problem = { ...given, Q: scaled(given.Q, 2 ** power), dO: scaled(given.dO, 2 ** upstream) };
					const got = await run(name, problem);
					for (const [gradient, distance] of Object.entries(distances(problem, got)))
						expect(distance, gradient).toBeLessThanOrEqual(got.certificate!.bounds[gradient as "dQ"]);
				},
			),
			{ numRuns: 20 },
		);
	});

	test("small scores are proved well, and f32 within its rounding", async () => {
		const problem = randomBackwardProblem({ n_q: 90, n_k: 70, d: 2, d_v: 3, spread: 0.1, seed: 4 });
		const truth = definitionBackward(problem);
		const got = await run(name, problem);
		expect(got.certificate?.kind).toBe("a-posteriori");
		for (const gradient of names)
			expect(got.certificate!.bounds[gradient]).toBeLessThanOrEqual(0.3 * maxAbs(truth[gradient]) + 1e-3);
		const as = (rows: Matrix) => rows.as("f32");
		const { Q, K, V, dO } = problem;
		const single = { ...problem, Q: as(Q), K: as(K), V: as(V), dO: as(dO) };
		const near = await run(name, single);
		expect(near.dQ.dtype).toBe("f32");
		for (const [gradient, distance] of Object.entries(distances(single, near)))
			expect(distance).toBeLessThanOrEqual(near.certificate!.bounds[gradient as "dQ"]);
	});

	test("keys far away", async () => {
		const given = randomBackwardProblem({ n_q: 30, n_k: 30, d: 2, d_v: 2, seed: 8 });
		const problem = { ...given, K: Matrix.build(given.K.rows, 2, (l, b) => given.K.at(l, b) + 1000 * (b + 1)) };
		const got = await run(name, problem);
		for (const [gradient, distance] of Object.entries(distances(problem, got)))
			expect(distance, gradient).toBeLessThanOrEqual(got.certificate!.bounds[gradient as "dQ"]);
	});
});

describe("reference cases without a mask", async () => {
	const cases = (await backwardCases()).filter(
		({ name, problem }) => problem.visibility.mask === "none" && !problem.visibility.lengths && name !== "large",
	);
	test.each(cases)("$name", async ({ problem, answers }) => {
		const got = await run("nystrom", problem, { rank: 1000 });
		for (const gradient of names) {
			const off = maxAbsDifference(got[gradient], answers[gradient]);
			expect(off).toBeLessThanOrEqual(got.certificate!.bounds[gradient]);
		}
	});
});

test("scores in the thousands are beyond every map, which says so", async () => {
	const { problem } = (await backwardCases()).find(({ name }) => name === "large")!;
	await expect(run("nystrom", problem)).rejects.toThrow(
		/^nystrom: scores reach 2964, and its features are 0 beyond 700; /,
	);
});

test("scores that overflow give no gradient, by no map", async () => {
	const problem = randomBackwardProblem({ n_q: 5, n_k: 5, d: 2, d_v: 2, seed: 3 });
	const large = (matrix: Matrix) => mapEntries(matrix, (x) => x * 1e200);
	for (const name of ["nystrom", "support-basis", "clusters", "linear-attention", "random-features"])
		await expect(run(name, { ...problem, Q: large(problem.Q), K: large(problem.K) }), name).rejects.toThrow(
			new RegExp(`^(${name}|chebyshev): .*(not finite|overflow|Infinity|NaN)`),
		);
});

test("Nyström on all keys is exact up to rounding, and so is a support basis of heavy rows alone", async () => {
	const problem = randomBackwardProblem({ n_q: 12, n_k: 9, d: 2, d_v: 2, seed: 1 });
	const truth = definitionBackward(problem);
	for (const got of [await run("nystrom", problem, { rank: 9 }), await run("support-basis", problem, { threshold: 0 })])
		for (const gradient of names) expect(maxAbsDifference(got[gradient], truth[gradient])).toBeLessThanOrEqual(1e-7);
	expect((await run("support-basis", problem, { threshold: 0 })).exactRows).toBe(problem.batch * problem.heads * 12);
});

test("clusters serve scores that are too large for one polynomial, with a proof", async () => {
	const random = seededRandom(5);
	// points near four corners: far from each other, near their own
	const corners = (count: number) =>
		Matrix.build(count, 2, (l, b) => (((l >> b) & 1) === 0 ? 5 : -5) + random.uniform(-0.1, 0.1));
	const rows = (count: number, width: number) => Matrix.build(count, width, () => random.uniform(-1, 1));
	const problem = createBackwardProblem(
		{ Q: corners(63), K: corners(111), V: rows(111, 3), dO: rows(63, 3) },
		{ scale: 0.5 },
	);
	const truth = definitionBackward(problem);
	const [one, many] = [
		await run("clusters", problem, { queryClusters: 1, keyClusters: 1, degree: 8 }),
		await run("clusters", problem, { queryClusters: 4, keyClusters: 4, degree: 8 }),
	];
	for (const gradient of names) {
		expect(many.certificate!.bounds[gradient]).toBeLessThanOrEqual(1e-6 * maxAbs(truth[gradient]));
		expect(maxAbsDifference(many[gradient], truth[gradient])).toBeLessThanOrEqual(many.certificate!.bounds[gradient]);
		expect(one.certificate!.bounds[gradient]).toBe(Number.POSITIVE_INFINITY);
	}
	expect(many).toMatchObject({ degree: 8, rank: 16 * 45, certificate: { kind: "a-posteriori" } });
	// the number of clusters that is chosen proves as much, with fewer features than one for each pair of points
	const chosen = await run("clusters", problem);
	expect(chosen.certificate!.bounds.dQ).toBeLessThanOrEqual(1e-3 * maxAbs(truth.dQ));
	expect(chosen.rank as number).toBeLessThan(63 * 111);
});

test("random features near the truth with many features, and claim nothing", async () => {
	const problem = randomBackwardProblem({ n_q: 60, n_k: 60, d: 2, d_v: 2, spread: 0.5, seed: 2 });
	const truth = definitionBackward(problem);
	const errorWith = async (features: number) => {
		const got = await run("random-features", problem, { features });
		expect(got.certificate).toMatchObject({ kind: "none", bounds: { dQ: Number.POSITIVE_INFINITY } });
		return Math.max(...names.map((name) => maxAbsDifference(got[name], truth[name]) / maxAbs(truth[name])));
	};
	const [few, many] = [await errorWith(8), await errorWith(4096)];
	expect(many).toBeLessThan(0.1);
	expect(many).toBeLessThan(few / 4);
});

test("a permutation of the keys permutes dK and dV", async () => {
	const problem = randomBackwardProblem({ n_q: 20, n_k: 20, d: 2, d_v: 2, seed: 6 });
	const order = Array.from({ length: 20 }, (_, l) => (7 * l + 3) % 20);
	const permuted = (rows: Matrix) => Matrix.build(20, rows.cols, (l, b) => rows.at(order[l]!, b));
	const [plain, other] = [
		await run("linear-attention", problem),
		await run("linear-attention", { ...problem, K: permuted(problem.K), V: permuted(problem.V) }),
	];
	expect(maxAbsDifference(other.dQ, plain.dQ)).toBeLessThanOrEqual(1e-13);
	expect(maxAbsDifference(other.dK, permuted(plain.dK))).toBeLessThanOrEqual(1e-13);
	expect(maxAbsDifference(other.dV, permuted(plain.dV))).toBeLessThanOrEqual(1e-13);
});

test("masks and packed sequences are refused with what takes them", () => {
	const problem = randomBackwardProblem({ n_q: 6, n_k: 6, d: 2, d_v: 2 });
	for (const { name, supports } of featureMapBackwards) {
		expect(supports(problem, {})).toBe(true);
		expect(supports({ ...problem, visibility: { mask: "causal" } }, {})).toEqual({
			reason: `${name} takes no mask, and the layer has a causal mask; hybrid, polynomial and streaming take all`,
		});
		expect(supports({ ...problem, visibility: { mask: "none", lengths: [2, 4] } }, {})).toMatchObject({
			reason: expect.stringContaining("packed sequences"),
		});
	}
});

test("seeds are those of heads: heads that are the same get other directions", async () => {
	const random = seededRandom(1);
	const rows = (count: number) => Matrix.build(count, 2, () => random.uniform(-1, 1));
	const one = rows(10);
	const twice = new Matrix(20, 2, Float64Array.from([...one.data, ...one.data]));
	const given = randomBackwardProblem({ n_q: 10, n_k: 10, d: 2, d_v: 2, keyHeads: 2 });
	const { dQ } = await run("random-features", { ...given, Q: twice, K: twice, V: twice, dO: twice }, { features: 4 });
	expect(maxAbsDifference(dQ.slice(0, 10), dQ.slice(10, 20))).toBeGreaterThan(0);
});

test("features whose products with small values are below the normal range are no sums of 0", async () => {
	const column = (...entries: number[]): Matrix => Matrix.build(2, 2, (j, b) => entries[2 * j + b]);
	const operands = {
		Q: column(1, 0.1, 1, 0.1),
		K: column(-943.3, -943.3, -944.66, -944.66),
		V: column(4.3e-145, 4.3e-145, -4.3e-145, -4.3e-145),
		dO: column(2.3e-61, -3.1e-60, 6e-61, -1.1e-60),
	};
	const problem = createBackwardProblem(operands, { scale: 0.5 });
	const truth = operatorTruth({ ...operands, scale: 0.5 }, operands.dO);
	for (const algorithm of featureMapBackwards) {
		const options = algorithm.options.parse(algorithm.name === "support-basis" ? { degree: 3 } : {});
		const result = await algorithm.run(problem, options, runtime).catch(() => undefined);
		if (result?.certificate?.kind !== "a-posteriori") continue;
		for (const name of ["dQ", "dK", "dV"] as const)
			expect(truth[name].distanceTo(result[name]), algorithm.name).toBeLessThanOrEqual(result.certificate.bounds[name]);
	}
});
