import { crc32, deflateSync } from "node:zlib";
import { present } from "@attgrad/matrix-core";

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
 * A PNG with a palette, a third of the size of one without. It is lossless up to 256 colours; of more, each becomes the nearest
 * of 256 that are chosen so that none is far off.
 */
export function indexedPng({ width, height, rgba }: Pixels): Uint8Array {
	const { palette, indices } = paletteOf(countColours(rgba));
	// A row is a byte for its filter, none, and a byte a pixel.
	const rows = new Uint8Array((width + 1) * height);
	for (let row = 0, at = 0; row < height; row++)
		for (let i = row * (width + 1) + 1; i <= row * (width + 1) + width; i++, at += 4)
			rows[i] = present(indices.get(colourAt(rgba, at)), "the colour of a pixel");
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
const colourAt = (rgba: Uint8Array, at: number) => (rgba[at] << 16) | (rgba[at + 1] << 8) | rgba[at + 2];

const channels = (colour: number) => [colour >> 16, (colour >> 8) & 255, colour & 255];

function countColours(rgba: Uint8Array): Map<number, number> {
	const counts = new Map<number, number>();
	for (let at = 0; at < rgba.length; at += 4) {
		const colour = colourAt(rgba, at);
		counts.set(colour, (counts.get(colour) ?? 0) + 1);
	}
	return counts;
}

/**
 * A palette, and the place in it of the nearest for each colour. It takes the commonest colour, then again and again the one
 * that is most off: by its pixels, and far more by its distance, so that the bar of a colour scale keeps its ends.
 */
function paletteOf(counts: ReadonlyMap<number, number>) {
	const colours = [...counts].map(([colour, count]) => ({
		colour,
		count,
		rgb: channels(colour),
		index: 0,
		distance: Number.POSITIVE_INFINITY,
	}));
	const palette: number[] = [];
	let next = colours.reduce((a, b) => (b.count > a.count ? b : a));
	while (palette.length < mostColours && next.distance > 0) {
		const { rgb } = next;
		for (const colour of colours) {
			const distance = colour.rgb.reduce((sum, value, k) => sum + (value - rgb[k]) ** 2, 0);
			if (distance < colour.distance) [colour.distance, colour.index] = [distance, palette.length];
		}
		palette.push(next.colour);
		next = colours.reduce((a, b) => (b.count * b.distance ** 2 > a.count * a.distance ** 2 ? b : a));
	}
	return { palette, indices: new Map(colours.map(({ colour, index }) => [colour, index])) };
}

/** A part of the file: length, name, content, check sum of both. */
function chunk(name: string, content: Uint8Array): Uint8Array {
	const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
	const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(content.length);
	sum.writeUInt32BE(crc32(named));
	return Buffer.concat([length, named, sum]);
}
