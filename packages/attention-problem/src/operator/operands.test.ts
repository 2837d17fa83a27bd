import { Matrix, UsageError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { type HeadArray, headArray } from "./head-array.ts";
import { createBackwardProblem, createOperands, headsOf, shapesOf } from "./operands.ts";

/** The numbers 0, 1, 2, … in a shape. */
const counted = (...shape: number[]): HeadArray => {
	const length = shape.reduce((product, axis) => product * axis, 1);
	return headArray(
		shape,
		Float64Array.from({ length }, (_, i) => i),
	);
};

describe("operands", () => {
	test("of matrices are one head, and the scale is 1/d", () => {
		const made = createOperands({ Q: Matrix.zeros(7, 4), K: Matrix.zeros(12, 4), V: Matrix.zeros(12, 6) });
		expect(made).toMatchObject({
			batch: 1,
			heads: 1,
			keyHeads: 1,
			n_q: 7,
			n_k: 12,
			d: 4,
			d_v: 6,
			axes: 2,
			scale: 0.25,
		});
		expect(shapesOf(made)).toEqual({ dQ: [7, 4], dK: [12, 4], dV: [12, 6], dO: [7, 6], O: [7, 6], lse: [7] });
	});

	test("of four axes keep their shapes", () => {
		const made = createOperands({ Q: counted(2, 6, 5, 3), K: counted(2, 2, 4, 3), V: counted(2, 2, 4, 1) });
		expect(made).toMatchObject({ batch: 2, heads: 6, keyHeads: 2, n_q: 5, n_k: 4, d: 3, d_v: 1 });
		expect(shapesOf(made)).toMatchObject({ dQ: [2, 6, 5, 3], dK: [2, 2, 4, 3], O: [2, 6, 5, 1], lse: [2, 6, 5] });
	});

	test("a head has its own queries, and the keys of its group", () => {
		const problem = createBackwardProblem({
			Q: counted(2, 4, 5, 3),
			K: counted(2, 2, 4, 3),
			V: counted(2, 2, 4, 1),
			dO: counted(2, 4, 5, 1),
		});
		const heads = headsOf(problem);
		expect(heads.map(({ keyIndex }) => keyIndex)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
		const [, , , , , , head] = heads;
		expect(head.Q.at(0, 0)).toBe(6 * 5 * 3);
		expect(head.K.at(0, 0)).toBe(3 * 4 * 3);
		expect(head.V.at(1, 0)).toBe(3 * 4 + 1);
		expect(head.dO?.at(0, 0)).toBe(6 * 5);
	});
});

describe("operands are refused", () => {
	test.each([
		[
			"widths",
			{ K: counted(5, 2) },
			"Q (7, 3) and K (5, 2) do not go together: queries of width 3 and keys of width 2",
		],
		["values", { V: counted(4, 2) }, "K (5, 3) and V (4, 2) do not go together: 5 keys and 4 values"],
		["axes", { K: counted(1, 5, 3) }, "Q (7, 3) and K (1, 5, 3) do not go together: they must have as many axes"],
		[
			"dO",
			{ dO: counted(5, 2) },
			"dO must have the shape of the output, (7, 2) (Q is (7, 3), V is (5, 2)), got (5, 2)",
		],
		["no values", { V: Matrix.zeros(5, 0) }, "V must have no axis of length 0, got shape (5, 0)"],
		["types", { K: Matrix.zeros(5, 3, "f32") }, "K is f32, Q is f64; all must be of one type"],
		["type of dO", { dO: Matrix.zeros(7, 2, "f32") }, "dO is f32, Q is f64"],
		["entries", { V: new Matrix(5, 2, new Float64Array(10).fill(Number.NaN, 7)) }, "V[3, 1] is NaN"],
		["entries of dO", { dO: new Matrix(7, 2, new Float64Array(14).fill(Infinity, 13)) }, "dO[6, 1] is Infinity"],
	])("%s", (_, changed, message) => {
		const given = { Q: counted(7, 3), K: counted(5, 3), V: counted(5, 2), dO: counted(7, 2), ...changed };
		expect(() => createBackwardProblem(given)).toThrow(UsageError);
		expect(() => createBackwardProblem(given)).toThrow(message);
	});

	test("heads that do not divide, and batches that differ", () => {
		const values = counted(3, 5, 2);
		expect(() => createOperands({ Q: counted(4, 7, 3), K: counted(3, 5, 3), V: values })).toThrow(
			"Q (4, 7, 3) and K (3, 5, 3) do not go together: 3 heads of keys do not divide 4 heads of queries",
		);
		expect(() => createOperands({ Q: counted(4, 7, 3), K: counted(2, 5, 3), V: values })).toThrow(
			"K (2, 5, 3) and V (3, 5, 2) do not go together: 2 heads of keys and 3 of values",
		);
		expect(() => createOperands({ Q: counted(2, 1, 7, 3), K: counted(1, 1, 5, 3), V: counted(1, 1, 5, 3) })).toThrow(
			"a batch of 2 and one of 1",
		);
	});

	test("a scale, a visibility and an array of five axes", () => {
		const given = { Q: counted(2, 3), K: counted(2, 3), V: counted(2, 3) };
		for (const scale of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
			expect(() => createOperands(given, { scale })).toThrow(`scale must be a finite number > 0, got ${scale}`);
		expect(() => createOperands(given, { visibility: { mask: "none", window: 2 } })).toThrow("needs the causal mask");
		expect(() => headArray([1, 1, 1, 2, 3], new Float64Array(6))).toThrow("(batch, heads, n, d), got (1, 1, 1, 2, 3)");
	});
});
