import { generateProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { availableKernels, createRuntime, Matrix, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { profileOn } from "../../method/method-of.ts";
import { polynomial } from "../../polynomial.ts";
import { gaussWithin } from "../degree-choice.ts";
import { gaussUntilMissed } from "../gauss-gradient.ts";
import { type GaussRequest, gaussRequest, servesTwoPrecisions } from "../gauss-request.ts";

const kernels = (await availableKernels()).filter((kernel) => kernel !== "js");

/** Each kernel with a runtime of two threads. */
async function onRuntime(
	kernel: (typeof kernels)[number],
	work: (runtime: Awaited<ReturnType<typeof createRuntime>>) => Promise<void>,
) {
	const runtime = await createRuntime({ kernel, threads: 2 });
	try {
		await work(runtime);
	} finally {
		await runtime.close();
	}
}

const finished = async (request: GaussRequest, degree: number, lowerReach?: number) => {
	const { result } = await gaussUntilMissed(request, degree, Number.POSITIVE_INFINITY, lowerReach);
	if (!result?.certificate) throw new Error("no result");
	return { ...result, certificate: result.certificate };
};

describe.each(kernels)("monomials of high degree in single precision on the kernel %s", (kernel) => {
	it("move a gradient by little, and less the fewer they are", () =>
		onRuntime(kernel, async (runtime) => {
			for (const [n, d, degree, B] of [
				[5, 2, 5, 1],
				[111, 3, 6, 1],
				[1000, 4, 7, 1],
				[777, 5, 5, 0.5],
				[17, 8, 4, 1],
			]) {
				const problem = generateProblem({ distribution: "uniform", n, d, B, seed: 7 });
				const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, "l1");
				const double = await finished(request, degree);
				// The ridge of the polynomials is that of single precision: another polynomial, as good.
				const method = double.certificate.bound;
				let floor = Number.POSITIVE_INFINITY;
				for (const doubleUpTo of [3, degree - 1]) {
					const two = await finished({ ...request, doubleUpTo }, degree);
					expect(two.exactRows).toBe(double.exactRows);
					const apart = maxAbsDifference(two.gradient, double.gradient);
					expect(apart).toBeGreaterThan(0);
					expect(apart).toBeLessThanOrEqual(method + two.certificate.bound);
					// Many times below the bound, and far below what single precision throughout would make.
					expect(apart).toBeLessThan(1e-3 * method + 1e-7 * maxAbs(double.gradient));
					expect(two.certificate.floatFloor).toBeLessThanOrEqual(floor);
					floor = two.certificate.floatFloor;
				}
			}
		}));

	it("are within their bounds of the truth, exact rows and a degree less for some rows included", () =>
		onRuntime(kernel, async (runtime) => {
			for (const [distribution, n, d, B] of [
				["uniform", 63, 2, 0.1],
				["gaussian", 40, 3, 1],
				["biased", 33, 2, 2],
				["heavy-tailed", 30, 2, 1],
				["clustered", 16, 4, 1],
			] as const) {
				const problem = generateProblem({ distribution, n, d, B, seed: 3 });
				const truth = truthOf(problem).gradient;
				const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, "l1");
				if (!servesTwoPrecisions(request)) continue;
				for (const [degree, doubleUpTo] of [
					[4, 3],
					[6, 3],
					[7, 5],
					[8, 7],
				])
					for (const lowerReach of [undefined, 0.5]) {
						const { gradient, certificate } = await finished({ ...request, doubleUpTo }, degree, lowerReach);
						expect(truth.distanceTo(gradient)).toBeLessThanOrEqual(certificate.bound);
					}
			}
		}));

	it("give the same bits for every number of threads", async () => {
		const problem = generateProblem({ distribution: "uniform", n: 20_000, d: 3, B: 1, seed: 6 });
		const results: Matrix[] = [];
		for (const threads of [1, 3]) {
			const runtime = await createRuntime({ kernel, threads });
			const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, "l1");
			results.push((await finished({ ...request, doubleUpTo: 4 }, 6, 0.5)).gradient);
			await runtime.close();
		}
		expect(results[1].data).toEqual(results[0].data);
	});
});

describe.runIf(kernels.length > 0)("the choice", () => {
	it("takes them where an accuracy leaves room for their rounding, and not where it does not", () =>
		onRuntime(kernels[0], async (runtime) => {
			const problem = generateProblem({ distribution: "uniform", n: 65_536, d: 4, B: 1, seed: 1 });
			const profile = await profileOn(problem, runtime);
			const request = gaussRequest(problem, profile, runtime, "v2");
			const exact = await polynomial.run(problem, polynomial.options.parse({ degree: 12, basis: "gauss" }), runtime);
			for (const [relative, isRounded] of [
				[1e-3, true],
				[1e-6, false],
			] as const) {
				const epsilon = relative * maxAbs(exact.gradient);
				const result = await gaussWithin(request, epsilon);
				expect(result.certificate?.bound).toBeLessThanOrEqual(epsilon);
				const floor = result.certificate?.floatFloor ?? 0;
				expect(floor > 1e-6 * maxAbs(exact.gradient)).toBe(isRounded);
				expect(maxAbsDifference(result.gradient, exact.gradient)).toBeLessThanOrEqual(epsilon);
			}
		}));

	it("falls back to double precision where residuals are beyond the range of single precision", () =>
		onRuntime(kernels[0], async (runtime) => {
			const given = generateProblem({ distribution: "uniform", n: 65_536, d: 4, B: 1, seed: 1 });
			const E = Matrix.build(given.n, 4, (row, column) => (row === 7 ? 1e60 : given.E.at(row, column)));
			const problem = { ...given, E };
			const { gradient, certificate } = await polynomial.run(
				problem,
				polynomial.options.parse({ relative: 1e-3, basis: "gauss" }),
				runtime,
			);
			expect(maxAbs(gradient)).toBeGreaterThan(1e50);
			expect(certificate?.bound).toBeLessThanOrEqual(1e-3 * maxAbs(gradient));
		}));

	it("leaves problems alone whose powers may leave the range of single precision", () =>
		onRuntime(kernels[0], async (runtime) => {
			for (const [B, factor, serves] of [
				[1, 1, true],
				[30, 1, false],
				[1, 1e9, false],
				[1, 1e-9, false],
			] as const) {
				const given = generateProblem({ distribution: "uniform", n: 50, d: 2, B, seed: 1 });
				const problem = { ...given, A3: Matrix.build(50, 2, (row, column) => factor * given.A3.at(row, column)) };
				const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, "l1");
				expect(servesTwoPrecisions(request)).toBe(serves);
			}
		}));
});
