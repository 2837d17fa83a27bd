import { asDtype, generateProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { arbitraryProblem } from "@attgrad/attention-problem/testing";
import { streamingGradient } from "@attgrad/exact-gradient";
import { availableKernels, createRuntime, Matrix, maxAbs, maxAbsDifference, scale } from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { polynomialGradientY } from "./gradient-y.ts";

const runtimes = await Promise.all((await availableKernels()).map((kernel) => createRuntime({ kernel, threads: 2 })));
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));

describe.each(runtimes.map((runtime) => [runtime.kernel, runtime] as const))("dL/dY on %s", (_, runtime) => {
	test("is within its bound of the exact one, in both number types", async () => {
		const problems = fc.oneof(
			...[0.3, 1].map((B) => arbitraryProblem({ B, maxN: 70, maxD: 4, among: ["uniform", "biased", "hypercube"] })),
		);
		const property = fc.asyncProperty(problems, fc.integer({ min: 0, max: 9 }), async (problem, degree) => {
			for (const dtype of ["f64", "f32"] as const) {
				const rounded = asDtype(problem, dtype);
				const { gradientY, certificate } = await polynomialGradientY(rounded, { degree, basis: "minimax" }, runtime);
				const exact = await streamingGradient(asDtype(rounded, "f64"));
				const error = maxAbsDifference(gradientY, exact.gradientY);
				expect(error).toBeLessThanOrEqual(certificate.bound + 1e-12 * problem.n * maxAbs(problem.A3));
			}
		});
		await fc.assert(property, { numRuns: 25, seed: 1 });
	});

	test("converges, and takes weights that have no inverse", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 257, d: 3, B: 1, seed: 3 });
		const singular = { ...problem, Y: Matrix.build(3, 3, (i, j) => (i === 0 ? j + 1 : 0)) };
		for (const of of [problem, singular]) {
			const { gradientY, loss, certificate } = await polynomialGradientY(of, { degree: 12 }, runtime);
			const exact = await streamingGradient(of);
			expect(certificate.bound).toBeLessThan(1e-6);
			expect(maxAbsDifference(gradientY, exact.gradientY)).toBeLessThanOrEqual(certificate.bound);
			expect(loss / exact.loss).toBeCloseTo(1, 8);
		}
	});

	test("is about the numbers that were given, and counts what is lost below the normal range", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 9, d: 2, B: 1, seed: 3 });
		const offset = { ...problem, E: Matrix.build(9, 2, (j, i) => problem.E.at(j, i) + 1e4) };
		const small = { ...problem, A3: scale(problem.A3, 1e-200), E: scale(problem.E, 1e-200) };
		for (const [given, read] of [
			[problem, asDtype(problem, "f32")],
			[offset, asDtype(offset, "f32")],
			[small, small],
		] as const) {
			const { gradientY, certificate } = await polynomialGradientY(read, { degree: 11 }, runtime);
			expect(certificate.kind).toBe("a-posteriori");
			expect(truthOf(given).gradientY.distanceTo(gradientY)).toBeLessThanOrEqual(certificate.bound);
			expect(certificate.bound).toBeGreaterThan(0);
		}
	});

	test("with a polynomial for each row is within its bound of whole-number truth, whatever was rounded", async () => {
		const problems = fc.oneof(...[0.3, 1, 2].map((B) => arbitraryProblem({ B, maxN: 20, maxD: 3 })));
		const property = fc.asyncProperty(problems, fc.integer({ min: 1, max: 9 }), async (problem, degree) => {
			for (const read of [problem, asDtype(problem, "f32")]) {
				const { gradientY, certificate } = await polynomialGradientY(read, { degree, basis: "gauss" }, runtime);
				expect(truthOf(problem).gradientY.distanceTo(gradientY)).toBeLessThanOrEqual(certificate.bound);
				expect(certificate.bound).toBeGreaterThanOrEqual(certificate.floatFloor);
			}
		});
		await fc.assert(property, { numRuns: 15, seed: 4 });
	});

	test("with a polynomial for each row proves a tenth of what one leaves, in single precision more than its output has", async () => {
		for (const distribution of ["uniform", "gaussian"]) {
			const problem = generateProblem({ distribution, n: 600, d: 4, B: 1, seed: 6 });
			const bound = async (basis: "gauss" | "chebyshev") =>
				(await polynomialGradientY(problem, { degree: 5, basis }, runtime)).certificate.bound;
			expect(await bound("gauss")).toBeLessThan(0.1 * (await bound("chebyshev")));
		}
		const single = generateProblem({ distribution: "uniform", n: 600, d: 3, B: 0.5, seed: 6, dtype: "f32" });
		const { gradientY, certificate } = await polynomialGradientY(single, { degree: 9, basis: "gauss" }, runtime);
		const exact = await streamingGradient(asDtype(single, "f64"));
		expect(maxAbsDifference(gradientY, exact.gradientY)).toBeLessThanOrEqual(certificate.bound + 1e-12);
		expect(certificate.bound).toBeLessThan(2 ** -24 * maxAbs(exact.gradientY));
	});

	test("without a bound on the weights is no proof, and refused where products overflow", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 9, d: 2, B: 30, seed: 3 });
		const { certificate } = await polynomialGradientY(problem, { degree: 0 }, runtime);
		expect([certificate.kind, certificate.bound]).toEqual(["none", Number.POSITIVE_INFINITY]);
		const large = { ...problem, A3: scale(problem.A3, 1e200) };
		await expect(polynomialGradientY(large, { degree: 0 }, runtime)).rejects.toThrow(/not finite/);
	});
});
