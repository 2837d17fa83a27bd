// Your own approximation in a sweep beside the exact gradient: here, attention to a sample of the keys.
import { computeGradient, defineAlgorithm, inMemory } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { createProgress, defineExperiment, readRows, sweep } from "@attgrad/harness";
import { Matrix } from "@attgrad/matrix-core";
import { z } from "zod";

const half = defineAlgorithm({
	name: "half",
	summary: "the first half of the tokens stands for all of them",
	exact: false,
	version: 1,
	options: z.strictObject({}),
	supports: ({ n }) => n >= 2 || { reason: "needs two tokens" },
	async run(problem, _, runtime) {
		const { n, A1, A2, A3, E, ...rest } = inMemory(problem);
		const [a1, a2, a3, e] = [A1, A2, A3, E].map((rows) => rows.slice(0, n >> 1)) as [Matrix, Matrix, Matrix, Matrix];
		const { gradient, loss } = await computeGradient(
			streaming,
			{ ...rest, n: n >> 1, A1: a1, A2: a2, A3: a3, E: e },
			{},
			runtime,
		);
		return {
			gradient: new Matrix(
				rest.d,
				rest.d,
				gradient.data.map((g) => 2 * g),
			),
			loss: 2 * loss,
		};
	},
});

const block = { algorithm: ["streaming", "half"], n: [256, 512, 1024], d: [4], B: [1] };
const experiment = defineExperiment({
	name: "half",
	title: "Half of the tokens",
	question: "How far off is the gradient of half of the tokens, and how much faster is it?",
	module: import.meta.url, // each measurement is made in a process of its own, which loads this file
	algorithms: [half],
	grid: { quick: [block], full: [block] },
	figures: [],
});
export default experiment;

if (import.meta.main) {
	const { folder } = await sweep(experiment, { progress: await createProgress(), out: process.argv[2] ?? "results" });
	for (const { algorithm, n, time_ms, error_max } of readRows(`${folder}/rows.csv`).rows)
		console.log({ algorithm, n, time_ms, error_max });
}
