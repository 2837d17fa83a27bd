import { expect, test } from "vitest";
import { present } from "./present.ts";

test("values that are there are returned, those that count as false too", () => {
	for (const value of [0, "", false, Number.NaN]) expect(present(value, "the value")).toBe(value);
});

test("a missing value is named", () => {
	expect(() => present(undefined, "the last row")).toThrow("the last row is missing");
	expect(() => present(null, "the last row")).toThrow("the last row is missing");
});
