import { asDtype, createProblem, generateProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { streamingGradient } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbsDifference, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { decayingProblem } from "../../../testing/problems.ts";
import { describeAlgorithmContract } from "../../../testing.ts";
import { profileOn } from "../../method/method-of.ts";
import { countMonomials } from "../../monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../../monomials/total-degree.ts";
import { polynomial } from "../../polynomial.ts";
import { gaussOfSet } from "../gauss-gradient.ts";
import { gaussRequest } from "../gauss-request.ts";
import { anisotropicRequest } from "./anisotropic-gradient.ts";
import { exponentsOf } from "./exponents.ts";
import { layeredSet } from "./layered-set.ts";
import { heaviestMonomials } from "./monomial-set.ts";

const anisotropic = { basis: "gauss", monomials: "anisotropic" } as const;

describeAlgorithmContract({ algorithm: polynomial, options: { ...anisotropic, degree: 3 }, runs: 30 });
describeAlgorithmContract({ algorithm: polynomial, options: { ...anisotropic, degree: 4, form: "l1" }, runs: 30 });

const runtime = await createRuntime({ kernel: "js" });

const gradientOf = (problem: ReturnType<typeof generateProblem>, options: Record<string, unknown>) =>
	polynomial.run(problem, polynomial.options.parse({ basis: "gauss", ...options }), runtime);

/** Queries and keys of very different spread by coordinate, few enough for the truth. */
function spreadProblem(seed: number, n: number, spreads: readonly number[]) {
	const random = seededRandom(seed, "spread");
	const d = spreads.length;
	const rows = (): Matrix => Matrix.build(n, d, (_, i) => spreads[i] * random.uniform(-1, 1));
	const others = (): Matrix => Matrix.build(n, d, () => random.uniform(-1, 1));
	const same = Matrix.identity(d);
	return createProblem({ A1: rows(), A2: rows(), A3: others(), E: others(), X: same, Y: same });
}

describe("anisotropic polynomials by row", () => {
	it("are within their bound of the truth with any set of monomials, in both forms and number types", async () => {
		const random = seededRandom(2, "sets");
		let tightest = Number.POSITIVE_INFINITY;
		for (let trial = 0; trial < 60; trial++) {
			const d = random.integer(1, 3);
			const spreads = Array.from({ length: d }, () => 1.8 * 10 ** random.uniform(-1.5, 0));
			const dtype = trial % 4 === 3 ? "f32" : "f64";
			const problem = asDtype(spreadProblem(trial, random.integer(2, 7), spreads), dtype);
			const form = trial % 2 === 0 ? "v2" : "l1";
			const request = anisotropicRequest(problem, await profileOn(problem, runtime), runtime, form);
			const degree = random.integer(0, 7);
			const weights = spreads.map(() => {
				const slope = random.uniform(0, 3);
				return Float64Array.from({ length: degree + 1 }, (_, a) => -a * slope);
			});
			const set = heaviestMonomials(weights, degree, -random.uniform(0, 8), 1e4);
			if (!set) throw new Error("a set of a test is too large");
			const { gradient, certificate, exactRows } = await gaussOfSet(request, set);
			const error = truthOf(problem).gradient.distanceTo(gradient);
			expect(error).toBeLessThanOrEqual(certificate?.bound ?? 0);
			if (exactRows === 0 && dtype === "f64") tightest = Math.min(tightest, (certificate?.bound ?? 0) / error);
		}
		// The bounds are not idle: some row of some problem comes near its own.
		expect(tightest).toBeLessThan(30);
	});

	it("prove with all monomials of a degree the bound that total degree proves", async () => {
		const problem = spreadProblem(4, 60, [1, 0.6, 0.3]);
		const profile = await profileOn(problem, runtime);
		for (const degree of [1, 2, 5, 6]) {
			const request = gaussRequest(problem, profile, runtime, "v2");
			const total = keptTotalDegreeTree(3, degree);
			const exponents = Array.from({ length: total.size }, (_, node) => exponentsOf(total, node));
			const all = await gaussOfSet(request, layeredSet(exponents));
			const isotropic = await gradientOf(problem, { degree });
			// More roundings are counted, which is 1e-5 of the bounds at most here.
			// Total degree has the bound by covariances beside the others.
			const ratio = (all.certificate?.bound ?? 0) / (isotropic.certificate?.bound ?? 0);
			expect(ratio).toBeGreaterThan(1 - 1e-4);
			expect(ratio).toBeLessThan(3);
			expect(maxAbsDifference(all.gradient, isotropic.gradient)).toBeLessThan(1e-13);
		}
	});

	it("take at a degree far fewer monomials for about twice the bound where the data lie along few axes", async () => {
		const problem = decayingProblem({ n: 333, d: 5, B: 1.5, decay: 0.3, seed: 3 });
		const { gradient } = await streamingGradient(problem);
		for (const degree of [3, 4, 5]) {
			const all = await gradientOf(problem, { degree });
			const few = await gradientOf(problem, { ...anisotropic, degree });
			expect(all.rank).toBe(countMonomials(5, degree));
			expect((few.rank ?? 0) * 1.3).toBeLessThan(all.rank ?? 0);
			expect(few.certificate?.bound).toBeLessThan(4 * (all.certificate?.bound ?? 0));
			expect(maxAbsDifference(few.gradient, gradient)).toBeLessThanOrEqual(few.certificate?.bound ?? 0);
		}
	});

	it("prove an accuracy with fewer monomials than total degree takes", async () => {
		const problem = decayingProblem({ n: 333, d: 5, B: 1.5, decay: 0.4, seed: 5 });
		const { gradient } = await streamingGradient(problem);
		for (const epsilon of [1e-2, 1e-5]) {
			const few = await gradientOf(problem, { ...anisotropic, epsilon });
			const all = await gradientOf(problem, { epsilon });
			expect(few.certificate?.bound).toBeLessThanOrEqual(epsilon);
			expect(maxAbsDifference(few.gradient, gradient)).toBeLessThanOrEqual(few.certificate?.bound ?? 0);
			// The monomials of a degree more count as well: the gradient takes those.
			expect((few.rank ?? 0) * 1.3).toBeLessThan(countMonomials(5, (all.degree ?? 0) + 1));
		}
	});

	it("are refused for what their bounds do not cover", () => {
		const problem = generateProblem({ distribution: "uniform", n: 5, d: 2, B: 1, seed: 1 });
		for (const options of [{ route: "reverse" }, { form: "vd" }, { certificate: "probabilistic" }]) {
			const parsed = polynomial.options.parse({ ...anisotropic, degree: 3, ...options });
			expect(polynomial.supports(problem, parsed)).toMatchObject({ reason: expect.stringContaining("anisotropic") });
		}
	});
});
