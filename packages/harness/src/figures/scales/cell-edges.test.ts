import fc from "fast-check";
import { expect, test } from "vitest";
import { cellEdges } from "./cell-edges.ts";

test("rectangles of powers of two meet half way on a logarithmic axis", () => {
	const edges = cellEdges({ title: "n", scale: "powers-of-two" }, [1024, 256, 1024]);
	expect([...edges]).toEqual([
		[256, [expect.closeTo(128), expect.closeTo(512)]],
		[1024, [expect.closeTo(512), expect.closeTo(2048)]],
	]);
});

test("rectangles hold their values and leave no gap", () => {
	fc.assert(
		fc.property(
			fc.constantFrom("linear" as const, "log" as const),
			fc.uniqueArray(fc.integer({ min: 1, max: 1e6 }), { minLength: 1 }),
			(scale, values) => {
				const edges = [...cellEdges({ title: "x", scale }, values)];
				for (const [i, [value, [low, high]]] of edges.entries()) {
					expect(low).toBeLessThan(value);
					expect(high).toBeGreaterThan(value);
					if (i > 0) expect(edges[i - 1][1][1]).toBe(low);
				}
			},
		),
	);
});
