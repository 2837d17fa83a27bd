import { expect, test } from "vitest";
import { textWidth, wrapEvenly, wrapText } from "./text.ts";

test("a line is as wide as its letters, a bold one wider", () => {
	expect(textWidth("min", 10)).toBeCloseTo(8.29 + 2.46 + 5.47, 9);
	expect(textWidth("wide", 10)).toBeGreaterThan(2 * textWidth("ill", 10));
	expect(textWidth("streaming", 13, true)).toBeGreaterThan(textWidth("streaming", 13));
});

test("an accent has no width, a raised digit a small one", () => {
	expect(textWidth("g̃", 10)).toBe(textWidth("g", 10));
	expect(textWidth("10⁻⁶", 10)).toBeLessThan(textWidth("10−6", 10));
});

test("lines are broken at spaces, not beside an equals sign or after a number", () => {
	expect(wrapText("exact at B = 2", textWidth("exact at B =", 10), 10)).toEqual(["exact at", "B = 2"]);
	expect(wrapText("AMD, 2 cores", textWidth("AMD, 2", 10), 10)).toEqual(["AMD,", "2 cores"]);
	expect(wrapText("d = 2 · B = 1", textWidth("d = 2 ·", 10), 10)).toEqual(["d = 2 ·", "B = 1"]);
	expect(wrapText("incomprehensibilities", 10, 10)).toEqual(["incomprehensibilities"]);
});

test("a title of two lines fills the first and has no word alone in the second", () => {
	const text = "an exact step takes a hundred times as long as a certified one";
	const width = textWidth(text, 17, true) - 1;
	expect(wrapText(text, width, 17, true)).toEqual([text.slice(0, -4), "one"]);
	const lines = wrapEvenly(text, width, 17, true);
	expect(lines).toHaveLength(2);
	expect(lines.join(" ")).toBe(text);
	expect(textWidth(lines[1], 17, true)).toBeGreaterThan(0.25 * width);
	expect(textWidth(lines[0], 17, true)).toBeGreaterThan(0.5 * width);
});
