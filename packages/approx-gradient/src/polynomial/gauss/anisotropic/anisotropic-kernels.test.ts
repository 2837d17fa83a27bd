import { asDtype, generateProblem } from "@attgrad/attention-problem";
import {
	availableKernels,
	createRuntime,
	maxAbs,
	maxAbsDifference,
	seededRandom,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { decayingProblem } from "../../../testing/problems.ts";
import { profileOn } from "../../method/method-of.ts";
import { countMonomials } from "../../monomials/feature-tree.ts";
import { gaussOfSet } from "../gauss-gradient.ts";
import { anisotropicRequest } from "./anisotropic-gradient.ts";
import type { LayeredSet } from "./layered-set.ts";
import { heaviestMonomials } from "./monomial-set.ts";

const plain = await createRuntime({ kernel: "js" });
const kernels = (await availableKernels()).filter((kernel) => kernel !== "js");

/** Whether a set has all monomials of degree 2: without some, Σ ω s² may come out negative, and any polynomial is taken for such a row. */
function hasSquares({ tree: { d, degree, levels, size, raisedSize } }: LayeredSet): boolean {
	if (degree === 0) return true;
	const count = degree === 1 ? raisedSize - size : levels[3] - levels[2];
	return count === countMonomials(d, 2) - countMonomials(d, 1);
}

describe.each(kernels)("anisotropic row polynomials on the kernel %s", (kernel) => {
	it("are those of plain TypeScript: gradient, certificate and exact rows", async () => {
		const runtime = await createRuntime({ kernel, threads: 2 });
		const random = seededRandom(7, "sets");
		const problems = [
			decayingProblem({ n: 111, d: 3, B: 1.5, decay: 0.4, seed: 1 }),
			decayingProblem({ n: 1000, d: 5, B: 1, decay: 0.5, seed: 2 }),
			decayingProblem({ n: 17, d: 8, B: 1.5, decay: 0.6, seed: 3 }),
			generateProblem({ distribution: "heavy-tailed", n: 333, d: 2, B: 6, seed: 4 }),
			generateProblem({ distribution: "low-rank", n: 63, d: 4, B: 1, seed: 5 }),
			generateProblem({ distribution: "uniform", n: 1, d: 2, B: 1, seed: 6 }),
		];
		let compared = 0;
		try {
			for (const given of problems)
				for (const dtype of ["f64", "f32"] as const)
					for (const form of ["l1", "v2"] as const)
						for (const degree of [0, 1, 2, 3, 5, 6]) {
							const problem = asDtype(given, dtype);
							const { d, n } = problem;
							const slopes = Array.from({ length: d }, (_, i) => random.uniform(0, 1.5) + 0.5 * i);
							const weights = slopes.map((slope) => Float64Array.from({ length: degree + 1 }, (_, a) => -a * slope));
							const set = heaviestMonomials(weights, degree, -random.uniform(2, 9), 1e4);
							if (!set) throw new Error("a set of a test is too large");
							const on = async (own: typeof runtime) =>
								gaussOfSet(anisotropicRequest(problem, await profileOn(problem, own), own, form), set);
							const [expected, got] = [await on(plain), await on(runtime)];
							const [bound, plainBound] = [got, expected].map(({ certificate }) => certificate?.bound ?? 0);
							const floors = [got, expected].map(({ certificate }) => certificate?.floatFloor ?? 0);
							const title = `n ${n} d ${d} ${dtype} ${form} degree ${degree} of ${set.tree.size}`;
							if (dtype === "f64") expect(got.exactRows, title).toBe(expected.exactRows);
							const apart = maxAbsDifference(got.gradient, expected.gradient);
							expect(apart, title).toBeLessThanOrEqual(bound + plainBound);
							if (got.exactRows !== expected.exactRows || !hasSquares(set)) continue;
							// Sums of n rows of some K terms; where the method's part is all, both have the same.
							const size = maxAbs(expected.gradient) + 1e-3 * n;
							expect(apart, title).toBeLessThan(
								1e4 * unitRoundoff(dtype) * Math.exp(2 * (got.certificate?.radius ?? 0)) * size,
							);
							const methods = [bound - floors[0], plainBound - floors[1]];
							if (dtype === "f32" || !(methods[0] > 1000 * floors[0])) continue;
							// The roundings that are counted of power sums differ, and these are in the method's part.
							expect(methods[0] / methods[1], title).toBeCloseTo(1, 2);
							compared++;
						}
			expect(compared).toBeGreaterThan(30);
		} finally {
			await runtime.close();
		}
	});

	it("give the same bits for every number of threads", async () => {
		const problem = decayingProblem({ n: 9000, d: 3, B: 1.5, decay: 0.3, seed: 6 });
		const weights = [0.5, 1.5, 3].map((slope) => Float64Array.from({ length: 6 }, (_, a) => -a * slope));
		const set = heaviestMonomials(weights, 5, -5, 1e4);
		if (!set) throw new Error("a set of a test is too large");
		const results = [];
		for (const threads of [1, 3]) {
			const runtime = await createRuntime({ kernel, threads });
			const request = anisotropicRequest(problem, await profileOn(problem, runtime), runtime, "v2");
			results.push(await gaussOfSet(request, set));
			await runtime.close();
		}
		expect(results[1].gradient.data).toEqual(results[0].gradient.data);
		expect(results[1].certificate).toEqual(results[0].certificate);
	});
});
