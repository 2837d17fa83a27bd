import type { Certificate } from "@attgrad/attention-problem";
import { type Matrix, maxAbs } from "@attgrad/matrix-core";
import { bounded, maxUp, plus, times } from "../../../error-bound/index.ts";
import type { DirectRowBounds } from "../../../feature-maps/direct-rows.ts";
import type { HybridMap } from "../../../feature-maps/hybrid/hybrid-map.ts";
import type { Coins } from "../../../polynomial/gauss/gauss-request.ts";
import type { HybridHead } from "../hybrid-head.ts";
import type { ResidualPass } from "../kernels/kernel-head.ts";
import type { HybridKernels } from "../kernels/placed-features.ts";
import { largestOf } from "./head-ranges.ts";
import { drawsOf, type SampledError, sampledError } from "./sampled-error.ts";
import type { SampledHead } from "./sampled-head.ts";

/** The part of the wanted bound that draws are planned for: the rest is for rounding and for chance. */
const SHARE = 0.9;

/** Coins, and the bound that is wanted, where one is. */
export interface WantedCoins extends Coins {
	readonly epsilon?: number | undefined;
}

/** Proved bounds of the rows of a pass. */
interface ProvedRows {
	readonly isSure: (j: number) => boolean;
	readonly least: Float64Array;
	readonly theta: Float64Array;
	readonly bounds: DirectRowBounds;
}

/** The head that pairs are drawn from, of a pass and A1; undefined where the pass has no products. */
export function sampledHead(
	{ reach, sums, placed }: ResidualPass,
	{ isSure, least, theta, bounds: { ones, outputs, relative } }: ProvedRows,
	{ head, inputs, map }: { readonly head: HybridHead; readonly inputs: Matrix; readonly map: HybridMap },
): SampledHead | undefined {
	if (!placed) return undefined;
	const { values, middleKeys, keyHalf, valueHalf } = head;
	const W = maxUp(keyHalf);
	const { products, rows, ...features } = placed;
	return {
		...{ values, keys: middleKeys, valueHalf, keyHalf, inputs, ...reach, ...sums, products, placed: rows, features },
		...{ unit: map.unit, isSampled: isSure, ones, least, outputs, theta },
		proved: relative.map((t) => times(W, t)),
	};
}

/** Bounds the error of the method over the scale by pairs; undefined where none are drawn. */
export async function pairError(
	kernels: HybridKernels,
	head: SampledHead | undefined,
	scale: number,
	{ epsilon, failure, seed }: WantedCoins,
): Promise<SampledError | undefined> {
	if (!head) return undefined;
	const draws = drawsOf(head.inputs.rows, head.rank);
	return sampledError(kernels, head, { draws, wanted: epsilon && (SHARE * epsilon) / scale }, { failure, seed });
}

/** The bound that holds but for the coins' chance where it is less than what is proved; else the proof. */
export function lesserOf(
	proved: Certificate,
	sampled: SampledError | undefined,
	scale: number,
	{ failure, seed }: Coins,
): Certificate {
	if (!sampled) return proved;
	const bound = plus(times(scale, bounded(sampled.bound)), proved.floatFloor);
	if (!(bound < proved.bound)) return proved;
	return { ...proved, kind: "probabilistic", bound, confidence: 1 - failure, seed, pairs: sampled.pairs };
}

/** A gradient less the mean of a sample over the scale, with the rounding of that in the certificate. */
export function corrected(gradient: Matrix, certificate: Certificate, correction: Matrix, scale: number) {
	const made = gradient.copy();
	for (let at = 0; at < made.data.length; at++) made.data[at] -= scale * correction.data[at];
	// Two roundings of the mean, and one of the difference.
	const size = plus(maxAbs(made), times(scale, times(4, maxAbs(correction))));
	return { gradient: made, certificate: { ...certificate, bound: plus(certificate.bound, times(2 ** -52, size)) } };
}

/** Whether neither pairs nor the proof of the rows give an epsilon: the proof is at least the d-th part of a sum of bounds over rows. */
export function isMissed(
	{ drawn, sampled }: { readonly drawn: SampledHead | undefined; readonly sampled: SampledError | undefined },
	scale: number,
	epsilon: number,
): boolean {
	if (!drawn || (sampled && scale * sampled.bound <= epsilon)) return false;
	const { inputs, proved, isSampled } = drawn;
	let sum = 0;
	for (let j = 0; j < inputs.rows; j++) if (isSampled(j)) sum += largestOf(inputs, j) * proved[j];
	return scale * sum > 2 * inputs.cols * epsilon;
}
