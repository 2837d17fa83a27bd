import fc from "fast-check";
import { expect, test } from "vitest";
import { expandGrid } from "../experiment/grid.ts";
import tiny from "../testing/tiny-experiment.ts";
import { cellCost, cellMemory } from "./cell-cost.ts";
import { planCells } from "./plan-cells.ts";
import { assignToShards, parseShard } from "./shard.ts";

const costs = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 60 });
const total = (items: readonly { cost: number }[]) => items.reduce((sum, { cost }) => sum + cost, 0);
const named = (list: readonly number[]) => list.map((cost, i) => ({ cost, name: `cell-${i}` }));
const divide = (items: ReturnType<typeof named>, parts: number) => assignToShards(items, parts, ({ cost }) => cost);

test("every item is in one part, in its order", () => {
	fc.assert(
		fc.property(costs, fc.integer({ min: 1, max: 9 }), (list, parts) => {
			const items = named(list);
			const shards = divide(items, parts);
			expect(shards).toHaveLength(parts);
			expect(shards.flat().toSorted((a, b) => items.indexOf(a) - items.indexOf(b))).toEqual(items);
			for (const one of shards) expect(one).toEqual(items.filter((item) => one.includes(item)));
		}),
	);
});

test("parts cost the same as far as their items let them: none more than the mean and one item", () => {
	fc.assert(
		fc.property(costs, fc.integer({ min: 1, max: 9 }), (list, parts) => {
			const items = named(list);
			const costliest = Math.max(...divide(items, parts).map(total));
			expect(costliest).toBeLessThanOrEqual(total(items) / parts + Math.max(...list));
		}),
	);
});

test("more shards than items: each item has one of the first, the others are empty", () => {
	const shards = divide(named([5, 9, 7]), 100_000);
	expect(shards).toHaveLength(100_000);
	expect(shards.slice(0, 4).map(total)).toEqual([9, 7, 5, 0]);
});

test("a number of shards that no machine could hold is refused in one line", () => {
	expect(() => divide(named([1]), 1e9)).toThrow("a sweep has at most 100000 shards, got 1000000000");
});

test("by count the parts of a sweep would be far apart, by cost they are not", () => {
	const squares = named(Array.from({ length: 40 }, (_, i) => (i + 1) ** 2));
	const byCost = divide(squares, 4).map(total);
	expect(Math.max(...byCost) / Math.min(...byCost)).toBeLessThan(1.1);
});

test.each([
	["1/1", 1, 1],
	[" 2/4 ", 2, 4],
	["4/4", 4, 4],
])("%j is a shard", (text, index, of) => {
	expect(parseShard(text)).toEqual({ index, of });
});

test.each(["", "0/4", "5/4", "2", "2/", "1/0", "-1/4", "1.5/4", "2/4/6", "1/1000000000", "100001/100001"])(
	"%j is no shard",
	(text) => {
		expect(() => parseShard(text)).toThrow(/--shard must be i\/k with 1 <= i <= k <= 100000, like 2\/4, got /);
	},
);

test("the shards of a sweep are its grid", async () => {
	const { shards, grid } = await planCells(tiny, { preset: "quick", overrides: {}, shards: 4 });
	expect(shards.map((shard) => shard.length).sort()).toEqual([1, 1, 2, 2]);
	expect(new Set(shards.flat().map(({ key }) => key))).toEqual(new Set(grid));
});

test("the cost of a cell grows with what it does, and never past the time after which it is stopped", () => {
	const effort = { budget: 500, timeLimit: 5_000 };
	const cost = (algorithm: string, n: number, threads = 1) => {
		const [cell] = expandGrid(tiny, "quick", "js", { algorithm: [algorithm], n: [n], threads: [threads] });
		return cellCost(cell, effort);
	};
	expect(cost("streaming", 2 ** 16)).toBeGreaterThan(2 * cost("streaming", 2 ** 15));
	expect(cost("dense", 2 ** 14)).toBeGreaterThan(cost("polynomial/moment:degree=4", 2 ** 14));
	expect(cost("numpy", 2 ** 14)).toBeGreaterThan(cost("streaming", 2 ** 14));
	expect(cost("streaming", 2 ** 16, 4)).toBeLessThan(cost("streaming", 2 ** 16));
	expect(cost("streaming", 8)).toBeGreaterThan(effort.budget);
	expect(cost("streaming", 2 ** 30)).toBe(60_000);
	expect(cost("nystrom", Number.MAX_VALUE)).toBe(60_000);
});

test("the memory of a cell covers what it keeps", () => {
	const memory = (algorithm: string, n: number) =>
		cellMemory(expandGrid(tiny, "quick", "js", { algorithm: [algorithm], n: [n], d: [4] })[0]);
	// Two n x n matrices of the closed form, at the least; and four n x d matrices of the problem.
	expect(memory("dense", 2 ** 13)).toBeGreaterThan((2 * 2 ** 26 * 8) / 2 ** 20);
	expect(memory("streaming", 2 ** 20)).toBeGreaterThan((4 * 2 ** 22 * 8) / 2 ** 20);
	expect(memory("streaming", 2 ** 13)).toBeLessThan(400);
});
