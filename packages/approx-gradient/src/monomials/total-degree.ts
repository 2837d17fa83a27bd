import { UsageError } from "@attgrad/matrix-core";
import { countMonomials, type FeatureTree, requireMemory, treeBytes } from "./feature-tree.ts";

/**
 * All monomials of degree <= degree in d variables (paper.md 5.1), with those of degree + 1 as the edge.
 * A monomial is the nondecreasing tuple of its variables; a node's children append a variable from its last one on.
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
	const firstChild = new Int32Array(size);
	const multiplicity = new Float64Array(size);
	multiplicity[0] = 1;
	const levels = new Int32Array(degree + 2);
	let made = 1;
	for (let k = 1; k <= degree + 1; k++) {
		levels[k] = made;
		for (let node = levels[k - 1]!; node < levels[k]!; node++) {
			firstChild[node] = made;
			for (let v = node === 0 ? 0 : variable[node]!; v < d; v++, made++) {
				parent[made] = node;
				variable[made] = v;
				if (made < size) multiplicity[made] = (multiplicity[node]! * k) / exponentOf(parent, variable, made);
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
		raise: raising(d, size, parent, variable, firstChild),
	};
}

/** Exponent of a node's last variable: how often it ends the tuple. */
function exponentOf(parent: Int32Array, variable: Int32Array, node: number): number {
	let exponent = 1;
	for (let at = parent[node]!; at > 0 && variable[at] === variable[node]; at = parent[at]!) exponent++;
	return exponent;
}

/** up(α, b): a child of α itself where b >= last(α), otherwise the child last(α) of up(parent(α), b). */
function raising(
	d: number,
	size: number,
	parent: Int32Array,
	variable: Int32Array,
	firstChild: Int32Array,
): Int32Array {
	const raise = new Int32Array(size * d);
	for (let node = 0; node < size; node++) {
		const last = node === 0 ? 0 : variable[node]!;
		for (let b = 0; b < last; b++) {
			const raisedParent = raise[parent[node]! * d + b]!;
			raise[node * d + b] = firstChild[raisedParent]! + last - variable[raisedParent]!;
		}
		for (let b = last; b < d; b++) raise[node * d + b] = firstChild[node]! + b - last;
	}
	return raise;
}
