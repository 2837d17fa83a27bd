import type { ColourScale } from "./colours.ts";

/** A matrix as a picture. */
export interface Picture {
	readonly rows: number;
	readonly cols: number;
	/** The share, 0 to 1, of the colour scale that each entry takes, row-major; NaN for none. */
	readonly shares: (at: number) => number;
	readonly colours: ColourScale;
}

const tables = new Map<ColourScale, Uint32Array>();

/** The colours of 256 shares as the pixels of a canvas. */
function tableOf(colours: ColourScale): Uint32Array {
	const known = tables.get(colours);
	if (known) return known;
	const bytes = new Uint8Array(4 * 256);
	for (let i = 0; i < 256; i++) bytes.set([...colours(i / 255), 255], 4 * i);
	const table = new Uint32Array(bytes.buffer);
	tables.set(colours, table);
	return table;
}

/** Draws a matrix, a pixel an entry; the page makes the canvas larger. */
export function drawPicture(canvas: HTMLCanvasElement, { rows, cols, shares, colours }: Picture): void {
	if (canvas.width !== cols) canvas.width = cols;
	if (canvas.height !== rows) canvas.height = rows;
	const context = canvas.getContext("2d");
	if (!context) return;
	const image = context.createImageData(cols, rows);
	const table = tableOf(colours);
	const pixels = new Uint32Array(image.data.buffer);
	for (let at = 0; at < pixels.length; at++) {
		const share = shares(at);
		// NaN has no place in the table, and stays transparent.
		pixels[at] = table[Math.round(255 * Math.min(1, Math.max(0, share)))] ?? 0;
	}
	context.putImageData(image, 0, 0);
}

/** Tells the entry under the pointer, or at the cursor that the arrow keys move. */
export function readEntries(canvas: HTMLCanvasElement, tell: (row: number, col: number) => void): void {
	let [row, col] = [0, 0];
	const moveTo = (nextRow: number, nextCol: number) => {
		row = Math.min(canvas.height - 1, Math.max(0, nextRow));
		col = Math.min(canvas.width - 1, Math.max(0, nextCol));
		tell(row, col);
	};
	const point = ({ offsetX, offsetY }: PointerEvent) =>
		moveTo(
			Math.floor((offsetY / canvas.clientHeight) * canvas.height),
			Math.floor((offsetX / canvas.clientWidth) * canvas.width),
		);
	canvas.addEventListener("pointermove", point);
	canvas.addEventListener("pointerdown", point);
	canvas.addEventListener("keydown", (event) => {
		const steps: Readonly<Record<string, readonly [number, number]>> = {
			ArrowUp: [-1, 0],
			ArrowDown: [1, 0],
			ArrowLeft: [0, -1],
			ArrowRight: [0, 1],
		};
		const step = steps[event.key];
		if (!step) return;
		event.preventDefault();
		const size = event.shiftKey ? 10 : 1;
		moveTo(row + size * step[0], col + size * step[1]);
	});
}
