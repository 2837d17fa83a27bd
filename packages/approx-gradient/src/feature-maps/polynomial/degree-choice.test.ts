import { ComputationError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { totalDegreeTree } from "../../polynomial/monomials/total-degree.ts";
import { requireMoments } from "./degree-choice.ts";

/** Half of the least memory that an expansion is allowed with, by halving intervals. */
function counted(expansion: Parameters<typeof requireMoments>[1]): number {
	let [low, high] = [0, 2 ** 60];
	while (high - low > 1) {
		const middle = Math.floor((low + high) / 2);
		try {
			requireMoments("test", expansion, 2 * middle);
			high = middle;
		} catch {
			low = middle;
		}
	}
	return high;
}

describe("requireMoments", () => {
	test("counts the tree, the moments of every block and the features of a block of rows", () => {
		for (const [d, degree, blocks, rows] of [
			[1, 3, 1, 1],
			[3, 5, 1, 16],
			[4, 4, 6, 512],
		]) {
			const tree = totalDegreeTree(d, degree);
			const arrays = [tree.parent, tree.variable, tree.multiplicity, tree.raise];
			const ofTree = arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
			const moments = 8 * tree.raisedSize * (d + 1) * blocks;
			// Features of the keys, and cotangents as many, are there together.
			const features = 2 * 8 * tree.raisedSize * rows;
			expect(counted({ d, degree, radius: 1, blocks, rows })).toBeGreaterThanOrEqual(ofTree + moments + features);
		}
	});

	test.each([
		[44, /^a: degree 44 for radius 15.3 at width 7 needs 1\d\d GB, 10.0 GB may be used$/],
		[
			Number.POSITIVE_INFINITY,
			/^a: a degree above 120 for radius 15.3 at width 7 needs more features than can be counted/,
		],
	])("refuses degree %d before anything is built", (degree, message) => {
		const ask = () => requireMoments("a", { d: 7, degree, radius: 15.3, blocks: 1, rows: 16 }, 2e10);
		expect(ask).toThrow(ComputationError);
		expect(ask).toThrow(message);
	});
});
