import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { portableLog } from "./logarithm.ts";

/**
 * A stream of random numbers that is the same, bit for bit, on every machine.
 * Streams made from different seeds or labels are independent for all practical purposes.
 */
export interface Random {
	/** Uniform in [low, high), in steps of (high - low)·2^-53. @default 0, 1 */
	uniform(low?: number, high?: number): number;
	/** Standard normal. */
	normal(): number;
	/** Whole number, uniform in low..high, both included. */
	integer(low: number, high: number): number;
}

/** Where the four 32-bit words of a generator's state start (the first digits of π). */
const START = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const;

/** 32-bit mixing of a text into a state word (the finaliser of MurmurHash3, after each UTF-16 unit). */
function mix(start: number, text: string): number {
	let hash = start;
	for (let at = 0; at < text.length; at++) {
		hash = Math.imul(hash ^ text.charCodeAt(at), 0x85ebca6b);
		hash ^= hash >>> 13;
		hash = Math.imul(hash, 0xc2b2ae35);
		hash ^= hash >>> 16;
	}
	return hash;
}

/**
 * Random numbers for a seed and any labels: `seededRandom(7, "A1", block)`. Seed and labels count as texts.
 * The generator is xoroshiro128+, its 128 bits of state a hash of the texts: among the 2^17 row blocks of a
 * problem of 10^8 tokens, two equal streams have a chance below 2^-90. Normals are Marsaglia's polar method.
 */
export function seededRandom(seed: number, ...labels: (string | number)[]): Random {
	const text = [seed, ...labels].join("\u0000");
	const generator = xoroshiro128plusFromState(START.map((start) => mix(start, text)));
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
				const factor = Math.sqrt((-2 * portableLog(square)) / square);
				spare = y * factor;
				return x * factor;
			}
		},
	};
}
