import { type AnyGradientAlgorithm, defineAlgorithm, inMemory } from "@attgrad/attention-problem";
import { moduleBeside } from "@attgrad/matrix-core";
import { z } from "zod";
import { definitionGradient } from "./definition.ts";
import { denseGradient } from "./dense.ts";
import { definitionSupports, denseSupports } from "./limits.ts";
import { gradientInRange } from "./range/scaled-problem.ts";
import { kernelStreamingGradient } from "./streaming/kernel-streaming.ts";
import { streamingGradient } from "./streaming/streaming.ts";

/** The gradient by the definitions of the paper's section 3, with the n² x d² tensor: O(n²d²), for n²d² up to 2·10⁷. */
export const definition = defineAlgorithm({
	name: "definition",
	summary: "the paper's definitions with the n² x d² tensor A1 ⊗ A2, for tiny n",
	exact: true,
	version: 1,
	modules: [
		moduleBeside(import.meta.url, "definition").href,
		moduleBeside(import.meta.url, "range/scaled-problem").href,
	],
	options: z.strictObject({}),
	supports: definitionSupports,
	run: (problem) => gradientInRange(inMemory(problem), definitionGradient),
});

/** The closed form with n x n matrices (Lemmas 4.1 and C.8): O(n²d + nd²), memory four such matrices. */
export const dense = defineAlgorithm({
	name: "dense",
	summary: "the closed form scale · A1ᵀ p A2 with n x n matrices",
	exact: true,
	version: 1,
	modules: [moduleBeside(import.meta.url, "dense").href, moduleBeside(import.meta.url, "range/scaled-problem").href],
	options: z.strictObject({}),
	supports: (problem) => denseSupports(problem),
	run: (problem) => gradientInRange(inMemory(problem), denseGradient),
});

/** The closed form in row blocks (paper.md 4.3), on the runtime's kernel and threads: O(n²d), memory O(nd). */
export const streaming = defineAlgorithm({
	name: "streaming",
	summary: "the closed form in row blocks, memory O(n d)",
	exact: true,
	version: 3,
	modules: [
		moduleBeside(import.meta.url, "streaming/streaming").href,
		moduleBeside(import.meta.url, "streaming/kernel-streaming").href,
		moduleBeside(import.meta.url, "range/scaled-problem").href,
	],
	options: z.strictObject({
		blockRows: z.int().min(1).optional().describe("rows of a block; default: the fastest number"),
	}),
	supports: () => true,
	run: (problem, { blockRows }, runtime) =>
		gradientInRange(problem, (scaled) =>
			runtime.kernel === "js"
				? streamingGradient(scaled, { blockRows, onProgress: runtime.onProgress })
				: kernelStreamingGradient(scaled, { blockRows }, runtime),
		),
});

/** The exact algorithms, slowest first. */
export const exactAlgorithms: readonly AnyGradientAlgorithm[] = [definition, dense, streaming];
