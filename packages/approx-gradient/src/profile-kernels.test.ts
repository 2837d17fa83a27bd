import { asDtype, distributions, generateProblem } from "@attgrad/attention-problem";
import { availableKernels, createRuntime, type Dtype, Matrix } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { type Profile, profileOf } from "./profile.ts";
import { kernelSums } from "./profile-kernels.ts";
import { uncovered } from "./testing/uncovered.ts";

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
			// Sums of n positive numbers in another order, and exponentials within 2 ulp; or single precision, with what covers it.
			const tolerance = d === 4 && dtype === "f32" ? 1e-3 : 1e-11;
			for (const [at, x] of got.entries())
				expect(Math.abs(x - expected[at]!)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(expected[at]!)));
		}
		await runtime.close();
	});

	it("covers in single precision what its own roundings may hide, far from the origin and of any size too", async () => {
		const runtime = await createRuntime({ kernel });
		for (const n of [2, 7, 8, 9, 64, 65, 150])
			for (const distribution of distributions)
				for (const [factor, offset] of [
					[1, 0],
					[1, 3],
					[0.01, 5],
					[1e-6, 1],
					[1e-15, 0],
					[1e-25, 0],
				] as const) {
					const rest = generateProblem({ distribution, n, d: 4, B: 1, seed: n });
					const moved = ({ rows, cols, data }: Matrix) =>
						new Matrix(
							rows,
							cols,
							data.map((x) => x * factor + offset),
						);
					const [A1, A2, A3, E] = [rest.A1, rest.A2, rest.A3, rest.E].map(moved);
					const problem = asDtype({ ...rest, A1: A1!, A2: A2!, A3: A3!, E: E! }, "f32");
					const profile = await profileOf(problem, kernelSums(problem, runtime));
					expect(uncovered(problem, profile), `${distribution}, n ${n}, ${offset} ± ${factor}`).toEqual([]);
				}
		await runtime.close();
	});

	it("goes in double precision where single precision would overflow or lose all", async () => {
		const runtime = await createRuntime({ kernel });
		const rest = generateProblem({ distribution: "uniform", n: 21, d: 4, B: 1, seed: 2 });
		const times = ({ rows, cols, data }: Matrix, factor: number) =>
			new Matrix(
				rows,
				cols,
				data.map((x) => x * factor),
			);
		for (const changed of [
			{ A2: times(rest.A2, 1e-25), A1: times(rest.A1, 1e25) },
			{ A2: times(rest.A2, 1e25), A1: times(rest.A1, 1e-25) },
			{ X: times(rest.X, 1e30), A1: times(rest.A1, 1e-30) },
			{ A3: times(rest.A3, 1e-20), Y: times(rest.Y, 1e-20) },
			{ E: times(rest.E, 3e38) },
		]) {
			const problem = asDtype({ ...rest, ...changed }, "f32");
			const expected = numbersOf(await profileOf(problem));
			const got = numbersOf(await profileOf(problem, kernelSums(problem, runtime)));
			for (const [at, x] of got.entries())
				expect(Math.abs(x - expected[at]!), Object.keys(changed).join()).toBeLessThanOrEqual(
					5e-5 * Math.abs(expected[at]!) + 1e-30,
				);
		}
		await runtime.close();
	});
});
