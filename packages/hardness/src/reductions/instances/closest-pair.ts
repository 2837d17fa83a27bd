import { type Random, seededRandom, UsageError } from "@attgrad/matrix-core";
import { BitMatrix, hammingDistance } from "./bit-matrix.ts";
import type { Pair, PairInstance } from "./pairs.ts";

/**
 * Gap closest pair, balanced (paper.md 9.1): rows of length d0 and weight d0/2, with the promise that the least distance
 * of a query and a key is at most `threshold` (YES) or every distance is at least (1 + gap) · threshold (NO).
 */
export interface GapInstance extends PairInstance {
	readonly threshold: number;
	readonly gap: number;
}

/** x becomes (x, 1 - x): every row gets the same weight, and distances double. */
export function balance(x: BitMatrix): BitMatrix {
	return BitMatrix.build(x.rows, 2 * x.cols, (i, c) => (c < x.cols ? x.at(i, c) === 1 : x.at(i, c - x.cols) === 0));
}

/** Whether the pair is within the threshold. O(d0). */
export function isClose({ a, b, threshold }: GapInstance, { query, key }: Pair): boolean {
	return hammingDistance(a.row(query), b.row(key)) <= threshold;
}

/** The least distance of a query and a key, by looking at all pairs: the truth for tests. O(n_q n_k d0). */
export function leastDistance(a: BitMatrix, b: BitMatrix): number {
	let least = Number.POSITIVE_INFINITY;
	for (let i = 0; i < a.rows; i++)
		for (let j = 0; j < b.rows; j++) least = Math.min(least, hammingDistance(a.row(i), b.row(j)));
	return least;
}

/**
 * A random instance that keeps the promise, with a planted close pair where `yes`.
 * Rows are random in {0,1}^m0, m0 = ⌈12 ln n⌉, then balanced (d0 = 2 m0); the threshold is the largest that leaves the
 * gap below the least distance (drawn again until it is >= 1); YES overwrites one key by a query with that many bits
 * flipped. Such instances are easy on average: they test the reductions and say nothing about hardness.
 * @throws UsageError for n that is not a whole number in 2..32768, or a gap that is not > 0 or so large that no instance has it
 */
export function plantedGap(options: { n: number; yes: boolean; seed: number; gap?: number }): GapInstance & {
	/** The planted pair; absent in a NO instance. */
	readonly planted?: Pair;
} {
	const { n, yes, seed, gap = 1 } = options;
	if (!(Number.isInteger(n) && n >= 2 && n <= MOST_ROWS))
		throw new UsageError(`planted gap: n must be a whole number in 2..${MOST_ROWS}, got ${n}`);
	if (!(Number.isFinite(gap) && gap > 0))
		throw new UsageError(`planted gap: gap must be a finite number > 0, got ${gap}`);
	const length = Math.ceil(12 * Math.log(n));
	const random = seededRandom(seed, "planted gap", n);
	for (let draw = 0; draw < MOST_DRAWS; draw++) {
		const x = randomBits(n, length, random);
		const y = randomBits(n, length, random);
		const radius = Math.floor((leastDistance(x, y) - 1) / (1 + gap));
		if (radius < 1) continue;
		const planted = yes ? plant(x, y, radius, random) : undefined;
		return { a: balance(x), b: balance(y), threshold: 2 * radius, gap, ...(planted && { planted }) };
	}
	throw new UsageError(
		`planted gap: no instance of n = ${n} with gap ${gap} in ${MOST_DRAWS} draws: random rows of ${length} bits are too close; take a smaller gap`,
	);
}

/** Rows on a side, at most: all pairs are compared, some 10^9 of them. */
const MOST_ROWS = 2 ** 15;

/** Instances that are drawn, at most, until one has room for the gap. */
const MOST_DRAWS = 100;

function randomBits(rows: number, cols: number, random: Random): BitMatrix {
	return BitMatrix.build(rows, cols, () => random.integer(0, 1) === 1);
}

/** Overwrites a random key by a random query with `flips` bits turned. */
function plant(x: BitMatrix, y: BitMatrix, flips: number, random: Random): Pair {
	const pair = { query: random.integer(0, x.rows - 1), key: random.integer(0, y.rows - 1) };
	y.row(pair.key).set(x.row(pair.query));
	const turned = new Set<number>();
	while (turned.size < flips) turned.add(random.integer(0, x.cols - 1));
	for (const c of turned) y.row(pair.key)[c] ^= 1;
	return pair;
}
