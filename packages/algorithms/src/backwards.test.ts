import { autoBackward } from "@attgrad/approx-gradient";
import { randomBackwardProblem } from "@attgrad/attention-problem/testing";
import { definitionBackward } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { backwardNames, backwards, findBackward } from "./backwards.ts";

const runtime = await createRuntime({ kernel: "js" });

test("names are found, others refused", () => {
	for (const name of backwardNames) expect(findBackward(name).name).toBe(name === "exact" ? "streaming" : name);
	expect(backwards.map(({ name }) => name)).toEqual([
		...["definition", "streaming", "polynomial"],
		...["nystrom", "random-features", "support-basis", "clusters", "linear-attention", "hybrid"],
	]);
	expect(() => findBackward("flash")).toThrow(
		"unknown backward algorithm: flash (known: auto, exact, definition, streaming, polynomial, nystrom, random-features, support-basis, clusters, linear-attention, hybrid)",
	);
});

test("auto is exact where no accuracy is asked for, where the problem is small, and where none can be proved", async () => {
	const small = randomBackwardProblem({ n_q: 20, n_k: 20, d: 2, d_v: 2 });
	for (const asked of [{}, { epsilon: 1e-3 }, { relative: 1e-30 }]) {
		const { picked } = await autoBackward.run(small, autoBackward.options.parse(asked), runtime);
		expect(picked).toMatchObject({ algorithm: "streaming", exact: true });
	}
});

test("auto takes polynomials where they are cheaper, and the bound that was asked for holds", async () => {
	const problem = randomBackwardProblem({ n_q: 1200, n_k: 1200, d: 2, d_v: 2, spread: 0.5 });
	const asked = autoBackward.options.parse({ epsilon: 1e-4 });
	const got = await autoBackward.run(problem, asked, runtime);
	expect(got.picked).toMatchObject({ algorithm: "polynomial", exact: false });
	const truth = definitionBackward(problem);
	for (const name of ["dQ", "dK", "dV"] as const) {
		expect(got.certificate?.bounds[name]).toBeLessThanOrEqual(1e-4);
		expect(maxAbsDifference(got[name], truth[name])).toBeLessThanOrEqual(1e-4);
		expect(maxAbs(got[name])).toBeGreaterThan(0);
	}
});

test("auto falls back to the exact pass where a sample misses the keys that make scores large", async () => {
	const given = randomBackwardProblem({ n_q: 1200, n_k: 1200, d: 2, d_v: 2, spread: 0.5 });
	// rows that the sample does not read
	const K = Matrix.build(1200, 2, (l, b) => given.K.at(l, b) * (l === 1 ? 60 : 1));
	const { picked } = await autoBackward.run({ ...given, K }, autoBackward.options.parse({ epsilon: 1e-9 }), runtime);
	expect(picked).toMatchObject({ algorithm: "streaming", exact: true });
});

test("auto does not begin what would take days, and says what would do", () => {
	const problem = randomBackwardProblem({ n_q: 20, n_k: 20, d: 2, d_v: 2 });
	const large = { ...problem, n_q: 1e8, n_k: 1e8 };
	expect(autoBackward.supports(large, autoBackward.options.parse({}))).toMatchObject({
		reason: expect.stringMatching(/days; use --algorithm polynomial/),
	});
	expect(autoBackward.supports(large, autoBackward.options.parse({ relative: 1e-2 }))).toBe(true);
});
