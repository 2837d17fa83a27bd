import { UsageError } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { cellKey, curveOf, describeCell } from "../cells/cell.ts";
import tiny from "../testing/tiny-experiment.ts";
import type { Experiment, GridBlock } from "./experiment.ts";
import { expandGrid, type GridOverrides } from "./grid.ts";

const block: GridBlock = { algorithm: ["streaming"], n: [8, 4], d: [2], B: [1] };

const withGrid = (...blocks: GridBlock[]): Experiment => ({ ...tiny, grid: { quick: blocks, full: blocks } });

const expanded = (blocks: GridBlock[], overrides: GridOverrides = {}) =>
	expandGrid(withGrid(...blocks), "quick", "js", overrides).map(describeCell);

test("a block is every combination of its axes, small n first, all algorithms at each n", () => {
	expect(expanded([{ ...block, algorithm: ["streaming", "dense"], B: [1, 2] }])).toEqual([
		"streaming n=4 d=2 B=1",
		"streaming n=4 d=2 B=2",
		"dense n=4 d=2 B=1",
		"dense n=4 d=2 B=2",
		"streaming n=8 d=2 B=1",
		"streaming n=8 d=2 B=2",
		"dense n=8 d=2 B=1",
		"dense n=8 d=2 B=2",
	]);
});

test("a size of many digits is told as a power of two", () => {
	expect(expanded([{ ...block, n: [2 ** 20, 2 ** 100] }])).toEqual([
		"streaming n=1048576 d=2 B=1",
		"streaming n=2^100 d=2 B=1",
	]);
});

test("a cell that two blocks hold is there once, under one spelling", () => {
	expect(expanded([block, { ...block, algorithm: ["exact"] }])).toEqual([
		"streaming n=4 d=2 B=1",
		"streaming n=8 d=2 B=1",
	]);
});

test("an axis that an algorithm has no option for counts once", () => {
	expect(expanded([{ ...block, n: [4], epsilon: [1e-3, 1e-6] }])).toEqual(["streaming n=4 d=2 B=1"]);
});

test("an accuracy that a spelling fixes is not varied", () => {
	const algorithm = ["polynomial/moment", "polynomial/moment:degree=4", "polynomial/moment:epsilon=1e-3"];
	expect(expanded([{ ...block, algorithm, n: [4], degree: [1, 2] }])).toEqual([
		"polynomial/moment n=4 d=2 B=1 degree=1",
		"polynomial/moment n=4 d=2 B=1 degree=2",
		"polynomial/moment:degree=4 n=4 d=2 B=1",
		"polynomial/moment:epsilon=1e-3 n=4 d=2 B=1",
	]);
});

test("an epsilon that is asked for replaces the degrees of the grid", () => {
	const blocks = [{ ...block, algorithm: ["polynomial/moment"], n: [4], degree: [1, 2] }];
	expect(expanded(blocks, { epsilon: [1e-3] })).toEqual(["polynomial/moment n=4 d=2 B=1 epsilon=0.001"]);
});

test("points can be left out", () => {
	expect(expanded([{ ...block, exclude: ({ n }) => n > 4 }])).toEqual(["streaming n=4 d=2 B=1"]);
});

test("overrides replace axes in every block", () => {
	expect(expanded([block, { ...block, algorithm: ["dense"] }], { n: [16], B: [3] })).toEqual([
		"streaming n=16 d=2 B=3",
		"dense n=16 d=2 B=3",
	]);
});

test("an algorithm that is asked for is measured where the grid has it, a new one on the axes of the first block", () => {
	const blocks = [block, { ...block, algorithm: ["dense"], n: [4] }];
	expect(expanded(blocks, { algorithm: ["dense"] })).toEqual(["dense n=4 d=2 B=1"]);
	expect(expanded(blocks, { algorithm: ["definition"] })).toEqual(["definition n=4 d=2 B=1", "definition n=8 d=2 B=1"]);
	expect(expanded(blocks, { algorithm: ["exact"] })).toEqual(["streaming n=4 d=2 B=1", "streaming n=8 d=2 B=1"]);
});

test("an algorithm or an option value that does not exist is refused", () => {
	expect(() => expanded([{ ...block, algorithm: ["nothing"] }])).toThrow(UsageError);
	expect(() => expanded([{ ...block, algorithm: ["polynomial/moment:degree=-1"] }])).toThrow(
		"polynomial/moment:degree=-1: degree: too small: expected number to be >=0",
	);
	expect(() => expanded([{ ...block, algorithm: ["streaming:blockRows=0"] }])).toThrow(
		/^streaming:blockRows=0: blockRows: /,
	);
});

test("keys tell cells apart and stay the same", () => {
	const grid = [{ ...block, B: [1, 2], d: [2, 3], seed: [1, 2], dtype: ["f64", "f32"] as const, threads: [1, 2] }];
	const keys = () => expandGrid(withGrid(...grid), "quick", "js").map(cellKey);
	expect(new Set(keys()).size).toBe(64);
	expect(keys()).toEqual(keys());
});

test("a key changes with everything that determines the row", () => {
	const [cell] = expandGrid(withGrid(block), "quick", "js");
	const changes = [
		{ experiment: "other" },
		{ algorithm: "dense" },
		{ version: cell.version + 1 },
		{ options: { blockRows: 8 } },
		{ n: 5 },
		{ d: 3 },
		{ B: 1.5 },
		{ epsilon: 1e-3 },
		{ degree: 3 },
		{ distribution: "gaussian" },
		{ seed: 9 },
		{ dtype: "f32" as const },
		{ threads: 2 },
		{ kernel: "simd" },
	];
	const keys = [{}, ...changes].map((change) => cellKey({ ...cell, ...change }));
	expect(new Set(keys).size).toBe(changes.length + 1);
	expect(cellKey(Object.fromEntries(Object.entries(cell).reverse()) as typeof cell & object)).toBe(keys[0]);
});

test("cells that differ in n and seed lie on one curve", () => {
	const cells = expandGrid(withGrid({ ...block, seed: [1, 2], B: [1, 2] }), "quick", "js");
	expect(new Set(cells.map(curveOf)).size).toBe(2);
});

test("a command is asked for an error only by the call, not by the experiment", () => {
	const blocks = [{ ...block, algorithm: ["polynomial/moment"], n: [4], epsilon: [1e-4] }];
	const algorithm = ["polynomial/moment", "command:true"];
	expect(expanded(blocks, { algorithm })).toEqual([
		"polynomial/moment n=4 d=2 B=1 epsilon=0.0001",
		"command:true n=4 d=2 B=1",
	]);
	expect(expanded(blocks, { algorithm, epsilon: [1e-3] })).toEqual([
		"polynomial/moment n=4 d=2 B=1 epsilon=0.001",
		"command:true n=4 d=2 B=1 epsilon=0.001",
	]);
});
