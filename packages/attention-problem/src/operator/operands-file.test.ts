import { readFileSync } from "node:fs";
import { Matrix, UsageError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { writeArrays } from "../numpy/write-arrays.ts";
import { fresh } from "../testing/problem-files.ts";
import { headArray } from "./head-array.ts";
import { createBackwardProblem } from "./operands.ts";
import { type OperandsSettings, openBackwardProblem, openOperands } from "./operands-file.ts";

/** Numbers of a shape, as `writeArrays` takes them. */
const numbers = (shape: readonly number[], value = (i: number) => Math.sin(1.7 * i + shape.length)) => ({
	shape,
	data: Float64Array.from({ length: shape.reduce((product, axis) => product * axis, 1) }, (_, i) => value(i)),
});

const plain = { Q: numbers([4, 2]), K: numbers([4, 2]), V: numbers([4, 2]), dO: numbers([4, 2]) };
const heads = { Q: numbers([2, 5, 3]), K: numbers([1, 4, 3]), V: numbers([1, 4, 2]), dO: numbers([2, 5, 2]) };

async function written(arrays: Parameters<typeof writeArrays>[1]): Promise<string> {
	const path = fresh();
	await writeArrays(path, arrays);
	return path;
}

describe("a layer file", () => {
	test.each(["a path", "bytes"])("by %s gives the operands that were written, heads and all", async (by) => {
		const path = await written({ ...heads, scale: numbers([], () => 0.75) });
		const source = by === "bytes" ? { name: path, bytes: new Uint8Array(readFileSync(path)) } : path;
		const { operands, close } = await openBackwardProblem(source, { mask: "causal", window: 2 });
		const wanted = createBackwardProblem(
			{
				Q: headArray([2, 5, 3], heads.Q.data),
				K: headArray([1, 4, 3], heads.K.data),
				V: headArray([1, 4, 2], heads.V.data),
				dO: headArray([2, 5, 2], heads.dO.data),
			},
			{ scale: 0.75, visibility: { mask: "causal", window: 2 } },
		);
		for (const name of ["Q", "K", "V", "dO"] as const) {
			const got = Matrix.zeros(operands[name].rows, operands[name].cols);
			operands[name].readRows(0, got.rows, got.data);
			expect(got).toEqual(wanted[name]);
		}
		expect({ ...operands, Q: 0, K: 0, V: 0, dO: 0 }).toEqual({ ...wanted, Q: 0, K: 0, V: 0, dO: 0 });
		close();
	});

	test("has the scale 1/d unless it or the caller says otherwise, and lengths", async () => {
		const path = await written({ ...plain, lengths: numbers([2], (i) => 3 - 2 * i) });
		const opened = async (settings: OperandsSettings) => {
			const { operands, close } = await openOperands(path, settings);
			close();
			return operands;
		};
		expect(await opened({})).toMatchObject({ scale: 0.5, visibility: { mask: "none", lengths: [3, 1] } });
		expect((await opened({ scale: "1/sqrt(d)" })).scale).toBe(1 / Math.sqrt(2));
		expect((await opened({ scale: 3 })).scale).toBe(3);
		expect(await opened({ dtype: "f32" })).toMatchObject({ Q: { dtype: "f32" }, roundedFrom: "f64" });
		expect(await opened({})).not.toHaveProperty("roundedFrom");
	});
});

const { dO: _, ...withoutUpstream } = plain;
describe("a layer file is refused", () => {
	test.each<[string, Parameters<typeof writeArrays>[1], string]>([
		["no dO", withoutUpstream, "missing array: dO, the upstream gradient, shaped like the output: (4, 2)"],
		["no dO of heads", { Q: heads.Q, K: heads.K, V: heads.V }, "shaped like the output: (2, 5, 2)"],
		["no V", { Q: plain.Q, K: plain.K, dO: plain.dO }, "missing array: V; a layer file holds"],
		["an unknown array", { ...plain, mask: plain.Q }, "unknown array: mask; a layer file holds"],
		["widths", { ...plain, K: numbers([4, 3]) }, "Q (4, 2) and K (4, 3) do not go together"],
		["fewer values", { ...plain, V: numbers([3, 2]) }, "K (4, 2) and V (3, 2) do not go together: 4 keys and 3 values"],
		["dO of another shape", { ...plain, dO: numbers([4, 3]) }, "dO must have the shape of the output, (4, 2)"],
		[
			"heads that do not divide",
			{ ...heads, K: numbers([3, 4, 3]), V: numbers([3, 4, 2]) },
			"3 heads of keys do not divide 2 heads of queries",
		],
		["values of no width", { ...plain, V: numbers([4, 0]) }, "V must have no axis of length 0, got shape (4, 0)"],
		["five axes", { ...plain, Q: numbers([1, 1, 1, 4, 2]) }, "Q must have shape (n, d)"],
		[
			"lengths that do not add up",
			{ ...plain, lengths: numbers([2], (i) => 2 - i) },
			"lengths add up to 3, but there are 4",
		],
		[
			"a length of zero",
			{ ...plain, lengths: numbers([2], (i) => 4 - 4 * i) },
			"lengths[1] must be a whole number >= 1, got 0",
		],
		[
			"a negative length",
			{ ...plain, lengths: numbers([2], (i) => 5 - 6 * i) },
			"lengths[1] must be a whole number >= 1, got -1",
		],
		["lengths of two axes", { ...plain, lengths: numbers([1, 1]) }, "lengths must have one axis"],
		["a scale of zero", { ...plain, scale: numbers([], () => 0) }, "scale must be a finite number > 0, got 0"],
		["a scale of one axis", { ...plain, scale: numbers([1]) }, "scale must be a single number, shape ()"],
	])("%s", async (_, arrays, expected) => {
		const path = await written(arrays);
		await expect(openBackwardProblem(path)).rejects.toThrow(UsageError);
		await expect(openBackwardProblem(path)).rejects.toThrow(`${path}: `);
		await expect(openBackwardProblem(path)).rejects.toThrow(expected);
	});

	test("an entry that is not finite, named by its indices, when it is read", async () => {
		const path = await written({ ...heads, V: numbers([1, 4, 2], (i) => (i === 5 ? Number.NaN : 0)) });
		const { operands, close } = await openBackwardProblem(path);
		expect(() => operands.V.readRows(0, 4, new Float64Array(8))).toThrow("V[0, 2, 1] is NaN");
		close();
	});
});
