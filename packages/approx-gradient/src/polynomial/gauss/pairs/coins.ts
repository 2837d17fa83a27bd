import { z } from "zod";
import type { Coins } from "../gauss-request.ts";

/** The confidence of a probabilistic certificate where none is given. */
export const DEFAULT_CONFIDENCE = 1 - 1e-9;

/** The options of a probabilistic certificate. */
export const coinOptions = {
	confidence: z
		.number()
		.gt(0)
		.lt(1)
		.optional()
		.describe(
			"of a probabilistic certificate: the chance that its bound holds with, or below 0.5 the chance that it fails; default: 1e-9",
		),
	certificateSeed: z
		.int()
		.nonnegative()
		.optional()
		.describe(
			"seed of the coins of a probabilistic certificate, to repeat a run; default: from the system's randomness",
		),
};

/** The values of `coinOptions`. */
export interface CoinOptions {
	readonly confidence?: number | undefined;
	readonly certificateSeed?: number | undefined;
}

/** For zod's `refine`: confidence and seed are given for a probabilistic certificate only. */
export const coinsOfProbabilistic = (algorithm: string) =>
	[
		({ certificate, confidence, certificateSeed }: CoinOptions & { readonly certificate: string }): boolean =>
			certificate === "probabilistic" || (confidence === undefined && certificateSeed === undefined),
		{ error: `${algorithm}: confidence and certificate seed are for a certificate of kind probabilistic` },
	] as const;

/** The coins of a run. A seed that is not given comes from the system: it depends neither on the data nor on any other seed. */
export function coinsOf({ confidence = DEFAULT_CONFIDENCE, certificateSeed }: CoinOptions): Coins {
	return { failure: confidence < 0.5 ? confidence : 1 - confidence, seed: certificateSeed ?? drawnSeed() };
}

/** 53 bits of the system's randomness. */
function drawnSeed(): number {
	const [low, high] = globalThis.crypto.getRandomValues(new Uint32Array(2));
	return (high >>> 11) * 2 ** 32 + low;
}
