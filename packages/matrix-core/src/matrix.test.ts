import { describe, expect, test } from "vitest";
import {
	allocateNumbers,
	ComputationError,
	Matrix,
	materialise,
	type RowSource,
	UsageError,
	unitRoundoff,
} from "./index.ts";

describe("a matrix", () => {
	test("is row-major", () => {
		const A = Matrix.build(2, 3, (i, j) => 10 * i + j);
		expect([...A.data]).toEqual([0, 1, 2, 10, 11, 12]);
		expect(A.at(1, 2)).toBe(12);
		expect([...A.row(1)]).toEqual([10, 11, 12]);
	});

	test.each([
		[2, 3, 5],
		[0, 1, 1],
		[-1, -1, 1],
		[1.5, 2, 3],
		[Number.NaN, 1, 0],
	])("of %d x %d does not take %d numbers", (rows, cols, length) => {
		expect(() => new Matrix(rows, cols, new Float64Array(length))).toThrow(UsageError);
	});

	test("may have no rows or no columns", () => {
		expect(Matrix.zeros(0, 3).data).toHaveLength(0);
		expect(Matrix.fromRows([]).rows).toBe(0);
	});

	test("shares its storage with slices and rows, not with copies", () => {
		const A = Matrix.build(4, 2, (i, j) => 2 * i + j);
		const copy = A.copy();
		A.slice(1, 3).data[0] = 99;
		A.row(3)[1] = 77;
		expect(A.toRows()).toEqual([
			[0, 1],
			[99, 3],
			[4, 5],
			[6, 77],
		]);
		expect(copy.at(1, 0)).toBe(2);
	});

	test("is made from rows of one length only", () => {
		expect(
			Matrix.fromRows([
				[1, 2],
				[3, 4],
			]).toRows(),
		).toEqual([
			[1, 2],
			[3, 4],
		]);
		expect(() => Matrix.fromRows([[1, 2], [3]])).toThrow("row 1 has 1 entries, row 0 has 2");
	});

	test("changes its number type by rounding, and is itself where it has the type", () => {
		const A = Matrix.fromRows([[0.1, 1]]);
		expect(A.as("f64")).toBe(A);
		expect(A.as("f32").dtype).toBe("f32");
		expect(A.as("f32").as("f64").toRows()).toEqual([[Math.fround(0.1), 1]]);
	});

	test("copies rows into storage of either type, and of any alignment", () => {
		const A = Matrix.build(5, 3, (i, j) => i + j / 10);
		const target = new Float32Array(10).subarray(1);
		A.readRows(2, 5, target);
		expect([...target]).toEqual([...A.slice(2, 5).as("f32").data]);
	});

	test.each([3, 300])("refuses storage that is too short for %s numbers", (cols) => {
		const A = Matrix.zeros(2, cols);
		expect(() => A.readRows(0, 1, new Float64Array(cols - 1))).toThrow(RangeError);
	});
});

test("the identity has ones on its diagonal", () => {
	expect(Matrix.identity(2, "f32").toRows()).toEqual([
		[1, 0],
		[0, 1],
	]);
});

test("materialise reads every row of a source, and takes a matrix as it is", () => {
	const A = Matrix.build(7, 2, (i, j) => i * j);
	const source: RowSource = {
		rows: 7,
		cols: 2,
		dtype: "f32",
		readRows: (from, to, target) => A.readRows(from, to, target),
	};
	expect(materialise(A)).toBe(A);
	expect(materialise(source)).toEqual(A.as("f32"));
});

test("memory that cannot be had is an error with a reason", () => {
	const ask = () => allocateNumbers("f64", 2 ** 50);
	expect(ask).toThrow(ComputationError);
	expect(ask).toThrow(/no memory for 1125899906842624 numbers/);
});

test("the unit roundoff is half the distance of 1 to the next number", () => {
	expect(1 + 2 * unitRoundoff("f64")).toBeGreaterThan(1);
	expect(1 + unitRoundoff("f64")).toBe(1);
	expect(Math.fround(1 + unitRoundoff("f32"))).toBe(1);
	expect(Math.fround(1 + 2 * unitRoundoff("f32"))).toBeGreaterThan(1);
});
