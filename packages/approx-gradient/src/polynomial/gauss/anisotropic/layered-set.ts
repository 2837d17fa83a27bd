import { UsageError } from "@attgrad/matrix-core";
import { byDegreeThenLast } from "../../monomials/downward-closed.ts";
import { type FeatureTree, requireMemory, treeBytes } from "../../monomials/feature-tree.ts";

/**
 * An anisotropic set for polynomials by row: a downward-closed set S of monomials of degree at most g, with its edge, S⁺, all by degree.
 *
 * The polynomial has all monomials of S⁺ up to degree g; those of degree g + 1 are for the gradient and the power sums, as those of a
 * total-degree tree are. The rest is bounded from the minimal monomials outside S, which are in S⁺.
 */
export interface LayeredSet {
	/**
	 * S⁺ as a tree: `size` nodes of degree at most g and `raisedSize` in all, in the order of their degree. `raise` is -1 where a raised
	 * monomial is not in S⁺.
	 */
	readonly tree: FeatureTree;
	/** The minimal monomials outside S of degree at most g. */
	readonly boundary: Boundary;
}

/** Minimal monomials outside a set, by degree. */
export interface Boundary {
	/** Nodes of the tree. */
	readonly nodes: Int32Array;
	/** Where degree b begins in `nodes`, b = 0..g, and their number at the end. */
	readonly starts: Int32Array;
}

const degreeOf = (alpha: readonly number[]): number => alpha.reduce((sum, a) => sum + a, 0);
const step = (alpha: readonly number[], b: number, by: number): number[] => alpha.map((a, i) => (i === b ? a + by : a));

/**
 * The layered set of a downward-closed set S of exponents, each an array of d whole numbers, all different. Cost O(|S⁺| d²).
 * @throws UsageError where the tree would not fit in memory
 */
export function layeredSet(exponents: readonly (readonly number[])[]): LayeredSet {
	const d = exponents[0]?.length ?? 0;
	if (d === 0) throw new UsageError("monomials: the set of exponents is empty");
	requireMemory(exponents.length, treeBytes(d, exponents.length, exponents.length * (d + 1)));
	const nameOf = namesOf(d, Math.max(...exponents.map(degreeOf)) + 2);
	const inside = new Set(exponents.map(nameOf));
	const found = new Map<Name, readonly number[]>(exponents.map((alpha) => [nameOf(alpha), alpha]));
	for (const alpha of exponents)
		for (let b = 0; b < d; b++) {
			const raised = step(alpha, b, 1);
			found.set(nameOf(raised), raised);
		}
	const all = [...found.values()].sort(byDegreeThenLast);
	const index = new Map(all.map((alpha, node) => [nameOf(alpha), node]));
	const degree = degreeOf(all[all.length - 1]) - 1;
	const levels = levelsOfAll(all, degree);
	const size = levels[degree + 1];
	const variable = Int32Array.from(all, (alpha) => Math.max(0, lastVariable(alpha)));
	const tree: FeatureTree = {
		...{ d, degree, size, raisedSize: all.length, variable, levels },
		parent: Int32Array.from(all, (alpha, node) =>
			node === 0 ? 0 : place(step(alpha, variable[node], -1), index, nameOf),
		),
		multiplicity: Float64Array.from(all.slice(0, size), multinomial),
		raise: Int32Array.from(
			all.slice(0, size).flatMap((alpha) => alpha.map((_, b) => index.get(nameOf(step(alpha, b, 1))) ?? -1)),
		),
	};
	const isInside = (alpha: readonly number[]): boolean => inside.has(nameOf(alpha));
	return { tree, boundary: boundaryOf(all, isInside, levels, degree) };
}

/** A monomial as a key of dictionaries. */
type Name = number | string;
type NameOf = (alpha: readonly number[]) => Name;

/** Names of monomials of degrees below `base`: numbers, where they fit. */
function namesOf(d: number, base: number): NameOf {
	if (base ** d < Number.MAX_SAFE_INTEGER) return (alpha) => alpha.reduce((name, a) => name * base + a, 0);
	return (alpha) => alpha.join(",");
}

/** The monomials outside S all of whose divisors are in S, of degree at most g. */
function boundaryOf(
	all: readonly (readonly number[])[],
	isInside: (alpha: readonly number[]) => boolean,
	levels: Int32Array,
	degree: number,
): Boundary {
	const nodes: number[] = [];
	const starts = new Int32Array(degree + 2);
	for (let b = 0; b <= degree; b++) {
		for (let node = levels[b]; node < levels[b + 1]; node++) {
			const alpha = all[node];
			const minimal = alpha.every((a, i) => a === 0 || isInside(step(alpha, i, -1)));
			if (!isInside(alpha) && minimal) nodes.push(node);
		}
		starts[b + 1] = nodes.length;
	}
	return { nodes: Int32Array.from(nodes), starts };
}

/** First node of each degree 0..g + 1. */
function levelsOfAll(all: readonly (readonly number[])[], degree: number): Int32Array {
	const levels = new Int32Array(degree + 2);
	for (const [node, alpha] of all.entries()) levels.fill(node + 1, degreeOf(alpha) + 1);
	return levels;
}

const lastVariable = (alpha: readonly number[]): number => alpha.findLastIndex((a) => a > 0);

/** The place of a monomial that a downward-closed set has. */
function place(alpha: readonly number[], index: ReadonlyMap<Name, number>, nameOf: NameOf): number {
	const node = index.get(nameOf(alpha));
	if (node === undefined) throw new UsageError(`monomials: the set is not downward closed at (${alpha.join(", ")})`);
	return node;
}

/** |α|!/α! as a product of quotients that are whole numbers while they fit. */
function multinomial(alpha: readonly number[]): number {
	let value = 1;
	let total = 0;
	for (const a of alpha) for (let k = 1; k <= a; k++) value = (value * ++total) / k;
	return value;
}
