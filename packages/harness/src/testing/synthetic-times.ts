import { type Random, seededRandom } from "@attgrad/matrix-core";
import type { SizedValue } from "../fits/power-law.ts";

/** Multiplicative noise of a time at one size, as a logarithm with median 0; `at` runs from 0 at the smallest size to 1 at the largest. */
export type Noise = (random: Random, at: number) => number;

/** Noise of single runs, which is worse than that of the medians that a row has. */
const ofRuns: Readonly<Record<string, Noise>> = {
	"skewed to the slow side": (random) => 0.06 * (-Math.log(1 - random.uniform()) - Math.LN2),
	"with a slow outlier now and then": (random) =>
		0.05 * random.normal() + (random.uniform() < 0.08 ? random.uniform(0.2, 0.7) : 0),
};

/** Noise of what a row has: the median of 9 runs, each skewed and one in twelve slow, in a process that is itself slow or fast. */
export const noiseOfMedians: Noise = (random) => {
	const runs = Array.from({ length: 9 }, () =>
		random.uniform() < 0.08 ? random.uniform(0.2, 0.7) : 0.1 * (-Math.log(1 - random.uniform()) - Math.LN2),
	);
	return 0.03 * random.normal() + runs.sort((a, b) => a - b)[4];
};

export const normalNoise: Noise = (random) => 0.1 * random.normal();

/** Everything that the slope of a curve must bear. */
export const noises: Readonly<Record<string, Noise>> = {
	normal: normalNoise,
	"that of medians": noiseOfMedians,
	...ofRuns,
	"larger at small sizes": (random, at) => (0.12 - 0.07 * at) * random.normal(),
};

/** Sizes in powers of two, from 2^8 on. */
export function powersFrom256(count: number): number[] {
	return Array.from({ length: count }, (_, i) => 2 ** (8 + i));
}

/** Noisy values of a curve at these sizes. */
export function noisyCurve(
	sizes: readonly number[],
	truth: (n: number) => number,
	noise: Noise,
	seed: number,
	label = "noise",
): SizedValue[] {
	const random = seededRandom(seed, label);
	const last = Math.max(1, sizes.length - 1);
	return sizes.map((n, i) => ({ n, value: truth(n) * Math.exp(noise(random, i / last)) }));
}

/** Share of `trials` seeds for which a statement holds. */
export function share(trials: number, holds: (seed: number) => boolean): number {
	let count = 0;
	for (let seed = 0; seed < trials; seed++) count += Number(holds(seed));
	return count / trials;
}

/** Whether an interval holds a value. */
export function holds([low, high]: readonly [number, number], value: number): boolean {
	return low <= value && value <= high;
}
