import fc from "fast-check";
import { expect, test } from "vitest";
import { shortSvg } from "./short-svg.ts";

test("places have two decimals", () => {
	expect(
		shortSvg('<path transform="translate(0.5,12.34567)" d="M-1.23456,0A3.14159,3.14159,0,1,1,1e-7,-9.999999"/>'),
	).toBe('<path transform="translate(0.5,12.35)" d="M-1.23,0A3.14,3.14,0,1,1,0,-10"/>');
});

test("text, descriptions and colours stay as they are", () => {
	const svg =
		'<g aria-label="x: 0.123456" fill-opacity="0.125"><text fill="#123456">d="1.23456" is 1.23456 e^0.98765</text></g>';
	expect(shortSvg(svg)).toBe(svg);
});

test("an opacity that is whole is not told, another is", () => {
	expect(shortSvg('<path d="M0,0" opacity="1"/><path d="M0,0" opacity="0.15"/>')).toBe(
		'<path d="M0,0"/><path d="M0,0" opacity="0.15"/>',
	);
});

test("no place moves by more than a hundredth", () => {
	const numbers = fc.array(fc.double({ min: -2000, max: 2000, noNaN: true }), { minLength: 2, maxLength: 20 });
	fc.assert(
		fc.property(numbers, (places) => {
			const [, d] = /d="M([^"]*)"/.exec(shortSvg(`<path d="M${places.join(",")}"/>`))!;
			const rounded = d.split(",").map(Number);
			expect(rounded).toHaveLength(places.length);
			for (const [i, place] of places.entries()) expect(Math.abs(rounded[i] - place)).toBeLessThanOrEqual(0.005 + 1e-9);
		}),
	);
});
