import { treeBytes } from "../monomials/feature-tree.ts";
import { rowsOfBlock } from "../routes/block-size.ts";
import type { Method } from "./approximation.ts";

/** Bytes that a route takes for a set of features: the tree, the sums (in double precision), one block of rows. */
export function memoryOf(
	{ route, profile: { d, dtype } }: Pick<Method, "route"> & { profile: Pick<Method["profile"], "d" | "dtype"> },
	{ size, raisedSize }: { size: number; raisedSize: number },
): number {
	const { state, row } = route.memory(size, raisedSize, d);
	return treeBytes(d, size, raisedSize) + 8 * state + row * rowsOfBlock(row, dtype) * (dtype === "f64" ? 8 : 4);
}
