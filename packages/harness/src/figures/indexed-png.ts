import { crc32, deflateSync } from "node:zlib";

/** Pixels of an opaque image: red, green, blue and an ignored fourth byte each, row by row. */
export interface Pixels {
	readonly width: number;
	readonly height: number;
	readonly rgba: Uint8Array;
}

/** Colours that a palette of one byte a pixel has room for. */
const mostColours = 256;

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/**
 * A PNG with a palette, a third of the size of one without. It is lossless up to 256 colours; of more, those of the fewest
 * pixels, shades at the edges of lines and letters, become the nearest of the others.
 */
export function indexedPng({ width, height, rgba }: Pixels): Uint8Array {
	const colours = countColours(rgba);
	const palette = [...colours.keys()].sort((a, b) => colours.get(b)! - colours.get(a)! || a - b).slice(0, mostColours);
	const indices = new Map(palette.map((colour, i) => [colour, i]));
	for (const colour of colours.keys()) if (!indices.has(colour)) indices.set(colour, nearest(palette, colour));
	// A row is a byte for its filter, none, and a byte a pixel.
	const rows = new Uint8Array((width + 1) * height);
	for (let row = 0, at = 0; row < height; row++)
		for (let i = row * (width + 1) + 1; i <= row * (width + 1) + width; i++, at += 4)
			rows[i] = indices.get(colourAt(rgba, at))!;
	const header = new DataView(new ArrayBuffer(13));
	header.setUint32(0, width);
	header.setUint32(4, height);
	header.setUint8(8, 8);
	header.setUint8(9, 3);
	return Buffer.concat([
		signature,
		chunk("IHDR", new Uint8Array(header.buffer)),
		chunk("PLTE", Uint8Array.from(palette.flatMap(channels))),
		chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
		chunk("IEND", new Uint8Array()),
	]);
}

/** A colour as one number. */
const colourAt = (rgba: Uint8Array, at: number) => (rgba[at]! << 16) | (rgba[at + 1]! << 8) | rgba[at + 2]!;

const channels = (colour: number) => [colour >> 16, (colour >> 8) & 255, colour & 255];

function countColours(rgba: Uint8Array): Map<number, number> {
	const counts = new Map<number, number>();
	for (let at = 0; at < rgba.length; at += 4) {
		const colour = colourAt(rgba, at);
		counts.set(colour, (counts.get(colour) ?? 0) + 1);
	}
	return counts;
}

/** Index of the colour of a palette that is nearest to another. */
function nearest(palette: readonly number[], colour: number): number {
	const wanted = channels(colour);
	let [best, least] = [0, Number.POSITIVE_INFINITY];
	for (const [i, candidate] of palette.entries()) {
		const distance = channels(candidate).reduce((sum, value, k) => sum + (value - wanted[k]!) ** 2, 0);
		if (distance < least) [best, least] = [i, distance];
	}
	return best;
}

/** A part of the file: length, name, content, check sum of both. */
function chunk(name: string, content: Uint8Array): Uint8Array {
	const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
	const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(content.length);
	sum.writeUInt32BE(crc32(named));
	return Buffer.concat([length, named, sum]);
}
