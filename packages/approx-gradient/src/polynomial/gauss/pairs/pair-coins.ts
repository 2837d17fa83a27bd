const MASK = (1n << 64n) - 1n;

/** The finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
function mixed(z: bigint): bigint {
	const first = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
	const second = ((first ^ (first >> 27n)) * 0x94d049bb133111ebn) & MASK;
	return second ^ (second >> 31n);
}

/** The coins of one row: 64 random bits each time. */
export type RowCoins = () => bigint;

/** Where the coins of all rows start. */
export const coinsStart = (seed: number): bigint => mixed(BigInt(seed) + 1n);

/**
 * The coins of row `j`: SplitMix64 from a hash of the start and the row, so that a row's pairs depend neither on the rows before it nor on the
 * number of threads. `kernels/gauss/pairs/pair-draws.ts` has the same.
 */
export function rowCoins(start: bigint, j: number): RowCoins {
	let state = mixed((start + BigInt(j + 1) * 0xd1342543de82ef95n) & MASK);
	return () => {
		state = (state + 0x9e3779b97f4a7c15n) & MASK;
		return mixed(state);
	};
}

/** A number in [0, 1) from a coin, in steps of 2^-53; it does not depend on the 11 low bits. */
export const uniformOf = (coin: bigint): number => Number(coin >> 11n) * 2 ** -53;
