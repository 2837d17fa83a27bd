import { describe, expect, test } from "vitest";
import { leastRank } from "./least-rank.ts";

describe("the least rank", () => {
	const evidence = (values: readonly number[]) => ({ values, error: 0, norm: Math.hypot(...values) });

	test("is what Eckart and Young leave", () => {
		const values = [4, 2, 1, 0.5, 0.25];
		const norm = Math.hypot(...values);
		for (let r = 0; r < values.length; r++) {
			const tail = Math.hypot(...values.slice(r)) / norm;
			expect(leastRank(evidence(values), tail * (1 + 1e-9))).toBe(r);
			expect(leastRank(evidence(values), tail * (1 - 1e-9))).toBe(r + 1);
		}
	});

	test("falls with what the values may be off by, and with the norm of the whole", () => {
		const values = [1, 0.1, 0.01, 0.001];
		const least = (error: number, norm: number) => leastRank({ values, error, norm }, 1e-3);
		expect([least(0, 1), least(0.005, 1), least(0.05, 1), least(2, 1)]).toEqual([3, 3, 2, 0]);
		expect([least(0, 5), least(0, 50), least(0, 5000)]).toEqual([3, 2, 0]);
	});
});
