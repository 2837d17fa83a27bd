import { UsageError } from "@attgrad/matrix-core";
import { type FeatureTree, requireMemory, treeBytes } from "./feature-tree.ts";

/**
 * The tree of any downward-closed set S of exponents, each an array of d whole numbers, in any order and all different.
 * A dictionary finds parents and raised nodes; cost O(K d²).
 * @throws UsageError when S is empty, has a monomial twice or is not downward closed, or the tree would not fit in `available` bytes
 */
export function downwardClosedTree(exponents: readonly (readonly number[])[], available?: number): FeatureTree {
	const d = exponents[0]?.length ?? 0;
	if (d === 0) throw new UsageError("monomials: the set of exponents is empty");
	const inside = [...exponents].sort(byDegreeThenLast);
	requireMemory(inside.length, treeBytes(d, inside.length, inside.length * (d + 1)), available);
	const index = new Map(inside.map((alpha, node) => [nameOf(alpha), node]));
	if (index.size < inside.length) throw new UsageError("monomials: a monomial is twice in the set");
	for (const alpha of inside) requireBelow(alpha, index);
	const edge = new Map<string, number[]>();
	for (const alpha of inside)
		for (let b = 0; b < d; b++) {
			const raised = step(alpha, b, 1);
			if (!index.has(nameOf(raised))) edge.set(nameOf(raised), raised);
		}
	const all = [...inside, ...[...edge.values()].sort(byDegreeThenLast)];
	for (let node = inside.length; node < all.length; node++) index.set(nameOf(all[node]), node);

	const nodeOf = (alpha: readonly number[]): number => {
		const node = index.get(nameOf(alpha));
		if (node === undefined) throw new Error(`monomials: no node for (${alpha.join(", ")})`);
		return node;
	};
	const variable = Int32Array.from(all, (alpha) => Math.max(0, lastVariable(alpha)));
	const parent = Int32Array.from(all, (alpha, node) => (node === 0 ? 0 : nodeOf(step(alpha, variable[node], -1))));
	const degree = degreeOf(inside[inside.length - 1]);
	return {
		d,
		degree,
		size: inside.length,
		raisedSize: all.length,
		parent,
		variable,
		multiplicity: Float64Array.from(inside, multinomial),
		levels: Int32Array.from({ length: degree + 2 }, (_, k) => countBelow(inside, k)),
		raise: Int32Array.from(inside.flatMap((alpha) => alpha.map((_, b) => nodeOf(step(alpha, b, 1))))),
	};
}

/** @throws UsageError when some α - e_b is missing */
function requireBelow(alpha: readonly number[], index: ReadonlyMap<string, number>): void {
	for (let b = 0; b < alpha.length; b++)
		if (alpha[b] > 0 && !index.has(nameOf(step(alpha, b, -1))))
			throw new UsageError(`monomials: the set is not downward closed at (${alpha.join(", ")})`);
}

const degreeOf = (alpha: readonly number[]): number => alpha.reduce((sum, a) => sum + a, 0);
const lastVariable = (alpha: readonly number[]): number => alpha.findLastIndex((a) => a > 0);
const nameOf = (alpha: readonly number[]): string => alpha.join(",");
const step = (alpha: readonly number[], b: number, by: number): number[] => alpha.map((a, i) => (i === b ? a + by : a));
const countBelow = (sorted: readonly (readonly number[])[], k: number): number => {
	const at = sorted.findIndex((alpha) => degreeOf(alpha) >= k);
	return at < 0 ? sorted.length : at;
};

/** By degree, within a degree by the last exponent that differs: so total degree comes out as its own tree. */
export function byDegreeThenLast(a: readonly number[], b: readonly number[]): number {
	const difference = degreeOf(a) - degreeOf(b);
	if (difference !== 0) return difference;
	const at = a.findLastIndex((exponent, i) => exponent !== b[i]);
	return at < 0 ? 0 : a[at] - b[at];
}

/** |α|!/α! as a product of quotients that are whole numbers while they fit. */
function multinomial(alpha: readonly number[]): number {
	let value = 1;
	let total = 0;
	for (const a of alpha) for (let k = 1; k <= a; k++) value = (value * ++total) / k;
	return value;
}
