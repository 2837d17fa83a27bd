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
	readonly innerRuns: number;
	/** 1 where sums take the monomials of the highest degree as products of values, 0 where their features are made. */
	readonly products: number;
	readonly runTable: number;
	readonly multiplicity: number;
	readonly raised: number;
}

/** Puts the tables of a tree into the memory. */
export function putTables(kernels: OperatorKernels, tree: FeatureTree, panelBytes: number, d_v: number): KernelTables {
	const { starts, multiplicity } = levelsOf(tree);
	const { triples, runs, innerRuns } = runsByDegree(runTable(tree, tree.raisedSize).triples, tree.size);
	// A run of products multiplies all columns of the values.
	const products = 2 * (runs - innerRuns) * (d_v + 1) <= tree.raisedSize - tree.size ? 1 : 0;
	return {
		nodes: tree.raisedSize,
		inner: tree.size,
		levels: putIndices(kernels, starts),
		...{ runs, innerRuns, products, runTable: putIndices(kernels, triples) },
		multiplicity: putNumbers(kernels, "f64", multiplicity),
		raised: putIndices(kernels, raisedTable(tree, panelBytes)),
	};
}

/** A table of runs whose nodes begin at 1, with the run that reaches beyond the first `inner` nodes cut there. */
function runsByDegree(
	triples: Int32Array,
	inner: number,
): { readonly triples: Int32Array; readonly runs: number; readonly innerRuns: number } {
	const all: number[] = [];
	let innerRuns = 0;
	for (let at = 0, node = 1; at < triples.length; at += 3) {
		const [factor, parent, length] = triples.subarray(at, at + 3);
		const own = Math.min(length, Math.max(0, inner - node));
		if (own > 0) {
			all.push(factor, parent, own);
			innerRuns++;
		}
		if (own < length) all.push(factor, parent + own, length - own);
		node += length;
	}
	return { triples: Int32Array.from(all), runs: all.length / 3, innerRuns };
}
