import { generateProblem, generateRows } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { ComputationError, Matrix, maxAbs } from "@attgrad/matrix-core";
import "@attgrad/matrix-core/testing";
import { describe, expect, test } from "vitest";
import { outOfCore } from "../../testing/run.ts";
import { chebyshev } from "../families/chebyshev.ts";
import { balancedSpace } from "../method/feature-space.ts";
import { plainFrame } from "../method/frame.ts";
import { featureWeights } from "../monomials/feature-tree.ts";
import { totalDegreeTree } from "../monomials/total-degree.ts";
import { profileOf } from "../profile/profile.ts";
import { routes } from "./index.ts";
import type { RouteInput } from "./route.ts";

type Problem = ReturnType<typeof generateProblem>;

/** The Chebyshev polynomial of a degree over total-degree monomials, uncentred unless asked for. */
async function inputOf(problem: Problem, degree: number, { radius = 1, centred = false } = {}): Promise<RouteInput> {
	const tree = totalDegreeTree(problem.d, degree);
	const weights = featureWeights(tree, chebyshev.coefficients(radius, degree));
	const frame = centred ? balancedSpace(await profileOf(problem)).frame : plainFrame(problem.d);
	return { problem, tree, weights, frame };
}

const uniform = (n: number, d: number, seed = 3) => generateProblem({ distribution: "uniform", n, d, B: 1, seed });

test.each([
	[1, 1],
	[2, 3],
	[63, 2],
	[111, 4],
])("paper and moment agree to rounding (n = %i, d = %i)", async (n, d) => {
	for (const degree of [0, 1, 3, 6])
		for (const centred of [false, true]) {
			const input = await inputOf(uniform(n, d), degree, { centred });
			const paper = await routes.paper.run(input);
			const moment = await routes.moment.run(input);
			expect(moment.gradient).toBeAllclose(paper.gradient, { rtol: 1e-12, atol: 1e-15 * n });
			expect(moment.loss).toBeCloseTo(paper.loss, 12);
		}
});

test.each(Object.values(routes))("$name: at a high degree the gradient is the exact one", async (route) => {
	const problem = uniform(111, 3);
	const exact = await streamingGradient(problem);
	for (const centred of [false, true]) {
		const { gradient, loss } = await route.run(await inputOf(problem, 16, { centred }));
		expect(gradient).toBeAllclose(exact.gradient, { rtol: 1e-11 });
		expect(Math.abs(loss / exact.loss - 1)).toBeLessThan(1e-13);
	}
});

describe("reverse", () => {
	test("is the gradient of the surrogate loss: central differences agree", async () => {
		for (const centred of [false, true])
			for (const degree of [1, 2, 5]) {
				const problem = uniform(17, 3);
				const input = await inputOf(problem, degree, { centred });
				const { gradient } = await routes.reverse.run(input);
				const step = 1e-5;
				const surrogateLoss = async (a: number, b: number, by: number): Promise<number> => {
					const X = Matrix.build(3, 3, (i, j) => problem.X.at(i, j) + (i === a && j === b ? by : 0));
					return (await routes.reverse.run({ ...input, problem: { ...problem, X } })).loss;
				};
				const differences = Matrix.zeros(3, 3);
				for (let a = 0; a < 3; a++)
					for (let b = 0; b < 3; b++)
						differences.data[a * 3 + b] =
							((await surrogateLoss(a, b, step)) - (await surrogateLoss(a, b, -step))) / (2 * step);
				// Step² for the third derivative, rounding of the loss over the step: 1e-10 each, times the loss (about 10).
				expect(gradient).toBeAllclose(differences, { atol: 1e-8 });
			}
	});

	test("differs from the plug-in gradient at a low degree: it weighs with P', not P", async () => {
		const input = await inputOf(uniform(63, 3), 3);
		const reverse = await routes.reverse.run(input);
		const moment = await routes.moment.run(input);
		const difference = Matrix.build(3, 3, (a, b) => reverse.gradient.at(a, b) - moment.gradient.at(a, b));
		expect(maxAbs(difference)).toBeGreaterThan(1e-4 * maxAbs(moment.gradient));
		expect(reverse.loss).toBeCloseTo(moment.loss, 12);
	});
});

test.each(Object.values(routes))("$name: rows from a source give the same bits as rows in memory", async (route) => {
	const problem = uniform(300, 3);
	const input = await inputOf(problem, 4, { centred: true });
	const { gradient, loss } = await route.run(input);
	const streamed = await route.run({ ...input, problem: outOfCore(problem) });
	expect(streamed.gradient.data).toEqual(gradient.data);
	expect(streamed.loss).toBe(loss);
});

/** The share of all multiplications that the keys take. */
const keyShares = { paper: 1 / 2, moment: 1 / 4, reverse: 9 / (9 + 2 * 10) };

test.each(Object.values(routes))("$name: progress goes up to n, keys and queries by their work", async (route) => {
	const problem = generateRows({ distribution: "uniform", n: 12_000, d: 8, B: 0.5, seed: 1 });
	const seen: number[] = [];
	const tree = totalDegreeTree(8, 4);
	const weights = featureWeights(tree, chebyshev.coefficients(1, 4));
	const onProgress = (done: number, total: number) => {
		expect(total).toBe(12_000);
		seen.push(done);
	};
	let ofKeys: number | undefined;
	const watcher = {
		queries() {
			ofKeys ??= seen.length;
		},
	};
	await route.run({ problem, tree, weights, frame: plainFrame(8) }, { onProgress, watchers: [watcher] });
	const keys = keyShares[route.name] * 12_000;
	expect(seen).toEqual([...seen].sort((a, b) => a - b));
	expect(ofKeys).toBeGreaterThan(0);
	expect(seen[ofKeys! - 1]).toBeLessThanOrEqual(keys * (1 + 1e-9));
	expect(seen[ofKeys!]).toBeGreaterThan(keys);
	expect(seen.at(-1)).toBeLessThanOrEqual(12_000);
});

test.each(Object.values(routes))(
	"$name: a normaliser that is not positive is refused, with row and value",
	async (route) => {
		// All keys at one end and a query at the other: the score is -4, where 1 + x is -3.
		const problem = { ...uniform(3, 1), X: Matrix.identity(1), scale: 1 };
		const row = (...entries: number[]) => Matrix.fromRows(entries.map((entry) => [entry]));
		const far = { ...problem, A1: row(0, 0, -2), A2: row(2, 2, 2) };
		const tree = totalDegreeTree(1, 1);
		const run = route.run({ problem: far, tree, weights: Float64Array.of(1, 1), frame: plainFrame(1) });
		await expect(run).rejects.toThrow(ComputationError);
		await expect(run).rejects.toThrow("the normaliser of row 2 is -9, not positive");
		await expect(run).rejects.toMatchObject({ status: "invalid" });
	},
);

test("single precision stays near double precision", async () => {
	const double = uniform(63, 3);
	const single = generateProblem({ distribution: "uniform", n: 63, d: 3, B: 1, seed: 3, dtype: "f32" });
	for (const route of Object.values(routes)) {
		const expected = await route.run(await inputOf(double, 5, { centred: true }));
		const got = await route.run(await inputOf(single, 5, { centred: true }));
		expect(got.gradient).toBeAllclose(expected.gradient, { rtol: 1e-4 });
		expect(got.gradient.data).not.toEqual(expected.gradient.data);
	}
});
