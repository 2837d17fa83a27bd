import { type AttentionProblem, asDtype, generateProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { availableKernels, createRuntime, Matrix, scale } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { polynomial } from "../../polynomial.ts";

const problem = generateProblem({ distribution: "uniform", n: 12, d: 2, B: 1, seed: 5 });
const kernels = await availableKernels();
const forms = ["l1", "v2", "vd"] as const;

const sized = (changes: Partial<Record<"A1" | "A2" | "A3" | "E" | "X" | "Y", number>>): AttentionProblem => {
	const made = Object.entries(changes).map(([name, size]) => [name, scale(problem[name as "A1"], size)]);
	return { ...problem, ...Object.fromEntries(made) };
};

/** Expects a bound that holds about the given numbers, on every kernel and by every form. */
async function expectHeld(
	given: AttentionProblem,
	computed: AttentionProblem,
	options: object = {},
): Promise<number[]> {
	const truth = truthOf(given).gradient;
	const bounds: number[] = [];
	for (const kernel of kernels)
		for (const form of forms) {
			const runtime = await createRuntime({ kernel, threads: 1 });
			const parsed = polynomial.options.parse({ basis: "gauss", degree: 3, form, ...options });
			const { gradient, certificate } = await polynomial.run(computed, parsed, runtime);
			expect(certificate?.kind, `${kernel} ${form}`).toBe("a-posteriori");
			const bound = certificate?.bound ?? 0;
			expect(truth.distanceTo(gradient), `${kernel} ${form}`).toBeLessThanOrEqual(bound);
			bounds.push(bound);
		}
	return bounds;
}

describe("certificates of polynomials by row, far from ordinary sizes", () => {
	test.each([
		[{ A3: 1e-200, E: 1e-200 }],
		[{ A1: 1e-200, X: 1e200 }],
		[{ A1: 1e150, X: 1e-150 }],
		[{ A2: 1e-160, X: 1e160 }],
		[{ X: 1e-200 }],
		[{ A3: 1e-310, Y: 1, E: 1e-310 }],
		[{ Y: 1e-200, A3: 1e-150 }],
		[{ A1: 1e-300, E: 1e-20 }],
	])("hold in double precision at sizes %o", async (sizes) => {
		const given = sized(sizes);
		await expectHeld(given, given);
	});

	test.each([
		[{ A3: 1e-30, E: 1e-30 }],
		[{ A1: 1e-25, X: 1e25 }],
		[{ A2: 1e-20, X: 1e20 }],
		[{ X: 1e-30 }],
		[{ A1: 1e-30, X: 1e-12 }],
		[{ A3: 1e-40, E: 1e-40 }],
	])("hold in single precision at sizes %o", async (sizes) => {
		const { roundedFrom: _, ...single } = asDtype(sized(sizes), "f32");
		await expectHeld(asDtype(single, "f64"), single);
	});

	test("are about the numbers that were given where those are rounded to single precision", async () => {
		const offset = { ...problem, E: Matrix.build(12, 2, (j, i) => problem.E.at(j, i) + 1000) };
		for (const given of [problem, offset]) {
			const rounded = await expectHeld(given, asDtype(given, "f32"), { degree: 9 });
			const { roundedFrom: _, ...single } = asDtype(given, "f32");
			const own = await expectHeld(asDtype(single, "f64"), single, { degree: 9 });
			for (const [at, bound] of rounded.entries()) expect(bound).toBeGreaterThan(own[at]);
		}
	});

	test("count what exact rows lose and were rounded by", async () => {
		// Scores beyond the largest radius: no row has a polynomial.
		const given = {
			...problem,
			A1: scale(problem.A1, 300),
			A3: scale(problem.A3, 1e-200),
			E: scale(problem.E, 1e-200),
		};
		await expectHeld(given, given);
		const large = { ...problem, A1: scale(problem.A1, 300) };
		await expectHeld(large, asDtype(large, "f32"));
	});
});
