import fc from "fast-check";
import { expect, test } from "vitest";
import { wrapWords } from "./table.ts";

test("a line is broken at blanks, and what follows is further in", () => {
	expect(wrapWords("one two three four", 9)).toEqual(["one two", "  three", "  four"]);
});

test("a line that fits is left as it is, blanks and all", () => {
	expect(wrapWords("a  b", 80)).toEqual(["a  b"]);
	expect(wrapWords("", 80)).toEqual([""]);
});

test("a word is never broken, and none is lost", () => {
	const word = fc.string({ unit: fc.constantFrom("a", "b", "-"), minLength: 1, maxLength: 12 });
	fc.assert(
		fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 6, max: 40 }), (words, width) => {
			const lines = wrapWords(words.join(" "), width);
			expect(lines.flatMap((line) => line.trim().split(" "))).toEqual(words);
			for (const line of lines) if (line.length > width) expect(line.trim()).not.toContain(" ");
		}),
	);
});
