import { createBackwardProblem } from "@attgrad/attention-problem";
import { backwardStreaming } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, maxAbs, maxAbsDifference, type Runtime, seededRandom } from "@attgrad/matrix-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nominalModel } from "../../planner/costs/cost-model.ts";
import { autoBackward } from "./auto-backward.ts";
import { planBackwardEntries } from "./backward-entries.ts";
import { foreseeHybrid, hybridChoice } from "./hybrid-foresight.ts";

let runtime: Runtime;
beforeAll(async () => {
	runtime = await createRuntime();
});
afterAll(() => runtime.close());

/** Heads whose scores spread over three of 16 directions, with gradients that add up over queries. */
function layer(heads: number, n: number, spread = 0.3) {
	const random = seededRandom(1, "low rank");
	const rows = () => ({
		shape: [heads, n, 16],
		rows: Matrix.build(heads * n, 16, (_, b) => spread * (b < 3 ? 1 : 0.2) * random.normal()),
	});
	const [Q, K] = [rows(), rows()];
	return createBackwardProblem({ Q, K, V: K, dO: Q }, { scale: 1 });
}

test("auto takes hybrid where a sample foretells much less time, and it proves what is asked for", async () => {
	const problem = layer(10, 8192);
	const notices: string[] = [];
	const told = await createRuntime({ onNotice: (line) => notices.push(line) });
	const result = await autoBackward.run(problem, autoBackward.options.parse({ relative: 0.1 }), told);
	await told.close();
	expect(result.picked).toMatchObject({ algorithm: "hybrid", exact: false });
	expect(notices).toEqual([expect.stringMatching(/^auto: hybrid, rank \d+.*, expected to be .* times as fast/)]);
	const exact = await backwardStreaming.run(problem, {}, runtime);
	for (const name of ["dQ", "dK", "dV"] as const) {
		const bound = result.certificate?.bounds[name] ?? Number.POSITIVE_INFINITY;
		expect(bound).toBeLessThanOrEqual(0.1 * maxAbs(result[name]));
		expect(maxAbsDifference(result[name], exact[name])).toBeLessThanOrEqual(bound);
	}
}, 60_000);

test("a plan says what hybrid takes and that auto takes it, or why it is no choice", async () => {
	const plan = await planBackwardEntries(layer(10, 8192), { relative: 0.1 }, runtime);
	const entry = plan.entries.find(({ algorithm }) => algorithm === "hybrid");
	expect(plan.chosen).toBe("hybrid");
	expect(entry?.milliseconds).toBe(Math.min(...plan.entries.map(({ milliseconds = Infinity }) => milliseconds)));
	const short = await planBackwardEntries(layer(1, 300), { relative: 0.1 }, runtime);
	expect(short.entries.find(({ algorithm }) => algorithm === "hybrid")?.reason).toMatch(
		/^takes longer at rank \d+, whatever that proves$/,
	);
}, 60_000);

test("a mask, an accuracy that a sample does not prove, and heads that are too short are no choice", async () => {
	const long = layer(2, 4096);
	const masked = { ...long, visibility: { mask: "causal" as const } };
	const look = { model: nominalModel, most: Number.POSITIVE_INFINITY };
	expect((await foreseeHybrid(masked, { relative: 0.1 }, look, runtime)).reason).toMatch(
		/^its time is predicted without a mask only$/,
	);
	expect((await foreseeHybrid(long, { relative: 1e-9 }, { ...look, most: 1 }, runtime)).reason).toMatch(
		/^takes longer/,
	);
	expect(await hybridChoice(long, { relative: 0.1 }, 1e-3, runtime)).toBeUndefined();
	const loud = await foreseeHybrid(layer(1, 2048, 4), { relative: 1e-3 }, look, runtime);
	// Every row of the sample is exact: foreseen to take longer than the exact pass does.
	expect(loud.reason === undefined && loud.exactShare).toBe(1);
}, 60_000);
