import { asDtype, distributions, generateProblem } from "@attgrad/attention-problem";
import { referenceCases } from "@attgrad/attention-problem/testing";
import { streamingGradient } from "@attgrad/exact-gradient";
import { ComputationError, Matrix, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { approximateAlgorithms, polynomial } from "../index.ts";
import { moved } from "../testing/problems.ts";
import { outOfCore, run } from "../testing/run.ts";

const routes = ["paper", "moment", "reverse"] as const;

describe("the reference cases at epsilon 1e-8", () => {
	const answered: string[] = [];
	const refused: string[] = [];

	test.each(referenceCases())("$name is right within epsilon or refused", async ({ name, problem, gradX, loss }) => {
		const kinds = problem.n <= 300 ? (["a-posteriori", "a-priori"] as const) : (["a-posteriori"] as const);
		for (const certificate of kinds)
			try {
				const result = await run(problem, { epsilon: 1e-8, certificate });
				expect(result.certificate!.kind).toBe(certificate);
				expect(result.certificate!.bound).toBeLessThanOrEqual(1e-8);
				expect(maxAbsDifference(result.gradient, gradX)).toBeLessThanOrEqual(1e-8);
				expect(Math.abs(result.loss / loss - 1)).toBeLessThan(1e-7);
				if (certificate === "a-posteriori") answered.push(name);
			} catch (error) {
				expect(error).toBeInstanceOf(ComputationError);
				expect((error as Error).message).toMatch(/certif/);
				if (certificate === "a-posteriori") refused.push(name);
			}
	});

	test("only huge scores are refused", () => {
		expect(refused).toEqual(["n9-d5-huge-scores"]);
		expect(answered.length).toBe(referenceCases().length - 1);
	});
});

test.each(distributions)("every route meets epsilon, at a certified degree (%s)", async (distribution) => {
	const problem = generateProblem({ distribution, n: 111, d: 3, B: 1, seed: 4 });
	const exact = await streamingGradient(problem);
	for (const route of routes)
		for (const basis of ["taylor", "chebyshev", "minimax"] as const) {
			const { gradient, certificate, degree, rank } = await run(problem, { route, basis, epsilon: 1e-5 });
			expect(certificate!.bound).toBeLessThanOrEqual(1e-5);
			expect(maxAbsDifference(gradient, exact.gradient)).toBeLessThanOrEqual(certificate!.bound);
			expect(rank).toBe(Math.round(((degree! + 1) * (degree! + 2) * (degree! + 3)) / 6));
		}
});

test("the degree is the least: one below has a bound above epsilon", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 300, d: 4, B: 1, seed: 4 });
	for (const certificate of ["a-priori", "a-posteriori"] as const)
		for (const epsilon of [1e-3, 1e-6, 1e-9]) {
			const { degree } = await run(problem, { epsilon, certificate });
			const below = await run(problem, { degree: degree! - 1, certificate });
			expect(below.certificate!.bound).toBeGreaterThan(epsilon);
		}
});

test("a-posteriori is tighter than a-priori, and both hold", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 300, d: 4, B: 1, seed: 4 });
	const exact = await streamingGradient(problem);
	const [after, before] = await Promise.all(
		(["a-posteriori", "a-priori"] as const).map((certificate) => run(problem, { degree: 8, certificate })),
	);
	expect(after!.certificate!.bound).toBeLessThan(before!.certificate!.bound / 2);
	expect(after.gradient.data).toEqual(before!.gradient.data);
	expect(maxAbsDifference(after!.gradient, exact.gradient)).toBeLessThan(after!.certificate!.bound);
});

test("neither degree nor epsilon means relative 1e-3", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1, seed: 4 });
	const { degree } = await run(problem);
	expect(degree).toBe((await run(problem, { relative: 1e-3 })).degree);
});

test("a common offset of keys and queries changes neither degree nor gradient", async () => {
	const same = Matrix.identity(3);
	const problem = { ...generateProblem({ distribution: "uniform", n: 111, d: 3, B: 0.7, seed: 6 }), X: same };
	const plain = await run(problem, { epsilon: 1e-7 });
	const keys = await run(moved(problem, 40), { epsilon: 1e-7 });
	expect(keys.degree).toBe(plain.degree);
	expect(maxAbsDifference(keys.gradient, plain.gradient)).toBeLessThan(2e-7);
	// Moving A1 changes what the rows are multiplied with, so only degree and radius are the same.
	const both = moved(problem, 40, 3);
	const result = await run(both, { epsilon: 1e-6 });
	expect(result.certificate!.radius).toBeCloseTo(plain.certificate!.radius, 6);
	const exact = await streamingGradient(both);
	expect(maxAbsDifference(result.gradient, exact.gradient)).toBeLessThan(1e-6);
});

test("rows from a source give the same bits as rows in memory", async () => {
	const problem = generateProblem({ distribution: "heavy-tailed", n: 300, d: 3, B: 0.7, seed: 6 });
	for (const options of [
		{ epsilon: 1e-6 },
		{ epsilon: 1e-6, monomials: "anisotropic" as const },
		{ degree: 3, certificate: "estimate" as const },
	]) {
		const inMemory = await run(problem, options);
		const streamed = await run(outOfCore(problem), options);
		expect(streamed).toEqual(inMemory);
	}
});

test("one token, equal keys and zero queries have the gradient that they have", async () => {
	const one = generateProblem({ distribution: "uniform", n: 1, d: 3, B: 1, seed: 1 });
	expect(maxAbs((await run(one)).gradient)).toBeLessThan(1e-15);
	const some = generateProblem({ distribution: "uniform", n: 33, d: 2, B: 1, seed: 1 });
	const equalKeys = { ...some, A2: Matrix.build(33, 2, (_, b) => b - 3) };
	const zeroQueries = { ...some, X: Matrix.zeros(2, 2) };
	for (const problem of [equalKeys, zeroQueries]) {
		const exact = await streamingGradient(problem);
		const { gradient, certificate } = await run(problem, { epsilon: 1e-10 });
		expect(certificate!.bound).toBeLessThan(1e-10);
		expect(maxAbsDifference(gradient, exact.gradient)).toBeLessThan(1e-10);
	}
});

test("single precision refuses an epsilon below its floor and says what it could give", async () => {
	const single = generateProblem({ distribution: "uniform", n: 111, d: 3, B: 1, seed: 4, dtype: "f32" });
	const refusal = run(single, { epsilon: 1e-9 });
	await expect(refusal).rejects.toMatchObject({ status: "invalid" });
	await expect(refusal).rejects.toThrow(
		/no degree certifies epsilon 1e-9 .* in f32; the least that could be certified is \d/,
	);
	const { gradient, certificate } = await run(single, { epsilon: 1e-2 });
	const exact = await streamingGradient(asDtype(single, "f64"));
	expect(maxAbsDifference(gradient, exact.gradient)).toBeLessThan(certificate!.floatFloor);
});

test("a radius out of reach of double precision is refused, with what could be certified", async () => {
	const wide = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 6, seed: 4 });
	await expect(run(wide, { epsilon: 1e-8 })).rejects.toMatchObject({ status: "invalid" });
	await expect(run(wide, { epsilon: 1e-8 })).rejects.toThrow(/at radius \d+/);
});

test("features that would not fit are refused: skipped for an epsilon, a user's mistake for a degree", async () => {
	const wide = generateProblem({ distribution: "uniform", n: 40, d: 30, B: 1, seed: 4 });
	const refusal = run(wide, { epsilon: 1e-7, certificate: "a-priori" });
	await expect(refusal).rejects.toMatchObject({ status: "skipped" });
	await expect(refusal).rejects.toThrow(/needs degree \d+, \d+ features and \d+ bytes/);
	await expect(run(wide, { degree: 16 })).rejects.toThrow(/features need \d+ bytes/);
	expect(polynomial.supports(wide, polynomial.options.parse({ degree: 16 }))).toMatchObject({
		reason: expect.stringMatching(/^degree 16 at d = 30 has \d+ features/),
	});
});

test("a bound that nothing is known of has kind none", async () => {
	const problem = generateProblem({ distribution: "hypercube", n: 63, d: 2, B: 2, seed: 4 });
	const { certificate } = await run(problem, { degree: 1, basis: "taylor", certificate: "a-priori" });
	expect(certificate).toMatchObject({ kind: "none", bound: Number.POSITIVE_INFINITY });
});

describe("options", () => {
	const message = (options: object): string => polynomial.options.safeParse(options).error!.issues[0]!.message;

	test("degree and epsilon exclude each other", () => {
		expect(message({ degree: 3, epsilon: 1e-6 })).toBe(
			"polynomial: give one of degree, epsilon and relative, not several",
		);
	});

	test("a degree below 0 or not whole, an epsilon of 0, unknown names and options are refused", () => {
		for (const options of [
			{ degree: -1 },
			{ degree: 2.5 },
			{ epsilon: 0 },
			{ epsilon: -1 },
			{ basis: "pade" },
			{ colour: 1 },
		])
			expect(polynomial.options.safeParse(options).success).toBe(false);
	});

	test("the variants are the routes", () => {
		expect(Object.keys(polynomial.variants!)).toEqual([...routes]);
		expect(approximateAlgorithms).toContain(polynomial);
	});
});
