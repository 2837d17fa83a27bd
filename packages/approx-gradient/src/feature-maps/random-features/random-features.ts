import { defineAlgorithm } from "@attgrad/attention-problem";
import { seededRandom } from "@attgrad/matrix-core";
import { z } from "zod";
import { availableMemory } from "../../polynomial/monomials/feature-tree.ts";
import { featureMapGradient } from "../feature-map-gradient.ts";
import { kernelScale, requireNumbers } from "../kernel-scale.ts";
import { sampledError, sampleRows } from "../sampled-error.ts";
import { randomDirections, randomFeatureMap } from "./random-feature-map.ts";

/**
 * Positive random features, FAVOR+ (paper.md 8.4): an unbiased estimate of every exponential with error O(K^-1/2), and so
 * a baseline, not a method for small errors. O(nKd) in the surrogate form, O(nKd²) plug-in. There is no proof of its
 * error; the certificate is the estimate of 7.6.
 *
 * Reference: K. Choromanski et al., "Rethinking attention with Performers", ICLR 2021, arXiv 2009.14794.
 */
export const randomFeatures = defineAlgorithm({
	name: "random-features",
	summary: "positive random features (FAVOR+), error O(K^-1/2), estimated on sampled rows",
	exact: false,
	version: 1,
	modules: [import.meta.url],
	options: z.strictObject({
		features: z.int().min(1).default(256).describe("number of features K"),
		seed: z.int().min(0).default(0).describe("of the directions and of the sampled rows"),
		orthogonal: z.boolean().default(true).describe("directions orthogonal in blocks of d, which lowers the variance"),
		form: z
			.enum(["plug-in", "surrogate"])
			.default("surrogate")
			.describe("f~ in place of f, or the gradient of the surrogate loss"),
	}),
	supports({ d }, { features, form }) {
		// Directions and steps, sums over keys, and features, weights and cotangents of a block of 16 rows.
		const bytes = 8 * features * (2 * d + 1 + (form === "plug-in" ? (d + 1) ** 2 : d + 1) + 3 * 16);
		if (bytes <= availableMemory()) return true;
		const gibibytes = (x: number): string => `${(x / 2 ** 30).toPrecision(3)} GiB`;
		return {
			reason: `random-features: ${features} features at d = ${d} need ${gibibytes(bytes)}, ${gibibytes(availableMemory())} are available; lower features`,
		};
	},
	async run(problem, { features, seed, orthogonal, form }, { onProgress }) {
		const scale = requireNumbers("random-features", kernelScale(problem));
		const directions = randomDirections(features, problem.d, orthogonal, seededRandom(seed, "random-features"));
		const sample = sampleRows(problem.n, seed);
		const { gradient, loss, sampled } = await featureMapGradient(problem, randomFeatureMap(scale, directions), {
			form,
			algorithm: "random-features",
			sample,
			onProgress,
		});
		const certificate = sampledError("random-features", problem, sample, sampled, scale.radius);
		return { gradient, loss, rank: features, certificate };
	},
});
