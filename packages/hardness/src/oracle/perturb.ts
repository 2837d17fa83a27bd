import { seededRandom } from "@attgrad/matrix-core";
import type { GradientQueries, Readings } from "./gradient-queries.ts";
import type { Noise } from "./noise.ts";

/**
 * Exact readings as an oracle with this noise would have given them: noise is added entry by entry, so that one exact
 * run serves any number of noise levels. Tests hold it equal to asking a noisy oracle.
 */
export function perturb(queries: GradientQueries, { entries, error }: Readings, noise: Noise): Readings {
	const noisy = entries.map((read, call) => {
		const random = noise.kind === "random" ? seededRandom(noise.seed, "perturbed readings", call) : undefined;
		const way = noise.kind === "adversarial" && noise.reversed ? -noise.epsilon : noise.epsilon;
		return read.map(
			(entry) => entry + (random ? noise.epsilon * random.uniform(-1, 1) : way * queries.harm(call, entry)),
		);
	});
	return { entries: noisy, error: { ...error, absolute: error.absolute + noise.epsilon } };
}
