import { availableMemory as memoryNow, UsageError } from "@attgrad/matrix-core";

/**
 * A downward-closed set S of monomials z^α in d variables as a table, followed by the monomials z^α z_b of its edge.
 * Feature α is its parent's feature times one variable, so that every route builds features by the same loop,
 * whatever the set. Node 0 is the empty monomial; parents come before children; the nodes of S come first, by degree.
 */
export interface FeatureTree {
	/** Number of variables. */
	readonly d: number;
	/** Largest degree |α| in S. */
	readonly degree: number;
	/** K = |S|. */
	readonly size: number;
	/** K⁺: size of S together with every α + e_b. */
	readonly raisedSize: number;
	/** Parent of each of the K⁺ nodes; node 0 is its own. */
	readonly parent: Int32Array;
	/** The variable that makes a node of its parent. */
	readonly variable: Int32Array;
	/** |α|!/α! for the nodes of S. */
	readonly multiplicity: Float64Array;
	/** Nodes of S of degree < k, for k = 0..degree + 1: where each degree begins. */
	readonly levels: Int32Array;
	/** raise[α·d + b]: the node α + e_b, for α in S. */
	readonly raise: Int32Array;
}

/** Number of monomials of degree <= degree in d variables, C(d + degree, degree); Infinity beyond 2^53. */
export function countMonomials(d: number, degree: number): number {
	let count = 1n;
	for (let k = 1n; k <= BigInt(degree); k++) count = (count * (BigInt(d) + k)) / k;
	return count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : Number.POSITIVE_INFINITY;
}

/** Bytes of the tree itself: two tables of K⁺, and K (d + 1) more. */
export function treeBytes(d: number, size: number, raisedSize: number): number {
	return 8 * raisedSize + 4 * size * d + 8 * size;
}

/** w_α = a_|α| |α|!/α!, the weight of feature α in P(<q, k>) = Σ w_α q^α k^α. */
export function featureWeights(tree: FeatureTree, coefficients: Float64Array): Float64Array {
	const last = Math.min(coefficients.length - 1, tree.degree);
	const weights = new Float64Array(tree.levels[last + 1]);
	for (let k = 0; k <= last; k++)
		for (let node = tree.levels[k]; node < tree.levels[k + 1]; node++)
			weights[node] = coefficients[k] * tree.multiplicity[node];
	return weights;
}

/** The last answer of the system, and its time (`performance.now()`): asking takes a seventh of a millisecond. */
let said = { at: Number.NEGATIVE_INFINITY, bytes: 0 };
const STALE = 100;

/**
 * The memory that is there, bytes, a tenth of a second old at most; feature counts are checked against it.
 * The argument of the functions that take it is this unless a test or a planner gives its own.
 */
export function availableMemory(): number {
	const now = performance.now();
	if (now - said.at > STALE) said = { at: now, bytes: memoryNow() };
	return said.bytes;
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toPrecision(3)} GiB`;

/** Bytes that every machine has: asking for less takes longer than a small gradient. */
const GRANTED = 2 ** 24;

/** @throws UsageError naming K and the bytes when `bytes` is more than there is */
export function requireMemory(
	size: number,
	bytes: number,
	available = bytes <= GRANTED ? GRANTED : availableMemory(),
): void {
	if (bytes > available || size > 2 ** 31 - 1)
		throw new UsageError(
			`approx-gradient: ${size} features need ${bytes} bytes (${gibibytes(bytes)}), ${gibibytes(available)} are available; lower the degree or raise epsilon`,
		);
}
