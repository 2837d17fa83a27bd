import { UsageError } from "@attgrad/matrix-core";
import { countMonomials, type FeatureTree, requireMemory, treeBytes } from "./feature-tree.ts";

/**
 * All monomials of degree <= degree in d variables (paper.md 5.1), with those of degree + 1 as the edge.
 * A monomial is the nondecreasing tuple of its variables. Within a degree nodes are grouped by their last variable v: they
 * append v to the nodes of the degree below whose last variable is v at most, which are the first there, in that order.
 * K = C(d + degree, degree) is computed before anything is built. Cost O(K d).
 * @throws UsageError when the tree would not fit in `available` bytes, or d or degree is not a whole number
 */
export function totalDegreeTree(d: number, degree: number, available?: number): FeatureTree {
	if (!(Number.isInteger(d) && d >= 1)) throw new UsageError(`monomials: d must be a whole number >= 1, got ${d}`);
	if (!(Number.isInteger(degree) && degree >= 0))
		throw new UsageError(`monomials: degree must be a whole number >= 0, got ${degree}`);
	const size = countMonomials(d, degree);
	const raisedSize = countMonomials(d, degree + 1);
	requireMemory(size, treeBytes(d, size, raisedSize), available);

	const parent = new Int32Array(raisedSize);
	const variable = new Int32Array(raisedSize);
	const multiplicity = new Float64Array(size);
	multiplicity[0] = 1;
	const levels = new Int32Array(degree + 2);
	// groups[k·d + v]: the first node of degree k whose last variable is v.
	const groups = new Int32Array((degree + 2) * d);
	let made = 1;
	for (let k = 1; k <= degree + 1; k++) {
		levels[k] = made;
		for (let v = 0; v < d; v++) {
			groups[k * d + v] = made;
			// Where the nodes of degree k - 1 whose last variable is v at most end.
			const end = v + 1 < d && k > 1 ? groups[(k - 1) * d + v + 1] : levels[k];
			for (let node = levels[k - 1]; node < end; node++, made++) {
				parent[made] = node;
				variable[made] = v;
				if (made < size) multiplicity[made] = (multiplicity[node] * k) / exponentOf(parent, variable, made);
			}
		}
	}
	return {
		d,
		degree,
		size,
		raisedSize,
		parent,
		variable,
		multiplicity,
		levels,
		raise: raising(d, levels, groups, parent, variable),
	};
}

/** Trees that are kept at most, and the nodes of the largest: together some 10 MB. */
const KEPT = { trees: 8, nodes: 2 ** 14 };

const kept = new Map<string, FeatureTree>();

/** The tree, which may be one that was made before: those used last are kept, for many gradients at one degree. Not to be written to. */
export function keptTotalDegreeTree(d: number, degree: number): FeatureTree {
	const key = `${d} ${degree}`;
	const tree = kept.get(key) ?? totalDegreeTree(d, degree);
	if (tree.raisedSize > KEPT.nodes) return tree;
	kept.delete(key);
	kept.set(key, tree);
	const [oldest] = kept.keys();
	if (kept.size > KEPT.trees) kept.delete(oldest);
	return tree;
}

/** Exponent of a node's last variable: how often it ends the tuple. */
function exponentOf(parent: Int32Array, variable: Int32Array, node: number): number {
	let exponent = 1;
	for (let at = parent[node]; at > 0 && variable[at] === variable[node]; at = parent[at]) exponent++;
	return exponent;
}

/**
 * up(α, b), of degree k + 1: where b >= last(α) the node that b makes of α itself, otherwise the one that last(α) makes
 * of up(parent(α), b). In a group nodes are in the order of their parents, which are the first of their degree.
 */
function raising(
	d: number,
	levels: Int32Array,
	groups: Int32Array,
	parent: Int32Array,
	variable: Int32Array,
): Int32Array {
	const raise = new Int32Array(levels[levels.length - 1] * d);
	for (let k = 0; k < levels.length - 1; k++)
		for (let node = levels[k]; node < levels[k + 1]; node++) {
			const last = node === 0 ? 0 : variable[node];
			for (let b = 0; b < d; b++) {
				const below = b < last ? raise[parent[node] * d + b] : node;
				raise[node * d + b] = groups[(k + 1) * d + Math.max(b, last)] + below - levels[k];
			}
		}
	return raise;
}
