import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { indexedPng, type Pixels } from "./indexed-png.ts";

/** The parts of a PNG by name. */
function chunks(png: Uint8Array): Map<string, Buffer> {
	const bytes = Buffer.from(png);
	const found = new Map<string, Buffer>();
	for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
		const length = bytes.readUInt32BE(at);
		found.set(bytes.toString("latin1", at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length));
	}
	return found;
}

/** The colours of a PNG with a palette, as red, green, blue of each pixel. */
function decode(png: Uint8Array): number[][] {
	const parts = chunks(png);
	const width = parts.get("IHDR")!.readUInt32BE(0);
	const palette = parts.get("PLTE")!;
	const rows = inflateSync(parts.get("IDAT")!);
	return [...rows].flatMap((index, i) =>
		i % (width + 1) === 0 ? [] : [[...palette.subarray(3 * index, 3 * index + 3)]],
	);
}

const image = (colours: readonly (readonly number[])[], width: number): Pixels => ({
	width,
	height: colours.length / width,
	rgba: Uint8Array.from(colours.flatMap((colour) => [...colour, 255])),
});

test("up to 256 colours no pixel changes", () => {
	const byte = fc.integer({ min: 0, max: 255 });
	const rows = fc.integer({ min: 1, max: 16 }).chain((width) =>
		fc.tuple(
			fc.constant(width),
			fc
				.array(fc.tuple(byte, byte, byte), { minLength: width, maxLength: 256 })
				.map((colours) => colours.slice(0, colours.length - (colours.length % width))),
		),
	);
	fc.assert(
		fc.property(rows, ([width, colours]) => {
			expect(decode(indexedPng(image(colours, width)))).toEqual(colours);
		}),
	);
});

test("of more colours none is far off, however few pixels it has", () => {
	// A gradient of 1000 colours, each once, beside much white: a bar of colours in a figure.
	const gradient = Array.from({ length: 1000 }, (_, i) => [Math.round(i / 4), 255 - (i % 250), Math.round(i / 10)]);
	const white = Array.from({ length: 5000 }, () => [255, 255, 255]);
	const decoded = decode(indexedPng(image([...white, ...gradient], 10)));
	expect(decoded.slice(0, 5000)).toEqual(white);
	for (const [i, colour] of gradient.entries())
		for (const [k, value] of colour.entries()) expect(Math.abs(decoded[5000 + i][k] - value)).toBeLessThanOrEqual(4);
});

test("the header says a palette of a byte a pixel", () => {
	const parts = chunks(
		indexedPng(
			image(
				[
					[1, 2, 3],
					[4, 5, 6],
				],
				2,
			),
		),
	);
	expect([...parts.keys()]).toEqual(["IHDR", "PLTE", "IDAT", "IEND"]);
	expect([...parts.get("IHDR")!]).toEqual([0, 0, 0, 2, 0, 0, 0, 1, 8, 3, 0, 0, 0]);
});
