import type { FeatureTree } from "../monomials/feature-tree.ts";
import { kernelConstants } from "./kernel-constants.ts";

/** Nodes of a tree as `kernels/features/features.ts` reads them: by runs, each node the product of a factor and a parent. */
export interface RunTable {
	/** The tree's node at each place. */
	readonly order: Int32Array;
	/**
	 * Triples (factor, first parent, length) of places: the runs that features are made of, then the runs of products. Variable v is the
	 * factor v - d.
	 */
	readonly triples: Int32Array;
	/** Places that features are made of: all but those in runs of products. */
	readonly made: number;
	/** Runs of those places. */
	readonly runs: number;
	/** Runs of products. */
	readonly products: number;
}

/**
 * The first `nodes` nodes of a tree in their own order, each made of its parent by its variable.
 * @param breaks nodes before which a run ends: where a degree begins, for passes that go degree by degree
 */
export function runTable(
	{ d, parent, variable }: FeatureTree,
	nodes: number,
	breaks: ArrayLike<number> = [],
): RunTable {
	const places = new Places(new Set(Array.from(breaks)));
	for (let node = 0; node < nodes; node++) places.make(node, variable[node] - d, parent[node]);
	return places.table();
}

/**
 * The runs of a total-degree tree whose nodes of one degree more are no features but products, in the order of the nodes: triples of
 * runs that features are made of, then of those of degree g + 1, which are `products`, of any length.
 */
export function edgeTable(tree: FeatureTree): RunTable {
	const table = edges.get(tree) ?? makeEdgeTable(tree);
	edges.set(tree, table);
	return table;
}

const edges = new WeakMap<FeatureTree, RunTable>();

function makeEdgeTable(tree: FeatureTree): RunTable {
	const { d, size, raisedSize, parent, variable } = tree;
	const table = runTable(tree, size);
	const factors = Array.from(variable.subarray(0, raisedSize), (v) => v - d);
	const runs = runsOf(factors, Array.from(parent.subarray(0, raisedSize)), size, Number.POSITIVE_INFINITY);
	const triples = runs.flatMap(({ factor, parent, length }) => [factor, parent, length]);
	return { ...table, triples: Int32Array.of(...table.triples, ...triples), products: runs.length };
}

/**
 * The first `nodes` nodes of a tree, most of them as products. With x the last variable, the base B₀ of the set are its monomials
 * without x, and B_t those of them that x^t can multiply. The base comes first, those that go with the highest powers before the others, so
 * that each B_t is its beginning; then the powers of x; and B_t x^t is a run of products, one factor and one run of parents. With d = 4, degree 6
 * features are made of 72 nodes of 210. Monomials at the end of the base of which nothing is made are runs of products as well, of a variable and
 * of monomials before.
 *
 * A run of products costs as much as some 2 d + 1 features, and shorter ones are made. Cost O(nodes), sorting apart.
 */
export function productTable(tree: FeatureTree, nodes: number): RunTable {
	const known = tables.get(tree) ?? new Map<number, RunTable>();
	const table = known.get(nodes) ?? makeProductTable(tree, nodes);
	tables.set(tree, known.set(nodes, table));
	return table;
}

/** The tables of trees that are still in use: to make one takes longer than a small problem's kernels. */
const tables = new WeakMap<FeatureTree, Map<number, RunTable>>();

function makeProductTable({ d, parent, variable }: FeatureTree, nodes: number): RunTable {
	const least = 2 * d + 1;
	// The node times x, and the highest power of x that goes with a node.
	const above = new Int32Array(nodes);
	const highest = new Int32Array(nodes);
	const base: number[] = [0];
	for (let node = nodes - 1; node > 0; node--) {
		if (variable[node] !== d - 1) continue;
		above[parent[node]] = node;
		highest[parent[node]] = highest[node] + 1;
	}
	for (let node = 1; node < nodes; node++) if (variable[node] !== d - 1) base.push(node);
	base.sort((a, b) => highest[b] - highest[a]);
	const place = new Int32Array(nodes);
	for (let at = 0; at < base.length; at++) place[base[at]] = at;

	const places = new Places();
	const factors = base.map((node) => variable[node] - d);
	const parents = base.map((node) => place[parent[node]]);
	const multiplied = base.findLastIndex((node) => highest[node] > 0) + 1;
	const firstLeaf = parents.reduce((last, at) => Math.max(last, at + 1), Math.max(1, multiplied));
	const ends = runsOf(factors, parents, firstLeaf, Number.POSITIVE_INFINITY);
	const leaves = ends.slice(ends.findLastIndex(({ length }) => length < least) + 1).slice(-d);
	const made = leaves[0]?.first ?? base.length;
	for (let at = 0; at < made; at++) places.make(base[at], factors[at], parents[at]);

	// x^t is x^m x^(t - m), m the highest power of two below t: runs of 1, 1, 1, 2, 4, ... powers.
	const placeOf = (power: number): number => made + power - 1;
	for (let power = 1, node = above[0]; power <= highest[0]; power++, node = above[node]) {
		const m = 2 ** (31 - Math.clz32(power - 1));
		if (power === 1) places.make(node, -1, 0);
		else places.make(node, placeOf(m), placeOf(power - m));
	}
	const raised = base.slice(1);
	for (let power = 1; power <= highest[0]; power++) {
		while (raised.length > 0 && highest[base[raised.length]] < power) raised.pop();
		for (let at = 0; at < raised.length; at++) raised[at] = above[raised[at]];
		if (raised.length >= least) places.multiply(raised.slice(), placeOf(power), 1);
		else for (let at = 0; at < raised.length; at++) places.make(raised[at], placeOf(power), 1 + at);
	}
	for (const { first, length, factor, parent: from } of leaves)
		places.multiply(base.slice(first, first + length), factor, from);
	return places.table();
}

/** A table in the making: nodes that are made, and behind them runs of products. */
class Places {
	readonly #made: number[] = [];
	readonly #factors: number[] = [];
	readonly #parents: number[] = [];
	readonly #products: { nodes: number[]; factor: number; parent: number }[] = [];
	readonly #breaks: ReadonlySet<number>;

	constructor(breaks: ReadonlySet<number> = new Set()) {
		this.#breaks = breaks;
	}

	/** Puts a node at the next place. */
	make(node: number, factor: number, parent: number): void {
		this.#made.push(node);
		this.#factors.push(factor);
		this.#parents.push(parent);
	}

	/** Puts a run of products behind all that is made. */
	multiply(nodes: number[], factor: number, parent: number): void {
		this.#products.push({ nodes, factor, parent });
	}

	table(): RunTable {
		// Backwards each run sums up by itself: no longer than the runs whose roundings certificates count.
		const runs = runsOf(this.#factors, this.#parents, 1, kernelConstants.RUN_NODES, this.#breaks);
		const triples: number[] = [];
		for (const { factor, parent, length } of runs) triples.push(factor, parent, length);
		for (const { factor, parent, nodes } of this.#products) triples.push(factor, parent, nodes.length);
		return {
			order: Int32Array.from(this.#made.concat(...this.#products.map(({ nodes }) => nodes))),
			triples: Int32Array.from(triples),
			made: this.#made.length,
			runs: runs.length,
			products: this.#products.length,
		};
	}
}

interface Run {
	/** First place. */
	readonly first: number;
	readonly factor: number;
	/** Parent of the first place. */
	readonly parent: number;
	length: number;
}

/** The runs of the places from `from` on, none longer than `longest`. */
function runsOf(
	factors: readonly number[],
	parents: readonly number[],
	from: number,
	longest: number,
	breaks: ReadonlySet<number> = new Set(),
): Run[] {
	const runs: Run[] = [];
	for (let at = from; at < parents.length; at++) {
		const run = runs.at(-1);
		const follows = run?.factor === factors[at] && run.parent + run.length === parents[at] && !breaks.has(at);
		// A parent inside the run would be read too early in the backward pass.
		if (follows && parents[at] < run.first && run.length < longest) run.length++;
		else runs.push({ first: at, factor: factors[at], parent: parents[at], length: 1 });
	}
	return runs;
}

/** raise[α·d + b] as offsets in bytes of rows of `rowBytes`. */
export function raisedTable({ raise }: FeatureTree, rowBytes: number): Int32Array {
	return raise.map((node) => node * rowBytes);
}

/**
 * The most runs of a table with the same factor: on the way back from nodes to variables each joins the sum of its factor by an addition of its own. At most
 * a few hundred for the monomials up to a degree; sets that are cut off in between have shorter runs, and more.
 */
export function mostJoins({ triples, runs, products }: RunTable): number {
	const joins = new Map<number, number>();
	for (let run = 0; run < runs + products; run++) {
		const factor = triples[3 * run];
		joins.set(factor, (joins.get(factor) ?? 0) + 1);
	}
	return Math.max(0, ...joins.values());
}
