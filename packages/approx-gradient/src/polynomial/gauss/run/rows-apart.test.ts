import { asDtype, generateProblem } from "@attgrad/attention-problem";
import { gradientByRows } from "@attgrad/attention-problem/reference";
import { availableKernels, createRuntime, maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { profileOn } from "../../method/method-of.ts";
import { gaussOfDegree, gaussUntilMissed } from "../gauss-gradient.ts";
import { type GaussRequest, gaussRequest } from "../gauss-request.ts";

const kernels = (await availableKernels()).filter((kernel) => kernel !== "js");

const shapes = [
	{ distribution: "uniform", n: 111, d: 3, B: 1, degree: 4 },
	{ distribution: "gaussian", n: 1000, d: 4, B: 1, degree: 5 },
	{ distribution: "heavy-tailed", n: 333, d: 2, B: 8, degree: 3 },
	{ distribution: "heavy-tailed", n: 2500, d: 3, B: 6, degree: 2 },
	{ distribution: "uniform", n: 1, d: 5, B: 1, degree: 2 },
] as const;

describe.each(kernels)("rows of small reach have one degree less on the kernel %s", (kernel) => {
	/** A run whose rows up to a reach have one degree less. */
	const apart = async (request: GaussRequest, degree: number, reach: number) => {
		const { result } = await gaussUntilMissed(request, degree, Number.POSITIVE_INFINITY, reach);
		if (!result?.certificate) throw new Error("the run was given up");
		return { ...result, certificate: result.certificate };
	};

	it.each(shapes)("with a proof: $distribution, n = $n, d = $d, degree $degree", async ({ degree, ...shape }) => {
		const runtime = await createRuntime({ kernel, threads: 2 });
		for (const dtype of ["f64", "f32"] as const)
			for (const form of ["l1", "v2"] as const) {
				const problem = asDtype(generateProblem({ ...shape, seed: 5 }), dtype);
				const truth = gradientByRows(asDtype(problem, "f64")).gradient;
				const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, form);
				const { radius } = request.space;
				const [high, low] = [await gaussOfDegree(request, degree), await gaussOfDegree(request, degree - 1)];
				for (const reach of [-1, radius / 4, radius / 2, Number.POSITIVE_INFINITY]) {
					const { gradient, certificate, exactRows, loss } = await apart(request, degree, reach);
					expect(maxAbsDifference(gradient, truth)).toBeLessThanOrEqual(certificate.bound);
					const same = reach < 0 ? high : reach === Number.POSITIVE_INFINITY ? low : undefined;
					if (!same) continue;
					// In single precision roundings, of which the higher degree counts more, decide which rows are exact.
					if (dtype === "f64") expect(exactRows).toBe(same.exactRows);
					if (exactRows !== same.exactRows) continue;
					const rounding = certificate.floatFloor + (same.certificate?.floatFloor ?? 0);
					expect(maxAbsDifference(gradient, same.gradient)).toBeLessThanOrEqual(rounding);
					expect(loss / same.loss).toBeCloseTo(1, dtype === "f64" ? 9 : 2);
				}
			}
		await runtime.close();
	});

	it("with the same bits for every number of threads", async () => {
		const problem = generateProblem({ distribution: "heavy-tailed", n: 9000, d: 3, B: 6, seed: 6 });
		const results = [];
		for (const threads of [1, 3]) {
			const runtime = await createRuntime({ kernel, threads });
			const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, "l1");
			results.push(await apart(request, 4, request.space.radius / 3));
			await runtime.close();
		}
		expect(results[1].gradient.data).toEqual(results[0].gradient.data);
		expect(results[1].certificate).toEqual(results[0].certificate);
	});
});
