import { type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import { arbitraryProblem } from "@attgrad/attention-problem/testing";
import { add, ComputationError, Matrix, maxAbs, maxAbsDifference, seededRandom } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "@attgrad/matrix-core/testing";
import { streamingGradient } from "@attgrad/exact-gradient";
import { RelativeRounding } from "../error-bound/index.ts";
import { chebyshev } from "../polynomial/families/chebyshev.ts";
import { totalDegreeTree } from "../polynomial/monomials/total-degree.ts";
import type { FeatureMap } from "./feature-map.ts";
import { featureMapGradient, type GradientForm } from "./feature-map-gradient.ts";
import { kernelScale, scaledKeys } from "./kernel-scale.ts";
import { nystromMap } from "./nystrom/nystrom-map.ts";
import { PivotedCholesky } from "./nystrom/pivoted-cholesky.ts";
import { monomialMap } from "./polynomial/monomial-map.ts";
import { randomDirections, randomFeatureMap } from "./random-features/random-feature-map.ts";
import { supportAt } from "./support-basis/support.ts";
import { supportMap } from "./support-basis/support-map.ts";

const problem = generateProblem({ distribution: "gaussian", n: 63, d: 3, B: 0.6, seed: 1 });

const nystromOf = (of: AttentionProblem, rank: number): FeatureMap => {
	const scale = kernelScale(of);
	const keys = scaledKeys(of.A2, scale);
	const cholesky = new PivotedCholesky(keys, scale.largest, seededRandom(1));
	cholesky.grow(rank);
	const points = Matrix.build(cholesky.pivots.length, of.d, (s, b) => keys.at(cholesky.pivots[s], b));
	return nystromMap({ scale, points, factor: cholesky.factor() });
};
const monomialsOf = (of: AttentionProblem, degree: number, centre: Float64Array = new Float64Array(of.d).fill(0.25)) =>
	monomialMap({
		tree: totalDegreeTree(of.d, degree),
		coefficients: chebyshev.coefficients(2, degree),
		centre,
		t: 0.5,
	});
const maps: Record<string, (of: AttentionProblem) => FeatureMap> = {
	nystrom: (of) => nystromOf(of, 12),
	"random features": (of) => randomFeatureMap(kernelScale(of), randomDirections(20, of.d, true, seededRandom(2))),
	monomials: (of) => monomialsOf(of, 4),
	"support basis": (of) =>
		supportMap(supportAt(of, 1), monomialsOf(of, 3, supportAt(of, 1).centre), of.scale, {
			kind: "relative",
			delta: 0.5,
			radius: 2,
			rounding: RelativeRounding.none,
			underflow: { query: 0, key: 0 },
			span: 0,
			frame: 1,
		}),
};
const run = (of: AttentionProblem, map: FeatureMap, form: GradientForm) =>
	featureMapGradient(of, map, { form, algorithm: "test" });

describe.each(Object.entries(maps))("the gradient with %s", (_, mapOf) => {
	it("is, in the surrogate form, the derivative of the loss it reports", async () => {
		const map = mapOf(problem);
		const { gradient } = await run(problem, map, "surrogate");
		const step = 1e-5;
		for (let at = 0; at < 9; at++) {
			const shift = Matrix.build(3, 3, (a, b) => (3 * a + b === at ? step : 0));
			const moved = (by: number) => ({
				...problem,
				X: add(
					problem.X,
					Matrix.build(3, 3, (a, b) => by * shift.at(a, b)),
				),
			});
			const up = await run(moved(1), map, "surrogate");
			const down = await run(moved(-1), map, "surrogate");
			const difference = (up.loss - down.loss) / (2 * step);
			// truncation step² and rounding u · loss / step are both about 1e-10
			expect(Math.abs(difference - gradient.data[at])).toBeLessThan(3e-8 * Math.max(1, maxAbs(gradient)));
		}
	});

	it("is, in the plug-in form, that of the closed form with f~ written out", async () => {
		const map = mapOf(problem);
		const { gradient } = await run(problem, map, "plug-in");
		expect(gradient).toBeAllclose(closedForm(problem, map), { rtol: 1e-10 });
	});
});

describe("the plug-in gradient", () => {
	it("does not change where all keys move, for the same softmax weights", async () => {
		const map = nystromOf(problem, 9);
		const offset = 3;
		const moved = { ...problem, A2: Matrix.build(63, 3, (l, b) => problem.A2.at(l, b) + offset) };
		const same: FeatureMap = {
			rank: map.rank,
			keyFeatures: (keys) =>
				map.keyFeatures(
					Matrix.build(keys.rows, 3, (l, b) => keys.at(l, b) - offset),
					0,
				),
			queryFeatures: map.queryFeatures,
		};
		const [before, after] = [await run(problem, map, "plug-in"), await run(moved, same, "plug-in")];
		// the keys lose two bits to the offset
		expect(after.gradient).toBeAllclose(before.gradient, { rtol: 1e-11 });
	});

	it("is the same through raised features and through products with the keys", async () => {
		const map = monomialsOf(problem, 5);
		const plain: FeatureMap = {
			rank: map.rank,
			keyFeatures: (keys) => {
				const raised = map.keyFeatures(keys, 0);
				return Matrix.build(keys.rows, map.rank, (l, m) => raised.at(l, m));
			},
			queryFeatures: map.queryFeatures,
		};
		const raised = await run(problem, map, "plug-in");
		expect((await run(problem, plain, "plug-in")).gradient).toBeAllclose(raised.gradient, { rtol: 1e-12 });
	});

	it("takes from a map that covers no query the exact gradient", async () => {
		await fc.assert(
			fc.asyncProperty(arbitraryProblem({ maxN: 130 }), async (any) => {
				const none: FeatureMap = { ...monomialsOf(any, 1), outside: (queries) => new Uint8Array(queries.rows).fill(1) };
				const { gradient, loss } = await run(any, none, "plug-in");
				const exact = await streamingGradient(any);
				// n · u times sizes of 1 to 10
				expect(maxAbsDifference(gradient, exact.gradient)).toBeLessThan(1e-12 * Math.max(1, maxAbs(exact.gradient)));
				expect(Math.abs(loss - exact.loss)).toBeLessThan(1e-12 * Math.max(1, exact.loss));
			}),
			{ numRuns: 30, seed: 3 },
		);
	});

	it("refuses a normaliser that is not positive, with the row and its value", async () => {
		const negative: FeatureMap = {
			rank: 1,
			keyFeatures: (keys) => Matrix.build(keys.rows, 1, () => 1),
			queryFeatures: (queries) => Matrix.build(queries.rows, 1, (j) => (j === 5 ? -1 : 1)),
		};
		const failed = await run(problem, negative, "plug-in").catch((error: unknown) => error);
		expect(failed).toBeInstanceOf(ComputationError);
		expect((failed as ComputationError).status).toBe("invalid");
		expect((failed as ComputationError).message).toContain("row 5 is -63, not positive");
	});
});

/** scale · A1ᵀ p A2 with f~ = Φ Ψᵀ normalised, n x n; rows that the map does not cover by softmax. */
function closedForm({ n, d, A1, A2, A3, E, X, Y, scale }: AttentionProblem, map: FeatureMap): Matrix {
	const row = (M: Matrix, j: number, N: Matrix, b: number): number =>
		Array.from(M.row(j)).reduce((sum, x, a) => sum + x * N.at(a, b), 0);
	const queries = Matrix.build(n, d, (j, b) => scale * row(A1, j, X, b));
	const h = Matrix.build(n, d, (l, i) => row(A3, l, Y, i));
	const Phi = map.queryFeatures(queries);
	const Psi = map.keyFeatures(A2, 0);
	const outside = map.outside?.(queries);
	const gradient = Matrix.zeros(d, d);
	for (let j = 0; j < n; j++) {
		const weights = Float64Array.from({ length: n }, (_, l) => {
			let [feature, score] = [0, 0];
			for (let m = 0; m < map.rank; m++) feature += Phi.at(j, m) * Psi.at(l, m);
			for (let b = 0; b < d; b++) score += queries.at(j, b) * A2.at(l, b);
			return outside?.[j] === 1 ? Math.exp(score) : feature;
		});
		const D = weights.reduce((sum, weight) => sum + weight, 0);
		const f = weights.map((weight) => weight / D);
		const o = Float64Array.from({ length: d }, (_, i) => f.reduce((sum, weight, l) => sum + weight * h.at(l, i), 0));
		const q = f.map((_, l) => o.reduce((sum, output, i) => sum + (output - E.at(j, i)) * h.at(l, i), 0));
		const r = f.reduce((sum, weight, l) => sum + weight * q[l], 0);
		for (let a = 0; a < d; a++)
			for (let b = 0; b < d; b++)
				for (let l = 0; l < n; l++) gradient.data[a * d + b] += scale * A1.at(j, a) * f[l] * (q[l] - r) * A2.at(l, b);
	}
	return gradient;
}
