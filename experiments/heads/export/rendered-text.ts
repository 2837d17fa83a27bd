import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";

/** Height of the recogniser's image, and the size of its letters. */
const HEIGHT = 48;
const FONT_SIZE = 36;

/** Letters of a piece: pieces are drawn one by one and joined. */
const PIECE = 40;

/**
 * Text in one line, black on white, as the recogniser takes it: 3 x 48 x `width` numbers in [-1, 1], channels first. The text is
 * repeated where it is too short.
 */
export function renderedText(text: string, width: number): Float32Array {
	const words = text.replaceAll(/[^\w.,;:()'-]+/g, " ").trim();
	const image = new Float32Array(3 * HEIGHT * width);
	let [x, letter] = [0, 0];
	while (x < width) {
		const from = letter % words.length;
		const piece = words.slice(from, from + PIECE);
		letter += piece.length;
		const { pixels, width: drawn } = draw(piece);
		for (let column = 0; column < drawn && x < width; column++, x++)
			for (let row = 0; row < HEIGHT; row++) {
				const grey = pixels[4 * (row * drawn + column)] / 127.5 - 1;
				for (let channel = 0; channel < 3; channel++) image[(channel * HEIGHT + row) * width + x] = grey;
			}
	}
	return image;
}

/** A piece of text as RGBA pixels, as wide as it is. */
function draw(piece: string): { pixels: Uint8Array; width: number } {
	const require = createRequire(import.meta.url);
	const font = {
		loadSystemFonts: false,
		fontFiles: [require.resolve("@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf")],
		defaultFontFamily: "Source Sans 3",
	};
	const svg = (width: number, background: string) =>
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}">${background}` +
		`<text x="0" y="36" font-size="${FONT_SIZE}" xml:space="preserve" fill="#000">${piece}</text></svg>`;
	const box = new Resvg(svg(PIECE * FONT_SIZE, ""), { font }).innerBBox();
	const width = Math.ceil((box?.x ?? 0) + (box?.width ?? 0)) + 4;
	const image = new Resvg(svg(width, `<rect width="${width}" height="${HEIGHT}" fill="#fff"/>`), { font }).render();
	return { pixels: image.pixels, width };
}
