import { Matrix, seededRandom, UsageError } from "@attgrad/matrix-core";

/** Error added to every entry of an oracle's gradients. */
export type Noise =
	/** Off by exactly epsilon, each entry the way that harms the decoding most (or, reversed, the opposite way). */
	| { readonly kind: "adversarial"; readonly epsilon: number; readonly reversed?: boolean }
	/** Off by a uniform random number in [-epsilon, epsilon]. */
	| { readonly kind: "random"; readonly epsilon: number; readonly seed: number };

/**
 * Reads `adversarial:1e-4` or `random:1e-4`.
 * @throws UsageError for anything else
 */
export function parseNoise(text: string, seed: number): Noise {
	const match = /^(adversarial|random):(.+)$/.exec(text);
	const epsilon = Number(match?.[2]);
	if (!match || !(Number.isFinite(epsilon) && epsilon >= 0))
		throw new UsageError(`noise: expected adversarial:EPSILON or random:EPSILON with EPSILON >= 0, got ${text}`);
	return match[1] === "random" ? { kind: "random", epsilon, seed } : { kind: "adversarial", epsilon };
}

/**
 * The gradient with noise added, each entry off by at most `noise.epsilon`.
 * @param harm which way the adversary moves an entry
 * @param call number of the call, so that random noise differs from call to call
 */
export function addNoise(gradient: Matrix, noise: Noise, harm: (entry: number) => 1 | -1, call: number): Matrix {
	if (noise.kind === "random") {
		const random = seededRandom(noise.seed, "oracle noise", call);
		return Matrix.build(
			gradient.rows,
			gradient.cols,
			(i, j) => gradient.at(i, j) + noise.epsilon * random.uniform(-1, 1),
		);
	}
	const way = noise.reversed ? -noise.epsilon : noise.epsilon;
	return Matrix.build(gradient.rows, gradient.cols, (i, j) => gradient.at(i, j) + way * harm(gradient.at(i, j)));
}
