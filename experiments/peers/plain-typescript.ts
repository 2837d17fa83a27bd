import { defineAlgorithm } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { createRuntime } from "@attgrad/matrix-core";
import { z } from "zod";

/** Our own exact gradient on the kernel `js`: plain TypeScript, double precision throughout. */
export const plainTypescript = defineAlgorithm({
	name: "plain-typescript",
	summary: "the exact gradient in row blocks in plain TypeScript, one thread",
	exact: true,
	version: 1,
	options: z.strictObject({}),
	supports: () => true,
	async run(problem) {
		return streaming.run(problem, {}, await createRuntime({ kernel: "js" }));
	},
});
