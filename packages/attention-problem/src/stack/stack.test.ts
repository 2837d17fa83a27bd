import { Matrix } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { joinHeads, splitHeads } from "./run-stack.ts";
import { createStack, type StackSettings, type StackWeights } from "./stack.ts";

const filled = (rows: number, cols: number, value = 1) => Matrix.build(rows, cols, (i, j) => value * (1 + i + 10 * j));
const layer = { Q: filled(3, 4), K: filled(3, 4), V: filled(3, 4), W_O: filled(4, 3) };
const given = (others: Partial<{ E: Matrix; layers: StackWeights[]; dO: Matrix }> = {}) => ({
	...{ E: filled(5, 3), layers: [layer, layer], dO: filled(5, 3) },
	...others,
});

test("a stack has its sizes, and the scale 1/width", () => {
	expect(createStack(given(), { heads: 2 })).toMatchObject({
		n: 5,
		d: 3,
		heads: 2,
		width: 2,
		scale: 0.5,
		residual: false,
	});
	expect(createStack(given(), { heads: 2, scale: 3, residual: true })).toMatchObject({ scale: 3, residual: true });
});

test("single precision is widened", () => {
	expect(createStack(given({ E: filled(5, 3).as("f32") }), { heads: 2 }).E).toEqual(filled(5, 3));
});

test("heads are split and joined", () => {
	const x = filled(5, 6);
	expect(splitHeads(x, 3).row(2 * 5 + 1)).toEqual(x.row(1).subarray(4, 6));
	expect(joinHeads(splitHeads(x, 3), 3)).toEqual(x);
});

const square = { Q: filled(3, 3), K: filled(3, 3), V: filled(3, 3) };
test.each<[string, Parameters<typeof given>[0], StackSettings, string]>([
	["no layer", { layers: [] }, {}, "there must be at least one layer, got none"],
	["heads that do not divide", {}, { heads: 3 }, "3 heads do not divide the 4 columns of Q"],
	["half a head", {}, { heads: 0.5 }, "heads must be a whole number >= 1, got 0.5"],
	[
		"several heads without W_O",
		{ layers: [{ ...square, W_O: undefined } as unknown as StackWeights] },
		{ heads: 3 },
		"3 heads of width 1 need W_O, 3 x 3",
	],
	[
		"K of another shape",
		{ layers: [layer, { ...layer, K: filled(3, 2) }] },
		{ heads: 2 },
		"K of layer 2 must be 3 x 4 (E is 5 x 3), got 3 x 2",
	],
	["dO of another shape", { dO: filled(4, 3) }, { heads: 2 }, "dO must be 5 x 3 (E is 5 x 3), got 4 x 3"],
	[
		"an entry that is not finite",
		{ E: filled(5, 3, Number.NaN) },
		{ heads: 2 },
		"E[0, 0] is NaN; every entry must be finite",
	],
	["a scale of 0", {}, { heads: 2, scale: 0 }, "scale must be a finite number > 0, got 0"],
	[
		"a window without a mask",
		{},
		{ heads: 2, visibility: { mask: "none", window: 2 } },
		"a window of 2 needs the causal mask",
	],
])("%s is refused", (_, others, settings, expected) => {
	expect(() => createStack(given(others), settings)).toThrow(expected);
});
