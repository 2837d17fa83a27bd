import type { FeatureSpace } from "../../method/feature-space.ts";
import type { ScoreSample } from "../score-sample.ts";
import { termReach } from "./term-reach.ts";

const known = new WeakMap<Float64Array, { readonly power: number; readonly reach: Float64Array }>();

/** Predicts `termReach` of a problem from the keys of a sample. Made once for a sample and a power. */
export function sampledReach(
	{ d, weights, values, keys }: Pick<ScoreSample, "d" | "weights" | "values" | "keys">,
	power: number,
	{ keyReach }: FeatureSpace,
): Float64Array {
	const before = known.get(weights);
	if (before?.power === power) return before.reach;
	const sums = new Float64Array((d + 1) * (d + 1));
	const powers = new Float64Array(d);
	for (let l = 0; l < weights.length; l++) {
		for (let b = 0; b < d; b++) {
			let x = keys[l * d + b];
			for (let square = 0; square < power; square++) x *= x;
			powers[b] = x;
		}
		for (let column = 0, to = 0; column <= d; column++) {
			const size = column < d ? weights[l] * Math.abs(values[l * d + column]) : weights[l];
			sums[to++] += size;
			for (let b = 0; b < d; b++) sums[to++] += size * powers[b];
		}
	}
	const reach = termReach(sums, { n: weights.length, power, keyReach });
	known.set(weights, { power, reach });
	return reach;
}
