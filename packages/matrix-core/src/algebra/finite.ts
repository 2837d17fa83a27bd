import type { Numbers } from "../matrix.ts";

/** Numbers that are looked at together. */
const GROUP = 1024;

/** The bits of the exponent in the word that holds it, all set where a number is NaN or infinite, and the lowest of them. */
const EXPONENT = {
	8: { bits: 0x7ff00000, lowest: 0x00100000 },
	4: { bits: 0x7f800000, lowest: 0x00800000 },
} as const;

/** Which of the two words of a double holds its exponent: the second, where the processor puts the low one first. */
const HIGH_WORD = new Int32Array(Float64Array.of(1).buffer)[0] === 0 ? 1 : 0;

/**
 * Index of the first number of `numbers`[from..to-1] that is NaN or infinite, -1 where there is none. It looks at exponents as whole numbers, which is one
 * loop for both number types: a loop over the numbers becomes three times slower once it has seen both.
 */
export function firstNotFinite(numbers: Numbers, from: number, to: number): number {
	const size = numbers.BYTES_PER_ELEMENT as 8 | 4;
	const [step, start] = size === 8 ? [2, HIGH_WORD] : [1, 0];
	const words = new Int32Array(numbers.buffer, numbers.byteOffset + from * size, Math.max(0, to - from) * step);
	const { bits, lowest } = EXPONENT[size];
	for (let first = start; first < words.length; first += GROUP * step) {
		const end = Math.min(words.length, first + GROUP * step);
		// the lowest bit more turns an exponent of which all bits are set into the sign, and no other
		let signs = 0;
		let i = first;
		for (; i + 3 * step < end; i += 4 * step)
			signs |=
				((words[i] & bits) + lowest) |
				((words[i + step] & bits) + lowest) |
				((words[i + 2 * step] & bits) + lowest) |
				((words[i + 3 * step] & bits) + lowest);
		for (; i < end; i += step) signs |= (words[i] & bits) + lowest;
		if (signs >= 0) continue;
		for (i = first; i < end; i += step) if ((words[i] & bits) === bits) return from + (i - start) / step;
	}
	return -1;
}
