import { Matrix, type RowSource, UsageError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { asDtype, createProblem, generateProblem, generateRows, inMemory, matrixNames } from "../index.ts";

const ones = (rows: number, cols: number) => Matrix.build(rows, cols, () => 1);
const matrices = (n: number, d: number) => ({
	A1: ones(n, d),
	A2: ones(n, d),
	A3: ones(n, d),
	E: ones(n, d),
	X: ones(d, d),
	Y: ones(d, d),
});

describe("createProblem", () => {
	test("scales by 1/d unless told otherwise", () => {
		expect(createProblem(matrices(5, 4))).toMatchObject({ n: 5, d: 4, scale: 1 / 4 });
		expect(createProblem(matrices(5, 4), 1).scale).toBe(1);
	});

	test.each(matrixNames.slice(1))("names %s when its shape is wrong", (name) => {
		const call = () => createProblem({ ...matrices(5, 4), [name]: ones(3, 4) });
		const expected = name === "X" || name === "Y" ? "4 x 4" : "5 x 4";
		expect(call).toThrow(UsageError);
		expect(call).toThrow(`problem: ${name} must be ${expected} (A1 is 5 x 4), got 3 x 4`);
	});

	test("refuses a problem of no tokens or no width", () => {
		expect(() => createProblem(matrices(0, 3))).toThrow("at least one row and column, got 0 x 3");
		expect(() => createProblem(matrices(3, 0))).toThrow("at least one row and column, got 3 x 0");
	});

	test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("names an entry that is %d", (bad) => {
		const E = Matrix.build(5, 4, (i, j) => (i === 3 && j === 2 ? bad : 0));
		expect(() => createProblem({ ...matrices(5, 4), E })).toThrow(`problem: E[3, 2] is ${bad}`);
	});

	test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses the scale %d", (scale) => {
		expect(() => createProblem(matrices(2, 2), scale)).toThrow(`scale must be a finite number > 0, got ${scale}`);
	});

	test("refuses two number types", () => {
		expect(() => createProblem({ ...matrices(2, 2), Y: ones(2, 2).as("f32") })).toThrow("Y is f32, A1 is f64");
	});
});

describe("asDtype", () => {
	const options = { distribution: "uniform", n: 50, d: 3, B: 1, seed: 2 };

	test("rounds every matrix, in memory or not", () => {
		const single = asDtype(generateProblem(options), "f32");
		for (const name of matrixNames) expect(single[name].dtype).toBe("f32");
		expect(inMemory(asDtype(generateRows(options), "f32"))).toEqual(single);
		const widened = asDtype(single, "f64");
		expect(inMemory(asDtype(asDtype(generateRows(options), "f32"), "f64"))).toEqual(widened);
	});

	test("gives rounded numbers also to a reader that asks for doubles", () => {
		const target = new Float64Array(3);
		asDtype(generateRows(options), "f32").A2.readRows(7, 8, target);
		expect(target).toEqual(target.map(Math.fround));
	});

	test("refuses what single precision cannot hold", () => {
		const huge = { ...matrices(2, 1), A3: Matrix.fromRows([[1], [1e300]]) };
		expect(() => asDtype(createProblem(huge), "f32")).toThrow("A3[1, 0] is Infinity as f32");
		const { A3 } = huge;
		const source: RowSource = { rows: 2, cols: 1, dtype: "f64", readRows: A3.readRows.bind(A3) };
		const streamed = asDtype(createProblem<RowSource>({ ...huge, A3: source }), "f32");
		expect(() => inMemory(streamed)).toThrow(
			"the entry in row 1, column 0 of a matrix is 1e+300, too large for float32",
		);
	});
});
