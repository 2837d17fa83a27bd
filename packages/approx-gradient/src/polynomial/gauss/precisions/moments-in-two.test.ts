import { generateProblem } from "@attgrad/attention-problem";
import { availableKernels, createRuntime, withKernels } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { kernelPlan } from "../../kernels/kernel-plan.ts";
import { REACH_SLACK } from "../../method/feature-space.ts";
import { profileOn } from "../../method/method-of.ts";
import { keptTotalDegreeTree } from "../../monomials/total-degree.ts";
import { framedKeys } from "../../routes/framed-blocks.ts";
import { gaussKernels } from "../gauss-kernels.ts";
import { constantsOf, gaussRequest } from "../gauss-request.ts";
import { momentsInTwo } from "./moments-in-two.ts";

const kernels = (await availableKernels()).filter((kernel) => kernel !== "js");

test.each(kernels)(
	"the sizes of terms on the kernel %s are the mean powers of all keys, by every column",
	async (kernel) => {
		const runtime = await createRuntime({ kernel, threads: 2 });
		for (const [distribution, n, d, degree] of [
			["uniform", 5, 2, 5],
			["biased", 111, 3, 9],
			["heavy-tailed", 1000, 2, 16],
			["clustered", 9001, 4, 6],
		] as const) {
			const problem = generateProblem({ distribution, n, d, B: 1, seed: 4 });
			const request = { ...gaussRequest(problem, await profileOn(problem, runtime), runtime, "l1"), doubleUpTo: 3 };
			const { space, route } = request;
			const constants = constantsOf(request, degree);
			const tree = keptTotalDegreeTree(d, degree);
			const plan = kernelPlan(kernel, { n, d, dtype: "f32" }, tree, tree.raisedSize, d + 1);
			const input = { problem, tree, space, constants, route, doubleUpTo: 3 };
			const { termReach } = await withKernels(runtime, gaussKernels, (memory) =>
				momentsInTwo(input, 3, plan, memory, () => {}),
			);
			// The least power of two that is no less than the degree, and 8.
			const power = { 5: 8, 9: 16, 16: 16, 6: 8 }[degree];
			const sums = Array.from({ length: d + 1 }, () => ({ all: 0, powers: new Float64Array(d) }));
			for (const { count, points, values, weights } of framedKeys(problem, space.frame, n))
				for (let l = 0; l < count; l++)
					for (const [column, sum] of sums.entries()) {
						const size = weights[l] * (column < d ? Math.abs(values.at(l, column)) : 1);
						sum.all += size;
						for (let b = 0; b < d; b++) sum.powers[b] += size * points[b * count + l] ** power;
					}
			for (let b = 0; b < d; b++) {
				const expected = Math.max(...sums.map(({ all, powers }) => (powers[b] / all) ** (1 / power)));
				expect(expected).toBeLessThan(space.keyReach[b]);
				expect(termReach[b] / (REACH_SLACK * expected)).toBeCloseTo(1, 9);
			}
		}
		await runtime.close();
	},
);
