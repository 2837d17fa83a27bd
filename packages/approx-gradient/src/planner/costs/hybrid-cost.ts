import { ranked } from "./cost-samples.ts";
import type { Work } from "./work.ts";

/** Coordinates of a row beside those of a head that its features are made of: norms, shifts and their rounding. */
const COORDINATES = 12;

/** Queries, and as many keys, that the principal directions of the pivots are found from. */
const SAMPLE = 1024;

/**
 * Terms of a pass by `hybrid` with K features, of which `products` are multiplied with some columns of each row. Of a head: 1, the sample that directions are
 * found from, and K² for pivots and directions; they do not grow with n. Of a token: 1, features and products with columns, and forms of residual matrices.
 */
export function hybridTerms({ n, d, size: K = 1, products = K }: Work, columns: number): readonly number[] {
	const width = K + d + COORDINATES;
	return [1, Math.min(n, SAMPLE), K * K, n, n * (K * width + products * columns), n * (width + columns)];
}

/** Where the term of features and products stands: any low-rank pass has it. */
export const LOW_RANK_TERM = 4;

/** Columns that a backward pass multiplies features with: a key, or 1, times a value, or 1. */
export const backwardColumns = (d: number, valueWidth: number): number => (d + 1) * (valueWidth + 1);

/** Runs of a given rank, of few tokens and of many, of few features and of many, and of wide rows. */
export const hybridSamples = [
	ranked(64, 4, 8),
	ranked(256, 8, 64),
	ranked(512, 4, 16),
	ranked(512, 16, 96),
	ranked(1024, 16, 16),
	// Beyond the caches.
	ranked(6000, 4, 32),
	ranked(4096, 8, 50),
];
