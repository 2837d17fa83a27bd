import { Matrix } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { expect as own } from "./vitest.ts";

const wrong: readonly (readonly [name: string, check: () => unknown])[] = [
	["toBe", () => own(1).toBe(2)],
	["toBe of zeros", () => own(0).toBe(-0)],
	["toEqual of numbers", () => own([1, 2]).toEqual([1, 3])],
	["toEqual of arrays", () => own(Float64Array.of(1, 2)).toEqual(Float64Array.of(1, 2.5))],
	["toEqual of matrices", () => own(Matrix.identity(2)).toEqual(Matrix.zeros(2, 2))],
	["toEqual of a missing part", () => own({ a: 1 }).toEqual({ a: 1, b: 2 })],
	["toMatchObject", () => own({ a: 1, b: 2 }).toMatchObject({ b: 3 })],
	["toBeLessThan", () => own(2).toBeLessThan(2)],
	["toBeLessThanOrEqual of NaN", () => own(Number.NaN).toBeLessThanOrEqual(2)],
	["toBeCloseTo", () => own(1).toBeCloseTo(1.01, 4)],
	["toHaveLength", () => own([1]).toHaveLength(2)],
	["toMatch", () => own("abc").toMatch(/d/)],
	["toThrow of nothing", () => own(() => 1).toThrow()],
	[
		"toThrow of another error",
		() =>
			own(() => {
				throw new Error("a");
			}).toThrow("b"),
	],
	["not", () => own(1).not.toBe(1)],
];

test.each(wrong)("the checks that run in a browser fail where they should: %s", (_, check) => {
	expect(check).toThrow();
});

test("and hold where they should", async () => {
	own({ a: [1, Number.NaN], b: undefined }).toEqual({ a: [1, Number.NaN] });
	own(Matrix.identity(3)).toEqual(Matrix.identity(3));
	own(0.1 + 0.2).toBeCloseTo(0.3, 15);
	await expect(own(Promise.resolve(1)).rejects["toThrow"]?.("x")).rejects.toThrow("fulfilled");
	await own(Promise.reject(new Error("out of range"))).rejects["toThrow"]?.("range");
	await expect(own(Promise.reject(new Error("out of range"))).rejects["toThrow"]?.("other")).rejects.toThrow();
});
