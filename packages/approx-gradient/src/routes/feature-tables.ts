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
export function runTable(
	{ parent, variable }: FeatureTree,
	nodes: number,
	leavesFrom = Number.POSITIVE_INFINITY,
): RunTable {
	const runs: Run[] = [];
	const firstLeaf = nodes > 1 ? parent.subarray(0, nodes).reduce((a, b) => Math.max(a, b)) + 1 : nodes;
	for (let node = 1; node < nodes; node++) {
		const run = runs.at(-1);
		const follows = run?.variable === variable[node] && run!.parent + run!.length === parent[node];
		// A parent inside the run would be read before it is done on the way back.
		const outside = follows && parent[node]! < run!.first;
		const leaves = leavesFrom < Number.POSITIVE_INFINITY && !!run && run.first >= firstLeaf;
		if (outside && (leaves || run!.length < LONGEST_RUN) && node !== firstLeaf) run!.length++;
		else runs.push({ first: node, variable: variable[node]!, parent: parent[node]!, length: 1 });
	}
	let made = runs.length;
	while (made > 0 && runs[made - 1]!.first >= firstLeaf && runs[made - 1]!.length >= leavesFrom) made--;
	return {
		triples: Int32Array.from(runs.flatMap((run) => [run.variable, run.parent, run.length])),
		made: runs[made]?.first ?? nodes,
		runs: made,
		leafRuns: runs.length - made,
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

/** raise[α·d + b] as offsets in bytes of rows of `rowBytes`. */
export function raisedTable({ raise }: FeatureTree, rowBytes: number): Int32Array {
	return raise.map((node) => node * rowBytes);
}
