import { asDtype, generateProblem } from "@attgrad/attention-problem";
import { availableKernels, createRuntime, type Dtype } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { type Profile, profileOf } from "./profile.ts";
import { kernelSums } from "./profile-kernels.ts";

const kernels = (await availableKernels()).filter((kernel) => kernel !== "js");
const dtypes: readonly Dtype[] = ["f64", "f32"];

/** Every number of a profile, in a fixed order. */
const numbersOf = (profile: Profile): number[] =>
	Object.values({ ...profile, residualSums: [...profile.residualSums.data], ...profile.roundings, dtype: 0 }).flatMap(
		(value) => (typeof value === "number" ? value : value instanceof Float64Array ? [...value] : []),
	);

describe.each(kernels)("kernel %s", (kernel) => {
	it.each(dtypes)("gives the profile of the plain sums, %s", async (dtype) => {
		const runtime = await createRuntime({ kernel, threads: 2 });
		for (const [n, d, distribution] of [
			[1, 1, "uniform"],
			[3, 2, "biased"],
			[65, 7, "heavy-tailed"],
			[5001, 3, "gaussian"],
			[70_000, 2, "biased"],
			// rows of four columns have passes of their own
			[1, 4, "uniform"],
			[33, 4, "heavy-tailed"],
			[5001, 4, "biased"],
			[70_000, 4, "gaussian"],
		] as const) {
			const problem = asDtype(generateProblem({ distribution, n, d, B: 1, seed: n }), dtype);
			const expected = numbersOf(await profileOf(problem));
			const got = numbersOf(await profileOf(problem, kernelSums(problem, runtime)));
			expect(got.length).toBe(expected.length);
			// Sums of n positive numbers in another order, and exponentials within 2 ulp.
			for (const [at, x] of got.entries())
				expect(Math.abs(x - expected[at]!)).toBeLessThanOrEqual(1e-11 * (1 + Math.abs(expected[at]!)));
		}
		await runtime.close();
	});
});
