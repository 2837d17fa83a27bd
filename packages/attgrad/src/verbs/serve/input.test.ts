import fc from "fast-check";
import { expect, test } from "vitest";
import { ArrayMemory } from "./array-memory.ts";
import { type ByteStream, Input, TruncatedInput } from "./input.ts";

/** Bytes in pieces of some lengths, all in the same memory as those of a pipe are. */
async function* pieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
	const memory = new Uint8Array(bytes.length);
	for (let at = 0, i = 0; at < bytes.length; i++) {
		const piece = bytes.subarray(at, at + lengths[i % lengths.length]!);
		memory.fill(0xff);
		memory.set(piece);
		yield memory.subarray(0, piece.length);
		at += piece.length;
	}
}

/** The same bytes, which can also be put where they are wanted. */
function filling(bytes: Uint8Array, lengths: readonly number[]): ByteStream {
	let rest = bytes;
	const take = (most: number): Uint8Array => {
		const front = rest.subarray(0, most);
		rest = rest.subarray(front.length);
		return front;
	};
	return {
		async next() {
			const value = Uint8Array.from(take(lengths[0]!));
			return value.length === 0 ? { done: true, value: undefined } : { done: false, value };
		},
		async fill(target) {
			const front = take(target.length);
			target.set(front);
			return front.length;
		},
	};
}

const parts = fc.array(
	fc.oneof(
		fc.record({ kind: fc.constant("line" as const), text: fc.stringMatching(/^[a-z{} ]{0,12}$/) }),
		fc.record({ kind: fc.constantFrom("bytes" as const, "skipped" as const), bytes: fc.uint8Array({ maxLength: 40 }) }),
	),
	{ minLength: 1, maxLength: 8 },
);
const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 });

test.each([
	["pieces that are copied", pieces],
	["bytes that are put where they are wanted", filling],
])("lines and runs of bytes are read back, %s", async (_, streamOf) => {
	await fc.assert(
		fc.asyncProperty(parts, lengths, async (given, cuts) => {
			const all = given.map((part) => (part.kind === "line" ? Buffer.from(`${part.text}\n`) : part.bytes));
			const input = new Input(streamOf(Buffer.concat(all), cuts));
			for (const part of given) {
				if (part.kind === "line") expect(Buffer.from((await input.line(100))!).toString()).toBe(part.text);
				else if (part.kind === "skipped") await input.skip(part.bytes.length);
				else {
					const target = new Uint8Array(part.bytes.length);
					await input.fill(target);
					expect(target).toEqual(part.bytes);
				}
			}
			expect(await input.line(100)).toBe(undefined);
			await expect(input.fill(new Uint8Array(3))).rejects.toThrow(
				new TruncatedInput("the input ends 3 bytes before the end of a request"),
			);
		}),
	);
});

test("memory is kept from one request to the next, and its arrays start at multiples of 64", () => {
	const memory = new ArrayMemory();
	const first = memory.take([100, 0, 64, 7]);
	expect(first.map(({ length }) => length)).toEqual([100, 0, 64, 7]);
	for (const { byteOffset } of first) expect(byteOffset % 64).toBe(0);
	for (const [i, array] of first.entries()) array.fill(i + 1);
	for (const [i, array] of first.entries()) expect(array.every((byte) => byte === i + 1)).toBe(true);
	const smaller = memory.take([10, 20]);
	expect(smaller[0]!.buffer).toBe(first[0]!.buffer);
	const larger = memory.take([1000]);
	expect(larger[0]!.buffer).not.toBe(first[0]!.buffer);
	expect(memory.take([100])[0]!.buffer).toBe(larger[0]!.buffer);
});
