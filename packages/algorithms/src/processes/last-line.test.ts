import fc from "fast-check";
import { expect, test } from "vitest";
import { LastLine } from "./last-line.ts";

function lastOf(pieces: readonly string[]): string {
	const line = new LastLine();
	for (const piece of pieces) line.add(piece);
	return line.text;
}

test("however a text is cut into pieces, its last line that is not empty is kept", () => {
	const character = fc.constantFrom("a", "b", " ", "\n", "\r\n", "é");
	fc.assert(
		fc.property(fc.array(fc.array(character, { maxLength: 5 }).map((all) => all.join(""))), (pieces) => {
			const lines = pieces.join("").split("\n");
			expect(lastOf(pieces)).toBe(lines.findLast((line) => line.trim() !== "")?.trim() ?? "");
		}),
	);
});

test("a line of many megabytes is kept", () => {
	const numbers = Array.from({ length: 100 }, () => "0.0312345678,".repeat(8_000));
	expect(lastOf(["noise\n", ...numbers, "1]\n", "\n"]).length).toBe(100 * 8_000 * 13 + 2);
});
