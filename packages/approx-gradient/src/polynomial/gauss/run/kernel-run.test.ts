import { asDtype, generateProblem } from "@attgrad/attention-problem";
import { availableKernels, createRuntime, maxAbs, maxAbsDifference, unitRoundoff } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { profileOn } from "../../method/method-of.ts";
import { keptTotalDegreeTree } from "../../monomials/total-degree.ts";
import { polynomial } from "../../polynomial.ts";
import { constantsOf, gaussRequest } from "../gauss-request.ts";
import { gaussOnKernels } from "./kernel-run.ts";
import { plainGaussRun } from "./plain-run.ts";

const plain = await createRuntime({ kernel: "js" });
const kernels = (await availableKernels()).filter((kernel) => kernel !== "js");

describe.each(kernels)("row polynomials on the kernel %s", (kernel) => {
	it("are those of plain TypeScript: gradient, loss, certificate and exact rows", async () => {
		const runtime = await createRuntime({ kernel, threads: 2 });
		const shapes = [
			{ distribution: "uniform", n: 111, d: 3, B: 1, degrees: [0, 1, 2, 3, 6, 9] },
			{ distribution: "gaussian", n: 63, d: 1, B: 2, degrees: [1, 4, 11] },
			{ distribution: "biased", n: 1000, d: 4, B: 1, degrees: [5, 7] },
			{ distribution: "heavy-tailed", n: 333, d: 2, B: 12, degrees: [3, 9] },
			{ distribution: "clustered", n: 17, d: 8, B: 1, degrees: [3, 4] },
			{ distribution: "uniform", n: 1, d: 5, B: 1, degrees: [2, 3] },
		] as const;
		try {
			for (const { degrees, ...shape } of shapes)
				for (const dtype of ["f64", "f32"] as const)
					for (const form of ["l1", "v2", "vd"] as const)
						for (const degree of degrees) {
							const problem = asDtype(generateProblem({ ...shape, seed: 5 }), dtype);
							const options = polynomial.options.parse({ basis: "gauss", degree, form });
							const expected = await polynomial.run(problem, options, plain);
							const got = await polynomial.run(problem, options, runtime);
							const [bound, plainBound] = [got.certificate?.bound ?? 0, expected.certificate?.bound ?? 0];
							const title = `${JSON.stringify(shape)} ${dtype} ${form} degree ${degree}`;
							// Both are within their bounds, so within what rounding makes of these where that is all the difference.
							const floors = (got.certificate?.floatFloor ?? 0) + (expected.certificate?.floatFloor ?? 0);
							const rounding = Math.min(
								floors,
								1e4 *
									unitRoundoff(dtype) *
									Math.exp(2 * (got.certificate?.radius ?? 0)) *
									(maxAbs(expected.gradient) + 1e-3 * shape.n),
							);
							if (got.exactRows === expected.exactRows) {
								expect(maxAbsDifference(got.gradient, expected.gradient), title).toBeLessThanOrEqual(rounding);
								expect(Math.abs(got.loss / expected.loss - 1), title).toBeLessThan(1e4 * unitRoundoff(dtype));
								// Counts of roundings differ between plain passes and kernels.
								const methods = [
									bound - (got.certificate?.floatFloor ?? 0),
									plainBound - (expected.certificate?.floatFloor ?? 0),
								];
								if (dtype === "f64" && methods[0] > 1e-6 * bound)
									expect(methods[0] / methods[1], title).toBeCloseTo(1, 1);
							}
							// In single precision rounding, which is counted apart, decides which rows are exact.
							if (dtype === "f64") expect(got.exactRows, title).toBe(expected.exactRows);
							const apart = maxAbsDifference(got.gradient, expected.gradient);
							expect(apart, title).toBeLessThanOrEqual(bound + plainBound);
						}
		} finally {
			await runtime.close();
		}
	});

	it.each(["l1", "v2", "vd"] as const)("bound each row as plain TypeScript does, by the form %s", async (form) => {
		const runtime = await createRuntime({ kernel, threads: 1 });
		for (const { degree, ...shape } of [
			{ distribution: "uniform", n: 1000, d: 4, B: 1, degree: 5 },
			{ distribution: "gaussian", n: 333, d: 3, B: 1, degree: 4 },
			{ distribution: "clustered", n: 111, d: 8, B: 1, degree: 3 },
			{ distribution: "heavy-tailed", n: 250, d: 1, B: 3, degree: 2 },
			{ distribution: "hypercube", n: 63, d: 2, B: 0.25, degree: 1 },
			{ distribution: "uniform", n: 63, d: 5, B: 0.1, degree: 0 },
		]) {
			const problem = generateProblem({ ...shape, seed: 7 });
			const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, form);
			const { space, route } = request;
			const tree = keptTotalDegreeTree(shape.d, degree);
			const input = { problem, tree, space, constants: constantsOf(request, degree), route };
			const [own, plainly] = [await gaussOnKernels(input, runtime), await plainGaussRun(input)];
			expect(own.totals.exactRows).toEqual(plainly.totals.exactRows);
			expect(Math.max(...plainly.totals.grown)).toBeGreaterThan(0);
			for (const name of ["l1", "spread", "grown"] as const)
				for (const [at, expected] of plainly.totals[name].entries())
					expect(
						Math.abs(own.totals[name][at] - expected),
						`${JSON.stringify(shape)} ${name} ${at}`,
					).toBeLessThanOrEqual(1e-6 * expected);
		}
		await runtime.close();
	});

	it("give the same bits for every number of threads", async () => {
		const problem = generateProblem({ distribution: "heavy-tailed", n: 9000, d: 3, B: 6, seed: 6 });
		const options = polynomial.options.parse({ basis: "gauss", degree: 3 });
		const results = [];
		for (const threads of [1, 2, 3]) {
			const runtime = await createRuntime({ kernel, threads });
			results.push(await polynomial.run(problem, options, runtime));
			await runtime.close();
		}
		expect(results[1].gradient.data).toEqual(results[0].gradient.data);
		expect(results[2].certificate).toEqual(results[0].certificate);
	});
});
