import { expect, test } from "vitest";
import { sizeText } from "./size-text.ts";

test.each([
	[1024, "1024"],
	[2 ** 20, "1048576"],
	[2 ** 21, "2^21"],
	[2 ** 100, "2^100"],
	[2 ** 1000, "2^1000"],
	[10 ** 7, "10000000"],
])("%d is told as %s", (n, text) => {
	expect(sizeText(n)).toBe(text);
});
