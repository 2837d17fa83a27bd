import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbs, maxAbsDifference, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { clusterPoints, nearest } from "./clustering.ts";
import { clusters } from "./clusters.ts";

const runtime = await createRuntime({ kernel: "js" });
const run = async (problem: ReturnType<typeof generateProblem>, options: object) => {
	const result = await clusters.run(problem, clusters.options.parse(options), runtime);
	const exact = await streamingGradient(problem);
	const error = maxAbsDifference(result.gradient, exact.gradient);
	return { ...result, error, relative: error / maxAbs(exact.gradient), certificate: result.certificate! };
};
const wide = generateProblem({ distribution: "uniform", n: 700, d: 2, B: 6, seed: 1 });

describe("clusters", () => {
	it("prove at a large B what one expansion cannot for rounding", async () => {
		const [one, many] = [
			await run(wide, { queryClusters: 1, keyClusters: 1 }),
			await run(wide, { queryClusters: 16, keyClusters: 16 }),
		];
		expect(one.certificate.radius).toBeGreaterThan(25);
		expect(many.certificate.radius).toBeLessThan(6);
		expect(many.relative).toBeLessThan(1e-7);
		expect(many.degree).toBeLessThan(one.degree! / 2);
		expect(many.certificate.bound).toBeLessThan(1);
		expect(one.certificate.bound).toBeGreaterThan(1e3);
	});

	it("may drop far clusters, and say so in the certificate", async () => {
		const options = { queryClusters: 16, keyClusters: 16, degree: 24 };
		const [all, dropped] = [await run(wide, options), await run(wide, { ...options, drop: 1e-4 })];
		expect(dropped.error).toBeGreaterThan(all.error);
		expect(dropped.error).toBeLessThanOrEqual(dropped.certificate.bound);
		expect(dropped.certificate.relativeError).toBeGreaterThanOrEqual(2e-4);
	});

	it("keep the epsilon they were given", async () => {
		const problem = generateProblem({ distribution: "clustered", n: 300, d: 2, B: 3, seed: 2 });
		for (const epsilon of [1e-1, 1e-5])
			expect((await run(problem, { epsilon })).certificate.bound).toBeLessThanOrEqual(epsilon);
	});

	it("are found where they are", () => {
		const random = seededRandom(3);
		const points = Matrix.build(111, 2, (l, b) => 10 * ((l % 3) + b * (l % 2)) + random.uniform(-0.1, 0.1));
		const { centres, radius } = clusterPoints(points, 6);
		expect(centres.rows).toBe(6);
		expect(radius).toBeLessThan(0.2);
		for (let l = 6; l < 111; l++) expect(nearest(points.row(l), centres)).toBe(nearest(points.row(l % 6), centres));
	});

	it("are no more than there are different points", () => {
		expect(
			clusterPoints(
				Matrix.build(63, 2, (l) => l % 3),
				8,
			).centres.rows,
		).toBe(3);
		expect(clusterPoints(Matrix.zeros(1, 2), 8).radius).toBe(0);
	});
});
