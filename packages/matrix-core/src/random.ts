import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/**
 * A stream of random numbers that is the same on every machine.
 * Streams made from different seeds or labels are independent for all practical purposes.
 */
export interface Random {
	/** Uniform in [low, high). @default 0, 1 */
	uniform(low?: number, high?: number): number;
	/** Standard normal. */
	normal(): number;
	/** Whole number, uniform in low..high, both included. */
	integer(low: number, high: number): number;
}

/** 32-bit mixing of a label into a seed (the finaliser of MurmurHash3, over the label's UTF-16 units). */
function mix(seed: number, label: string | number): number {
	let hash = seed | 0;
	for (const unit of `${label}\u0000`) {
		hash = Math.imul(hash ^ unit.charCodeAt(0), 0x85ebca6b);
		hash ^= hash >>> 13;
		hash = Math.imul(hash, 0xc2b2ae35);
		hash ^= hash >>> 16;
	}
	return hash;
}

/**
 * Random numbers for a seed and any labels: `seededRandom(7, "A1", block)`.
 * Normals are Marsaglia's polar method; logarithm and root are V8's own, the same on every platform.
 */
export function seededRandom(seed: number, ...labels: (string | number)[]): Random {
	const generator = xoroshiro128plus(labels.reduce<number>(mix, mix(seed, Math.floor(seed / 2 ** 32))));
	let spare: number | undefined;
	return {
		uniform: (low = 0, high = 1) => low + (high - low) * uniformFloat64(generator),
		integer: (low, high) => uniformInt(generator, low, high),
		normal() {
			if (spare !== undefined) {
				const kept = spare;
				spare = undefined;
				return kept;
			}
			while (true) {
				const x = 2 * uniformFloat64(generator) - 1;
				const y = 2 * uniformFloat64(generator) - 1;
				const square = x * x + y * y;
				if (square >= 1 || square === 0) continue;
				const factor = Math.sqrt((-2 * Math.log(square)) / square);
				spare = y * factor;
				return x * factor;
			}
		},
	};
}
