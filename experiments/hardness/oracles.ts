import { findAlgorithm } from "@attgrad/algorithms";
import { defineAlgorithm } from "@attgrad/attention-problem";
import { addNoise } from "@attgrad/hardness";
import { z } from "zod";

/** The oracle of the experiment, before noise. */
export const exactAlgorithm = findAlgorithm("streaming").algorithm;

/** The exact gradient with every entry off by up to epsilon: what a lower bound must survive, as an algorithm. */
export const noisy = defineAlgorithm({
	name: "noisy",
	summary: "the exact gradient with random noise of size epsilon on every entry",
	exact: false,
	version: 1,
	options: z.strictObject({ epsilon: z.number().min(0).describe("largest error of an entry") }),
	supports: () => true,
	async run(problem, { epsilon }, runtime) {
		const result = await exactAlgorithm.run(problem, exactAlgorithm.options.parse({}), runtime);
		const gradient = addNoise(result.gradient, { kind: "random", epsilon, seed: 1 }, () => 1, 0);
		return { ...result, gradient };
	},
});
