import { asDtype, createProblem, generateProblem, projectedLayer, provedRelative } from "@attgrad/attention-problem";
import { ExactMatrix, exactOutput, truthOf } from "@attgrad/attention-problem/reference";
import { streaming } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbs, type Runtime, scale } from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clusters, nystrom, supportBasis } from "../feature-maps/index.ts";
import { auto } from "../planner/auto.ts";
import { profileOn } from "../polynomial/method/method-of.ts";
import { polynomial } from "../polynomial/polynomial.ts";
import { polynomialForward } from "../polynomial/polynomial-forward.ts";
import { pilotGradient } from "./pilot.ts";
import { withinRelative } from "./within-relative.ts";

let runtime: Runtime;
beforeAll(async () => {
	runtime = await createRuntime();
});
afterAll(() => runtime.close());

const of = (matrix: Matrix): ExactMatrix => ExactMatrix.of(matrix);

/** max |g~ - g| / max |g| against whole-number arithmetic. */
function relativeError(problem: Parameters<typeof truthOf>[0], gradient: Matrix): number {
	const truth = truthOf(problem).gradient;
	return truth.distanceTo(gradient) / truth.distanceTo(Matrix.zeros(gradient.rows, gradient.cols));
}

test("a bound over what the largest entry is at least covers the relative error", () => {
	const number = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
	fc.assert(
		fc.property(number, fc.double({ min: -1, max: 1, noNaN: true }), number, (g, share, bound) => {
			const largest = Math.abs(g + share * bound);
			// The sum above is rounded, by at most this.
			const rounded = 2 ** -52 * (g + bound);
			expect(provedRelative(bound + rounded, largest)).toBeGreaterThanOrEqual((Math.abs(share) * bound) / g);
		}),
	);
	expect(provedRelative(0, 0)).toBe(0);
	expect(provedRelative(1, 1)).toBe(Number.POSITIVE_INFINITY);
});

describe.each(["uniform", "gaussian", "heavy-tailed", "clustered", "biased"])("%s", (distribution) => {
	const problem = generateProblem({ distribution, n: 63, d: 2, B: 0.5, seed: 3 });
	test.each([
		["polynomial", polynomial, {}],
		["polynomials by row", polynomial, { basis: "gauss" }],
		["the route reverse", polynomial, { route: "reverse" }],
		["clusters", clusters, {}],
		["support-basis", supportBasis, {}],
		["nystrom", nystrom, {}],
		["auto", auto, {}],
	] as const)("%s keeps relative 1e-4", async (_, algorithm, options) => {
		const parsed = algorithm.options.parse({ ...options, relative: 1e-4 });
		const { gradient, certificate } = await algorithm.run(problem, parsed as never, runtime);
		expect(relativeError(problem, gradient)).toBeLessThanOrEqual(1e-4);
		if (certificate) expect(provedRelative(certificate.bound, maxAbs(gradient))).toBeLessThanOrEqual(1e-4);
	});
});

test("the same part is proved whatever the size of the gradient, and in single precision", async () => {
	const given = generateProblem({ distribution: "uniform", n: 111, d: 3, B: 0.5, seed: 1 });
	for (const size of [1e-30, 1, 1e30]) {
		const problem = createProblem({ ...given, A3: scale(given.A3, size), E: scale(given.E, size) }, given.scale);
		const { gradient, certificate, degree } = await polynomial.run(
			problem,
			polynomial.options.parse({ basis: "gauss" }),
			runtime,
		);
		expect(degree).toBe(3);
		expect(provedRelative(certificate?.bound ?? 1, maxAbs(gradient))).toBeLessThanOrEqual(1e-3);
		expect(relativeError(problem, gradient)).toBeLessThanOrEqual(1e-3);
	}
	const single = asDtype(given, "f32");
	const { gradient, certificate } = await polynomial.run(single, polynomial.options.parse({ relative: 0.1 }), runtime);
	expect(provedRelative(certificate?.bound ?? 1, maxAbs(gradient))).toBeLessThanOrEqual(0.1);
	expect(relativeError(given, gradient)).toBeLessThanOrEqual(0.1);
});

test("of a gradient that is zero an absolute error is proved, and that is said", async () => {
	const given = generateProblem({ distribution: "uniform", n: 64, d: 2, B: 0.5, seed: 1 });
	const same = Matrix.build(64, 2, () => 0.5);
	const zero = createProblem({ ...given, A3: same, Y: Matrix.identity(2), E: given.E }, given.scale);
	for (const basis of ["chebyshev", "gauss"]) {
		const result = await polynomial.run(zero, polynomial.options.parse({ basis }), runtime);
		expect(result.remark).toMatch(/cannot be told from zero .* a relative error has no meaning, an absolute one/);
		expect(result.certificate?.bound).toBeLessThanOrEqual(1e-6);
		expect(maxAbs(result.gradient)).toBeLessThanOrEqual(1e-6);
	}
});

test("a gradient that turns out smaller than the pilot's is proved in a further run", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 64, d: 2, B: 0.5, seed: 1 });
	const epsilons: number[] = [];
	const pilot = { largest: 100, floor: 0, degree: 2 };
	const result = await withinRelative({ problem, relative: 1e-2, runtime, pilot }, (epsilon) => {
		epsilons.push(epsilon);
		return polynomial.run(problem, polynomial.options.parse({ epsilon }), runtime);
	});
	expect(epsilons.length).toBeGreaterThan(1);
	expect(relativeError(problem, result.gradient)).toBeLessThanOrEqual(1e-2);
});

test.each([
	["small scores, one polynomial for all rows", 0.5, 2],
	["larger scores, polynomials by row", 2, undefined],
])("a pilot tells how large a gradient is: %s", async (_, B, degree) => {
	const problem = generateProblem({ distribution: "uniform", n: 200, d: 2, B, seed: 1 });
	const pilot = await pilotGradient(problem, await profileOn(problem, runtime), runtime);
	const size = truthOf(problem).gradient.distanceTo(Matrix.zeros(2, 2));
	expect(pilot.largest / size).toBeGreaterThan(0.8);
	expect(pilot.largest / size).toBeLessThan(1.25);
	if (degree !== undefined && runtime.kernel !== "js") expect(pilot.degree).toBe(degree);
	expect(pilot.floor).toBeLessThan(1e-9 * size);
});

test.each([
	["all of few rows", 1500, 4, 4, 0.95, 1.05],
	["a sample of many", 20_000, 4, 4, 0.3, 2],
	["a sample of many, more coordinates", 9000, 8, 4, 0.3, 2],
])("a pilot counts the rows that it leaves out: %s", async (_, n, d, B, least, most) => {
	// Rows that look at the sink, one in fifty, make up the gradient.
	const problem = generateProblem({ distribution: "sinks", n, d, B, seed: 2 });
	const pilot = await pilotGradient(problem, await profileOn(problem, runtime), runtime);
	const size = maxAbs((await streaming.run(problem, streaming.options.parse({}), runtime)).gradient);
	expect(pilot.largest / size).toBeGreaterThan(least);
	expect(pilot.largest / size).toBeLessThan(most);
});

test("where scores are too large for a pilot, a method that proves the relative error does so", async () => {
	const problem = generateProblem({ distribution: "sinks", n: 400, d: 2, B: 12, seed: 2 });
	await expect(pilotGradient(problem, await profileOn(problem, runtime), runtime)).rejects.toThrow("serves most rows");
	const { gradient, certificate } = await clusters.run(problem, clusters.options.parse({ relative: 1e-2 }), runtime);
	expect(provedRelative(certificate?.bound ?? Infinity, maxAbs(gradient))).toBeLessThanOrEqual(1e-2);
	expect(relativeError(problem, gradient)).toBeLessThanOrEqual(1e-2);
});

test("what no degree proves is refused with both errors", async () => {
	const problem = generateProblem({ distribution: "uniform", n: 64, d: 2, B: 0.5, seed: 1 });
	const run = polynomial.run(problem, polynomial.options.parse({ relative: 1e-14 }), runtime);
	await expect(run).rejects.toThrow(/no degree certifies epsilon .*\(for relative 1e-14 of a largest entry of about /);
});

test.each([0, 1, 2, -1, Number.NaN])("relative %s is refused", (relative) => {
	for (const { options } of [polynomial, clusters, supportBasis, nystrom, auto, polynomialForward])
		expect(options.safeParse({ relative }).success).toBe(false);
});

test("an output is proved within a part of its largest entry; of one that is zero that is said", async () => {
	const given = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1, seed: 1 });
	const layer = projectedLayer({ Q: given.A1, K: given.A2, V: given.A3 });
	const output = Matrix.zeros(63, 2);
	const options = polynomialForward.options.parse({ relative: 1e-5 });
	const run = await polynomialForward.run(layer, options, runtime, (from, rows) =>
		output.data.set(rows.data, 2 * from),
	);
	expect(run.relative).toBeLessThanOrEqual(1e-5);
	const { output: truth } = exactOutput({ Q: of(layer.A1), K: of(layer.A2), V: of(layer.A3), scale: layer.scale });
	const largest = truth.distanceTo(Matrix.zeros(63, 2));
	expect(truth.distanceTo(output) / largest).toBeLessThanOrEqual(1e-5);
	const none = projectedLayer({ Q: given.A1, K: given.A2, V: Matrix.zeros(63, 2) });
	const { remark, certificate } = await polynomialForward.run(none, options, runtime, () => {});
	expect(remark).toMatch(/cannot be told from zero/);
	expect(certificate?.bound).toBeLessThanOrEqual(1e-6);
});

test("a pilot whose rest does not fit into the memory of exact kernels tells the size without it", async () => {
	const small = await createRuntime({ memoryLimit: 10 * 2 ** 20 });
	try {
		const problem = generateProblem({ distribution: "sinks", n: 30_000, d: 4, B: 4, seed: 2 });
		const [all, served] = [runtime, small].map(async (on) => pilotGradient(problem, await profileOn(problem, on), on));
		const { largest } = await served;
		expect(largest).toBeGreaterThan(0);
		expect(largest).toBeLessThan((await all).largest);
	} finally {
		await small.close();
	}
});
