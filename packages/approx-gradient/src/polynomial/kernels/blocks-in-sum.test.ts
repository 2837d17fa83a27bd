import { bytesPerNumber } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { totalDegreeTree } from "../monomials/total-degree.ts";
import { roundingsOfJoins } from "./joined-slots.ts";
import { blocksInSum, kernelPlan } from "./kernel-plan.ts";

test("no sum has more roundings in double precision than certificates count", () => {
	for (const [d, degree] of [
		[1, 3],
		[2, 1],
		[4, 6],
		[4, 9],
		[8, 5],
		[8, 7],
		[3, 20],
		[4, 22],
		[8, 10],
	]) {
		const tree = totalDegreeTree(d, degree);
		for (const kernel of ["simd", "fma256"] as const)
			for (const dtype of ["f64", "f32"] as const)
				for (const nodes of [tree.size, tree.raisedSize])
					for (const columns of [d + 1, d + 3])
						for (const n of [1, 100, 4097, 65_536, 1e6, 3e7, 1e9]) {
							const shape = { n, d, dtype };
							const { slots, slotRows, blockPanels, panelBytes } = kernelPlan(kernel, shape, tree, nodes, columns);
							const blockRows = (blockPanels * panelBytes) / bytesPerNumber(dtype);
							const chunk = Math.min(n, slots * slotRows);
							const used = Math.ceil(chunk / slotRows);
							const joins = roundingsOfJoins(Math.ceil(n / chunk));
							const depth = Math.ceil(Math.min(chunk, slotRows) / blockRows) + used + joins;
							const title = JSON.stringify({ ...shape, degree, kernel, nodes, columns });
							expect(blocksInSum(shape, nodes, columns), title).toBeGreaterThanOrEqual(depth);
						}
	}
});
