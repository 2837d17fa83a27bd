// Coins from 64-bit words: `pairs/pair-coins.ts` in TypeScript has the same.

/** The finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
// @ts-ignore: decorator
@inline
export function mixed(z: u64): u64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/** In [0, 1), in steps of 2^-53. */
// @ts-ignore: decorator
@inline
export function uniform(coin: u64): f64 {
	return <f64>(coin >> 11) * 1.1102230246251565e-16;
}
