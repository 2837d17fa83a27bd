import { expect, test } from "vitest";
import { shortNumber } from "./short-number.ts";

test.each([
	[0, "0"],
	[16384, "16384"],
	[1e-6, "1e-6"],
	[2.4871e-7, "2.487e-7"],
	[0.052907, "0.05291"],
	[-12.3456, "-12.35"],
	[0.99995, "1"],
	[1234567.8, "1.235e+6"],
	[Number.POSITIVE_INFINITY, "Infinity"],
])("%d is %s", (x, text) => {
	expect(shortNumber(x)).toBe(text);
});
