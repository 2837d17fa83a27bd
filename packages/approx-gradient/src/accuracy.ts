import { z } from "zod";

/** How good a polynomial is to be: the one or the other. */
export interface Accuracy {
	readonly degree?: number | undefined;
	readonly epsilon?: number | undefined;
	readonly relative?: number | undefined;
}

/** The relative error asked for where nothing else is. */
export const DEFAULT_RELATIVE = 1e-3;

/** The absolute error that is proved of a gradient of zero, where a relative one was asked for. */
export const ABSOLUTE_OF_ZERO = 1e-6;

/** The option `relative` of an algorithm with a certificate. */
export const relativeOption = z
	.number()
	.gt(0)
	.lt(1)
	.optional()
	.describe(
		`bound on max |g~ - g| to certify, as a part of max |g|; default: ${DEFAULT_RELATIVE} if no other accuracy is given`,
	);

/** For zod's `refine`: at most one of degree, epsilon and relative is given. */
export const oneAccuracy = (algorithm: string) =>
	[
		({ degree, epsilon, relative }: Accuracy): boolean =>
			[degree, epsilon, relative].filter((given) => given !== undefined).length <= 1,
		{ error: `${algorithm}: give one of degree, epsilon and relative, not several` },
	] as const;

/** Says how far the best attempt is from the accuracy that is asked for: "the best proves 2.50 times that", or that no bound holds. */
export const bestProved = (share: number): string =>
	Number.isFinite(share) ? `the best proves ${share.toPrecision(3)} times that` : "no bound holds";
