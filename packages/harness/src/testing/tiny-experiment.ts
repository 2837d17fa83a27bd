/** A small experiment with algorithms that behave well and badly, for the tests of the harness. */
import { setTimeout as sleep } from "node:timers/promises";
import { findAlgorithm } from "@attgrad/algorithms";
import { type AnyGradientAlgorithm, defineAlgorithm, type GradientResult, inMemory } from "@attgrad/attention-problem";
import { ComputationError, Matrix } from "@attgrad/matrix-core";
import { z } from "zod";
import { defineExperiment, type GridBlock } from "../experiment/experiment.ts";

const exact = findAlgorithm("streaming");

/** An algorithm that says of itself what it wants. */
function behaving(
	name: string,
	run: AnyGradientAlgorithm["run"],
	claims: Partial<Pick<AnyGradientAlgorithm, "exact" | "supports">> = {},
): AnyGradientAlgorithm {
	return defineAlgorithm({
		name,
		summary: name,
		exact: true,
		version: 1,
		options: z.strictObject({}),
		supports: () => true,
		run,
		...claims,
	});
}

const honest: AnyGradientAlgorithm["run"] = (problem, _, runtime) =>
	exact.algorithm.run(problem, exact.algorithm.options.parse({}), runtime);

const changed =
	(change: (result: GradientResult) => GradientResult): AnyGradientAlgorithm["run"] =>
	async (problem, options, runtime) =>
		change(await honest(problem, options, runtime));

const certificate = { kind: "a-priori", radius: 1, relativeError: 0, floatFloor: 0 } as const;

/** A gradient that is off by 1e-3 in every entry. */
const off = (bound: number) =>
	changed((result) => ({
		...result,
		gradient: new Matrix(
			result.gradient.rows,
			result.gradient.cols,
			result.gradient.data.map((g) => g + 1e-3) as Float64Array,
		),
		certificate: { ...certificate, bound },
	}));

const algorithms: readonly AnyGradientAlgorithm[] = [
	behaving("honest", honest),
	behaving("slow", async (problem, options, runtime) => {
		const end = performance.now() + problem.n * 4;
		while (performance.now() < end);
		return honest(problem, options, runtime);
	}),
	behaving("wrong", off(0)),
	behaving("rough", off(1e-2), { exact: false }),
	behaving("boaster", off(1e-4), { exact: false }),
	behaving(
		"not-a-number",
		changed((result) => ({ ...result, loss: Number.NaN })),
	),
	behaving("looping", () => {
		while (true);
	}),
	behaving("throwing", () => {
		throw new Error("something broke\nin the middle");
	}),
	behaving("refusing", honest, { supports: () => ({ reason: "takes no problems on Mondays" }) }),
	behaving("undoable", () => {
		throw new ComputationError("invalid", "normaliser of row 3 is -0.5");
	}),
	behaving("crashing", () => process.abort()),
	behaving("leaving", () => process.exit(7)),
	behaving("killed", () => {
		process.kill(process.pid, "SIGKILL");
		return new Promise(() => setInterval(() => {}, 1000));
	}),
	behaving("hungry", () => {
		const kept: number[][] = [];
		while (true) kept.push(Array.from({ length: 1e6 }, Math.random));
	}),
	behaving("swelling", async () => {
		const kept: Uint8Array[] = [];
		while (true) {
			kept.push(new Uint8Array(2 ** 24).fill(1));
			await sleep(5);
		}
	}),
	behaving("greedy", async () => ({ gradient: Matrix.zeros(2 ** 20, 2 ** 20), loss: 0 })),
	behaving("chatty", async (problem, options, runtime) => {
		for (let line = 0; line < 1000; line++) console.log('{"status":"done"}\u0000\u001b[2J', inMemory(problem).n);
		console.error("noise");
		return honest(problem, options, runtime);
	}),
];

const block: GridBlock = { algorithm: ["honest"], n: [4, 8, 16], d: [2], B: [1], seed: [1, 2] };

export default defineExperiment({
	name: "tiny",
	title: "A tiny experiment",
	question: "Does the harness do what it says?",
	module: import.meta.url,
	algorithms,
	grid: { quick: [block], full: [block, { ...block, n: [32] }] },
	effort: { quick: { budget: 5, timeLimit: 1000 }, full: { budget: 5, timeLimit: 1000 } },
	figures: [],
});
