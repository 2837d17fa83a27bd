import type { FeatureTree } from "../monomials/feature-tree.ts";

/** Nodes of a run at most, except of leaves: on the way back each sums up by itself, so that sums of K terms err by about this plus K over it. */
const LONGEST_RUN = 48;

/** Nodes of a tree as `kernels/features.ts` reads them. */
export interface RunTable {
	/** Triples (variable, first parent, length): the runs that features are made of, then the runs of leaves. */
	readonly triples: Int32Array;
	/** Nodes that features are made of: all but those in runs of leaves. */
	readonly made: number;
	/** Runs of those nodes. */
	readonly runs: number;
	/** Runs of leaves. */
	readonly leafRuns: number;
}

/**
 * Runs of nodes among 1..nodes-1 of a tree that are made, by one variable, of parents that follow each other.
 * @param leavesFrom the least length of a run at the end, of nodes that are nobody's parent, whose features need not be made
 */
export function runTable(tree: FeatureTree, nodes: number, leavesFrom = Number.POSITIVE_INFINITY): RunTable {
	const firstLeaf = tree.parent.subarray(1, nodes).reduce((last, parent) => Math.max(last, parent), 0) + 1;
	const last = runsOf(tree, firstLeaf, nodes, Number.POSITIVE_INFINITY);
	const leaves = last.slice(last.findLastIndex(({ length }) => length < leavesFrom) + 1);
	const made = leaves[0]?.first ?? nodes;
	const runs = runsOf(tree, 1, made, LONGEST_RUN);
	return {
		triples: Int32Array.from(
			[...runs, ...leaves].flatMap(({ variable, parent, length }) => [variable, parent, length]),
		),
		made,
		runs: runs.length,
		leafRuns: leaves.length,
	};
}

/**
 * The runs with leaves apart where that pays: a run saves its products x_v · feature, and costs some three products of d + 1
 * columns.
 */
export const leafyRunTable = (tree: FeatureTree, nodes: number): RunTable => runTable(tree, nodes, 2 * (tree.d + 1));

interface Run {
	/** First node. */
	readonly first: number;
	readonly variable: number;
	/** Parent of the first node. */
	readonly parent: number;
	length: number;
}

/** The runs of nodes from..to-1, none longer than `longest`. */
function runsOf({ parent, variable }: FeatureTree, from: number, to: number, longest: number): Run[] {
	const runs: Run[] = [];
	for (let node = from; node < to; node++) {
		const run = runs.at(-1);
		const follows = run?.variable === variable[node] && run!.parent + run!.length === parent[node];
		// A parent inside the run would be read before it is done on the way back.
		if (follows && parent[node]! < run!.first && run!.length < longest) run!.length++;
		else runs.push({ first: node, variable: variable[node]!, parent: parent[node]!, length: 1 });
	}
	return runs;
}

/** raise[α·d + b] as offsets in bytes of rows of `rowBytes`. */
export function raisedTable({ raise }: FeatureTree, rowBytes: number): Int32Array {
	return raise.map((node) => node * rowBytes);
}
