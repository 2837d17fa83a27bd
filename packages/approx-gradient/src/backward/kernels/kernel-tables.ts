import type { Kernels } from "@attgrad/matrix-core";
import { levelsOf } from "../../polynomial/gauss/levels.ts";
import { raisedTable, runTable } from "../../polynomial/kernels/feature-tables.ts";
import { putIndices, putNumbers } from "../../polynomial/kernels/kernel-operands.ts";
import type { FeatureTree } from "../../polynomial/monomials/feature-tree.ts";
import type { operatorKernels } from "./operator-kernels.ts";

/** The kernels of the module `operator`. */
export type OperatorKernels = Kernels<typeof operatorKernels>;

/** Tables of a degree in the kernels' memory, fields of `OperatorPart`. */
export interface KernelTables {
	readonly nodes: number;
	readonly inner: number;
	readonly levels: number;
	readonly runs: number;
	readonly runTable: number;
	readonly multiplicity: number;
	readonly raised: number;
}

/** Puts the tables of a tree into the memory. */
export function putTables(kernels: OperatorKernels, tree: FeatureTree, panelBytes: number): KernelTables {
	const { starts, multiplicity } = levelsOf(tree);
	const { runs, triples } = runTable(tree, tree.raisedSize);
	return {
		nodes: tree.raisedSize,
		inner: tree.size,
		levels: putIndices(kernels, starts),
		runs,
		runTable: putIndices(kernels, triples),
		multiplicity: putNumbers(kernels, "f64", multiplicity),
		raised: putIndices(kernels, raisedTable(tree, panelBytes)),
	};
}
