import { asDtype } from "@attgrad/attention-problem";
import { Matrix, type RowSource, UsageError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { exactAlgorithms } from "./algorithms.ts";
import { definitionGradient } from "./definition.ts";
import { denseGradient } from "./dense.ts";
import { definitionSupports, denseSupports } from "./limits.ts";
import { instance } from "./testing/instances.ts";

/** A problem of any size whose rows are never read. */
function unread(n: number, d: number) {
	const rows: RowSource = {
		rows: n,
		cols: d,
		dtype: "f64",
		readRows: () => {
			throw new Error("supports() read rows");
		},
	};
	return { n, d, A1: rows, A2: rows, A3: rows, E: rows, X: Matrix.identity(d), Y: Matrix.identity(d), scale: 1 };
}

describe("definition", () => {
	test("takes n²d² = 2·10⁷ and no more", () => {
		expect(definitionSupports(unread(4472, 1))).toBe(true);
		expect(definitionSupports(unread(4473, 1))).toHaveProperty("reason");
	});

	test("refuses with the numbers", () => {
		const problem = instance({ n: 500, d: 10 });
		expect(() => definitionGradient(problem)).toThrow(UsageError);
		expect(() => definitionGradient(problem)).toThrow("n²d² = 2.50e+7 entries at n = 500, d = 10, the limit is 2e+7");
	});
});

describe("dense", () => {
	const memory = 2 ** 30;

	test("takes four n x n matrices up to half of the memory", () => {
		// 4 · 8 n² <= 2²⁹ where n <= 4096
		expect(denseSupports(unread(4096, 4), memory)).toBe(true);
		expect(denseSupports(unread(4097, 4), memory)).toEqual({
			reason: expect.stringContaining("4 matrices of 4097 x 4097 need 0.5 GiB, the limit is 0.5 GiB"),
		});
	});

	test("takes more rows in single precision", () => {
		expect(denseSupports(asDtype(instance({ n: 5000, d: 1 }), "f32"), memory)).toBe(true);
		expect(denseSupports(instance({ n: 5000, d: 1 }), memory)).toHaveProperty("reason");
	});

	test("refuses what no machine holds", () => {
		expect(denseSupports(unread(1e8, 1))).toHaveProperty("reason");
		expect(() => denseGradient({ ...instance({ n: 1, d: 1 }), n: 1e8 })).toThrow(UsageError);
	});
});

describe("the list of exact algorithms", () => {
	test("names definition, dense and streaming, all exact", () => {
		expect(exactAlgorithms.map(({ name }) => name)).toEqual(["definition", "dense", "streaming"]);
		expect(exactAlgorithms.every(({ exact }) => exact)).toBe(true);
	});

	test("streaming takes any size", () => {
		expect(exactAlgorithms.at(-1)!.supports(unread(1e7, 64), {})).toBe(true);
	});

	test.each(exactAlgorithms)("$name refuses options that it does not have", ({ options }) => {
		expect(options.safeParse({ blockrows: 3 }).success).toBe(false);
		expect(options.safeParse({}).success).toBe(true);
	});
});
