import { headsOf } from "@attgrad/attention-problem";
import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { availableKernels, createRuntime, maxAbs, maxAbsDifference, multiply, withKernels } from "@attgrad/matrix-core";
import { afterAll, expect, test } from "vitest";
import { withHeadPasses } from "../head-passes.ts";
import { HeadFeatures, hybridHead } from "../hybrid-head.ts";
import { hybridKernels } from "./hybrid-kernels.ts";
import { KernelHead } from "./kernel-head.ts";

const plain = await createRuntime({ kernel: "js" });
const builds = await Promise.all(
	(await availableKernels()).map((kernel) => createRuntime({ kernel, threads: kernel === "simd" ? 1 : 2 })),
);
afterAll(async () => {
	for (const runtime of [plain, ...builds]) await runtime.close();
});

/** Passes over a head: rows, and columns of all queries and of all but every fifth. */
async function passesOn(runtime: typeof plain, problem: ReturnType<typeof randomBackwardProblem>, rank: number) {
	const head = hybridHead(headsOf(problem)[0], problem.scale);
	// The features of one runtime serve all: pivots are the same.
	const { map } = await (await HeadFeatures.of(head, 0, rank, plain)).at(rank);
	return withHeadPasses(map, head, runtime, async (passes) => {
		const rows = await passes.rows();
		const all = Array.from(rows.nu.keys());
		const some = all.filter((j) => j % 5 !== 2);
		return {
			rows,
			columns: await passes.columns(rows, all, "forms"),
			small: await passes.columns(rows, all, "small forms"),
			sized: await passes.columns(rows, all, "sizes"),
			part: await passes.columns(rows, some, "forms"),
			sizedPart: await passes.columns(rows, some, "sizes"),
		};
	});
}

test.each(
	[
		{ n_q: 1, n_k: 1, d: 1, d_v: 1, rank: 1 },
		{ n_q: 7, n_k: 300, d: 3, d_v: 2, rank: 5 },
		{ n_q: 400, n_k: 130, d: 5, d_v: 7, rank: 33 },
		{ n_q: 131, n_k: 517, d: 15, d_v: 15, rank: 64 },
	].flatMap((sizes) => builds.map((runtime) => ({ ...sizes, runtime, kernel: runtime.kernel }))),
)(
	"kernels $kernel give the rows and bounds of plain TypeScript: $n_q x $n_k, d = $d, $d_v, rank $rank",
	async ({ rank, runtime, ...sizes }) => {
		const problem = randomBackwardProblem({ ...sizes, spread: 0.5 });
		const [wanted, got] = [await passesOn(plain, problem, rank), await passesOn(runtime, problem, rank)];
		for (const name of ["gradients", "outputs", "cotangents"] as const)
			expect(maxAbsDifference(got.rows[name], wanted.rows[name])).toBeLessThanOrEqual(1e-9 * maxAbs(wanted.rows[name]));
		for (const columns of ["columns", "small", "sized", "part", "sizedPart"] as const)
			for (const name of ["dK", "dV"] as const)
				expect(maxAbsDifference(got[columns][name], wanted[columns][name])).toBeLessThanOrEqual(
					1e-9 * maxAbs(wanted[columns][name]),
				);
		const pairs = [
			[got.rows.bounds, wanted.rows.bounds],
			[got.rows.outputBounds, wanted.rows.outputBounds],
			[got.columns.keyBounds, wanted.columns.keyBounds],
			[got.small.keyBounds, wanted.small.keyBounds],
			[got.small.valueBounds, wanted.small.valueBounds],
			[got.sized.keyBounds, wanted.sized.keyBounds],
			[got.sized.valueBounds, wanted.sized.valueBounds],
			[got.sizedPart.keyBounds, wanted.sizedPart.keyBounds],
			[got.columns.valueBounds, wanted.columns.valueBounds],
		];
		// Those of a part have other groups. Residuals are differences of numbers near 1: roots of their rounding are what bounds may differ by.
		for (const [own, other] of pairs)
			for (const [j, bound] of other.entries())
				expect(Math.abs(own[j] - bound)).toBeLessThanOrEqual(1e-2 * bound + 1e-6);
	},
);

test.each(builds.filter(({ kernel }) => kernel !== "js").map((runtime) => ({ runtime, kernel: runtime.kernel })))(
	"kernels $kernel give the bounds of plain TypeScript for rows with targets",
	async ({ runtime }) => {
		for (const sizes of [
			{ n_q: 7, n_k: 300, d: 3, d_v: 2 },
			{ n_q: 131, n_k: 217, d: 15, d_v: 15 },
		]) {
			const problem = randomBackwardProblem({ ...sizes, spread: 0.5 });
			const head = hybridHead(headsOf(problem)[0], problem.scale);
			const { map } = await (await HeadFeatures.of(head, 0, 24, plain)).at(24);
			await withKernels(runtime, hybridKernels, async (kernels) =>
				(await KernelHead.of(kernels, map, head)).residualRows(false, async ({ reach, sums, direct, forms }) => {
					const { N, gradients, keyMeans, normaliser, cotangents } = sums;
					const rows = { residuals: { normaliser, cotangents }, N, gradients, keyMeans };
					const known = { alpha: reach.alpha, sums: reach.alpha, ones: reach.alpha, normaliser };
					const theta = new Float64Array(normaliser.length).fill(1e-13);
					const got = await direct.of(rows, known, theta, forms);
					const wanted = await direct.of(rows, known, theta, async (A, B, options) => multiply(A, B, options));
					for (const name of ["relative", "largest", "outputs", "ofCotangents"] as const) {
						expect(wanted[name].every((x) => x > 0)).toBe(true);
						for (const [j, bound] of wanted[name].entries())
							expect(Math.abs(got[name][j] - bound)).toBeLessThanOrEqual(1e-6 * bound);
					}
				}),
			);
		}
	},
);
