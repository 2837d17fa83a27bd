import { expect, test } from "vitest";
import { renderedText } from "./export/rendered-text.ts";

test("text is black on white, the same in three channels, and repeated to the width", () => {
	const width = 600;
	const image = renderedText("I", width);
	expect(image.length).toBe(3 * 48 * width);
	const channel = (c: number) => image.subarray(c * 48 * width, (c + 1) * 48 * width);
	expect(channel(1)).toEqual(channel(0));
	expect(channel(2)).toEqual(channel(0));
	const row = channel(0).subarray(24 * width, 25 * width);
	expect(Math.max(...row)).toBe(1);
	expect(Math.min(...row)).toBeLessThan(-0.9);
	// Letters go on to the right edge.
	expect(Math.min(...row.subarray(width - 60))).toBeLessThan(-0.9);
});
