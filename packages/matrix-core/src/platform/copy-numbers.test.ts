import fc from "fast-check";
import { expect, test } from "vitest";
import * as browser from "./browser.ts";
import * as node from "./node.ts";

const shared = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true }).buffer as unknown as ArrayBuffer;

/** Random bits: NaN of all payloads, infinities, subnormal numbers and both zeros are among them. */
function randomBits(bytes: number, seed: number): ArrayBuffer {
	const words = new Uint32Array(Math.ceil(bytes / 4));
	let state = seed | 1;
	for (let i = 0; i < words.length; i++) {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		words[i] = i % 5 === 0 ? (state | 0x7ff00000) >>> 0 : state >>> 0;
	}
	return words.buffer;
}

const bits = ({ buffer, byteOffset, byteLength }: Float64Array | Float32Array): number[] =>
	Array.from(new Uint8Array(buffer, byteOffset, byteLength));

const types = [
	["f64", Float64Array],
	["f32", Float32Array],
] as const;

const places = ["into shared memory", "out of it", "within it", "outside it"] as const;

test.each(types)("%s: every bit arrives, at any length and offset, and nothing beside it changes", (_, Type) => {
	const { BYTES_PER_ELEMENT: size } = Type;
	fc.assert(
		fc.property(
			fc.constantFrom(...places),
			fc.integer({ min: 0, max: 3000 }),
			fc.integer({ min: 0, max: 9 }),
			fc.integer({ min: 0, max: 9 }),
			fc.integer(),
			fc.constantFrom(node.copyNumbers, browser.copyNumbers),
			(place, length, first, second, seed, copy) => {
				const from = place === "out of it" || place === "within it" ? shared : new ArrayBuffer(65536);
				const to = place === "into shared memory" || place === "within it" ? shared : new ArrayBuffer(65536);
				const source = new Type(from, first * size, length);
				const target = new Type(to, to === from ? 65536 : second * size, length + 7);
				new Uint8Array(from, source.byteOffset, length * size).set(
					new Uint8Array(randomBits(length * size, seed), 0, length * size),
				);
				const rest = new Uint8Array(to, target.byteOffset, target.byteLength).fill(0xa5);
				copy(source, target);
				expect(bits(target.subarray(0, length))).toEqual(bits(source));
				expect(rest.subarray(length * size).every((byte) => byte === 0xa5)).toBe(true);
			},
		),
		{ numRuns: 60 },
	);
});

test.each(places)("%s: numbers of another type are converted, and a target that is too short is refused", (place) => {
	const from = place === "out of it" || place === "within it" ? shared : new ArrayBuffer(65536);
	const to = place === "into shared memory" || place === "within it" ? shared : new ArrayBuffer(65536);
	const source = new Float64Array(from, 0, 1000);
	for (let i = 0; i < 1000; i++) source[i] = i / 3;
	const target = new Float32Array(to, to === from ? 16384 : 0, 1000);
	for (const { copyNumbers } of [node, browser]) {
		target.fill(0);
		copyNumbers(source, target);
		expect(target).toEqual(new Float32Array(source));
		expect(() => copyNumbers(source, new Float64Array(to, 32768, 999))).toThrow(RangeError);
	}
});
