import { asDtype, generateProblem } from "@attgrad/attention-problem";
import {
	availableKernels,
	ComputationError,
	createRuntime,
	type Dtype,
	Matrix,
	maxAbs,
	maxAbsDifference,
	unitRoundoff,
	withKernels,
} from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { chebyshev } from "../families/chebyshev.ts";
import { balancedSpace } from "../method/feature-space.ts";
import { downwardClosedTree } from "../monomials/downward-closed.ts";
import { type FeatureTree, featureWeights } from "../monomials/feature-tree.ts";
import { totalDegreeTree } from "../monomials/total-degree.ts";
import { profileOf } from "../profile/profile.ts";
import { routes } from "../routes/index.ts";
import type { RouteInput } from "../routes/route.ts";
import { kernelPlan } from "./kernel-plan.ts";
import { keyMoments, momentsOf, runOnKernels } from "./kernel-route.ts";
import { polynomialKernels } from "./polynomial-kernels.ts";

const kernels = (await availableKernels()).filter((kernel) => kernel !== "js");
const routeNames = ["moment", "reverse"] as const;
const dtypes: readonly Dtype[] = ["f64", "f32"];

interface Case {
	n: number;
	d: number;
	degree: number;
	distribution?: string;
	dtype?: Dtype;
	tree?: FeatureTree;
}

async function inputOf({ n, d, degree, distribution = "uniform", dtype = "f64", tree }: Case): Promise<RouteInput> {
	const problem = asDtype(generateProblem({ distribution, n, d, B: 1, seed: n + d }), dtype);
	const space = balancedSpace(await profileOf(problem));
	const monomials = tree ?? totalDegreeTree(d, degree);
	const weights = featureWeights(monomials, chebyshev.coefficients(space.radius, degree));
	return { problem, tree: monomials, weights, frame: space.frame };
}

/** Some hundred roundings of sums whose terms are within e^2 of the result's size at these radii. */
const tolerance = (dtype: Dtype) => 1000 * unitRoundoff(dtype);

describe.each(kernels)("kernel %s", (kernel) => {
	it.each(dtypes)("takes numbers of single precision as they are, zero, subnormal and large, in %s", async (dtype) => {
		const numbers = [1.5, -0.1, 0, 2 ** -149, -(2 ** -140), 2 ** -126, -3e38, 1e-30, 0.7];
		const d = numbers.length;
		const { problem, frame, ...rest } = await inputOf({ n: 1, d, degree: 1, dtype });
		const zeros = new Float64Array(d);
		const A3 = new Matrix(1, d, Float64Array.from(numbers)).as(dtype);
		const input = {
			...rest,
			problem: { ...problem, A3, Y: Matrix.build(d, d, (a, i) => Number(a === i)).as(dtype) },
			frame: { ...frame, queryCentre: zeros, valueCentre: zeros },
		};
		const runtime = await createRuntime({ kernel });
		const plan = kernelPlan(kernel, { n: 1, d, dtype }, input.tree, input.tree.size);
		const moments = await withKernels(runtime, polynomialKernels, (module) =>
			keyMoments(input, plan, module, momentsOf(module), () => {}),
		);
		await runtime.close();
		expect([...moments.subarray(0, d + 1)]).toEqual([...A3.data, 1]);
	});

	describe.each(routeNames)("route %s", (name) => {
		it.each(dtypes)(
			"rows that fill up a panel add nothing, however far keys and queries are from 0, %s",
			async (dtype) => {
				const runtime = await createRuntime({ kernel });
				// A1 and A2 about these offsets: their powers up to the degree are beyond single precision.
				for (const [queryOffset, keyOffset, degree] of [
					[0, 1000, 14],
					[30, 0, 28],
					[30, -1000, 28],
				])
					for (const n of [1, 2, 3, 5, 15, 30, 33, 65]) {
						const drawn = generateProblem({ distribution: "uniform", n, d: 2, B: 1, seed: n });
						const moved = (A: Matrix, by: number) => Matrix.build(A.rows, A.cols, (i, j) => A.at(i, j) + by);
						const X = Matrix.identity(2);
						const A = { A1: moved(drawn.A1, queryOffset), A2: moved(drawn.A2, keyOffset), X };
						const problem = asDtype({ ...drawn, ...A }, dtype);
						const { frame, radius } = balancedSpace(await profileOf(problem));
						const tree = totalDegreeTree(2, degree);
						const weights = featureWeights(tree, chebyshev.coefficients(radius, degree));
						const input = { problem, tree, weights, frame };
						const expected = await routes[name].run(input);
						const got = await runOnKernels(name, input, runtime);
						const where = `n ${n}, offsets ${queryOffset}, ${keyOffset}`;
						expect([got.loss, ...got.gradient.data].every(Number.isFinite), where).toBe(true);
						// In single precision rounding, of scores up to 60, leaves few digits there: a number is all that is asked for.
						if (dtype === "f32" && queryOffset > 0) continue;
						expect(maxAbsDifference(got.gradient, expected.gradient), where).toBeLessThan(
							tolerance(dtype) * (maxAbs(expected.gradient) + Math.max(1e-3, queryOffset)),
						);
					}
				await runtime.close();
			},
		);

		it.each(dtypes)("gives the plain route's gradient and loss at awkward sizes, %s", async (dtype) => {
			const runtime = await createRuntime({ kernel, threads: 2 });
			const sizes: Case[] = [
				...[1, 2, 3, 63, 65, 111, 257].map((n) => ({ n, d: 3, degree: 4 })),
				...[1, 2, 5, 7, 17].map((d) => ({ n: 65, d, degree: 2 })),
				{ n: 40, d: 4, degree: 0 },
				{ n: 300, d: 4, degree: 6, distribution: "biased" },
			];
			for (const size of sizes) {
				const input = await inputOf({ ...size, dtype });
				const expected = await routes[name].run(input);
				const got = await runOnKernels(name, input, runtime);
				const scale = maxAbs(expected.gradient) + 1e-3;
				expect(maxAbsDifference(got.gradient, expected.gradient), JSON.stringify(size)).toBeLessThan(
					tolerance(dtype) * scale,
				);
				expect(Math.abs(got.loss / expected.loss - 1)).toBeLessThan(tolerance(dtype));
			}
			await runtime.close();
		});

		it("takes any downward-closed set of monomials", async () => {
			const exponents = [
				[0, 0, 0],
				[1, 0, 0],
				[2, 0, 0],
				[3, 0, 0],
				[4, 0, 0],
				[0, 1, 0],
				[1, 1, 0],
				[2, 1, 0],
				[0, 2, 0],
				[0, 0, 1],
			];
			const input = await inputOf({ n: 130, d: 3, degree: 4, tree: downwardClosedTree(exponents) });
			const runtime = await createRuntime({ kernel });
			const expected = await routes[name].run(input);
			const got = await runOnKernels(name, input, runtime);
			await runtime.close();
			expect(maxAbsDifference(got.gradient, expected.gradient)).toBeLessThan(1e-12 * maxAbs(expected.gradient));
		});

		it("gives the same bits for every number of threads", async () => {
			const input = await inputOf({ n: 5000, d: 3, degree: 4 });
			const results = [];
			for (const threads of [1, 2, 3]) {
				const runtime = await createRuntime({ kernel, threads });
				results.push((await runOnKernels(name, input, runtime)).gradient.data);
				await runtime.close();
			}
			expect(results[1]).toEqual(results[0]);
			expect(results[2]).toEqual(results[0]);
		});

		it("totals are the sums that certificates take", async () => {
			const input = await inputOf({ n: 700, d: 3, degree: 5 });
			const runtime = await createRuntime({ kernel });
			const got = await runOnKernels(name, input, runtime);
			await runtime.close();
			const [sums, residuals] = [new Float64Array(3), new Float64Array(9)];
			let [weight, least] = [0, Number.POSITIVE_INFINITY];
			await routes[name].run(input, {
				watchers: [
					{
						keys: (block) => {
							for (const w of block.weights.subarray(0, block.count)) weight += w;
						},
						rows: (block, states) => {
							for (let j = 0; j < block.count; j++) {
								least = Math.min(least, states.normalisers[j]);
								for (let a = 0; a < 3; a++) {
									const size = Math.abs(block.inputs.at(j, a));
									sums[a] += size;
									for (let i = 0; i < 3; i++)
										residuals[a * 3 + i] += size * Math.abs(states.residuals[i * block.count + j]);
								}
							}
						},
					},
				],
			});
			for (let a = 0; a < 3; a++) expect(got.inputSums[a]).toBeCloseTo(sums[a], 9);
			for (let at = 0; at < 9; at++) expect(got.residualSums.data[at]).toBeCloseTo(residuals[at], 9);
			expect(got.totalWeight).toBeCloseTo(weight, 9);
			expect(got.leastNormaliser).toBeCloseTo(least, 9);
		});

		it("a normaliser that is not positive is invalid, with its row", async () => {
			const input = await inputOf({ n: 100, d: 2, degree: 1 });
			const runtime = await createRuntime({ kernel });
			const broken = { ...input, weights: input.weights.map((w, node) => (node === 0 ? -w : w)) };
			await expect(runOnKernels(name, broken, runtime)).rejects.toThrow(ComputationError);
			await expect(runOnKernels(name, broken, runtime)).rejects.toThrow(/normaliser of row 0 is -/);
			await runtime.close();
		});
	});
});
