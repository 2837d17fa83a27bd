import { maxUp, numberTypes, plus, powerUp, RelativeRounding, sumUp, times } from "../../../error-bound/index.ts";
import type { Method } from "../../method/approximation.ts";
import type { FeatureTree } from "../../monomials/feature-tree.ts";
import type { ErrorConstants } from "../bounds/error-constants.ts";
import { exponentsOf } from "./exponents.ts";
import type { LayeredSet } from "./layered-set.ts";

/** Covers the rounding of a product of d powers. */
const SLACK = 1 + 1e-12;

/** The columns x of key moments that a form has beside values: ones, and the squares of values and keys. */
export const columnsOf = (form: ErrorConstants["form"]): number => (form === "l1" ? 1 : 3);

/** Bounds on the absolute moments Σ_l ω_l x_l |k_l^β| over the boundary of a set, for the columns x: |∂S| x columns. */
export type BoundaryMoments = Float64Array;

/** Bounds on Σ_l ω_l x_l |k_li|^b at [(x · d + i) · (g + 1) + b], b = 0..g. */
export type KeyPowers = Float64Array;

/** Σ_l ω_l x_l k_li^b of the nodes of single coordinates, at least the true one for even b: column x, node. */
type MomentOf = (column: number, node: number) => number;

/**
 * Bounds on the absolute moments of single key coordinates from the moments of a tree: even powers are their own, an odd one is at most the
 * root of the product of its neighbours, and one that the tree has not at most the next lower one times the reach of the coordinate.
 * @param reach at least every |k_li|
 */
export function keyPowers(tree: FeatureTree, columns: number, reach: ArrayLike<number>, momentOf: MomentOf): KeyPowers {
	const { d, degree } = tree;
	const powers = new Float64Array(columns * d * (degree + 1));
	for (let i = 0; i < d; i++) {
		const nodes = powersOf(tree, i);
		for (let x = 0; x < columns; x++) {
			const own = powers.subarray((x * d + i) * (degree + 1), (x * d + i + 1) * (degree + 1));
			for (let b = 0; b <= degree; b += 2)
				own[b] = b < nodes.length ? momentOf(x, nodes[b]) : SLACK * own[b - 2] * reach[i] ** 2;
			for (let b = 1; b <= degree; b += 2) {
				const next =
					b + 1 <= degree ? own[b + 1] : b + 1 < nodes.length ? momentOf(x, nodes[b + 1]) : Number.POSITIVE_INFINITY;
				own[b] = SLACK * Math.min(own[b - 1] * reach[i], Math.sqrt(own[b - 1]) * Math.sqrt(next));
			}
		}
	}
	return powers;
}

/** The nodes 1, z_i, z_i², ... that a tree has. */
function powersOf({ d, size, raise }: FeatureTree, i: number): number[] {
	const nodes = [0];
	for (let node = 0; node >= 0 && node < size; ) {
		node = raise[node * d + i];
		if (node >= 0) nodes.push(node);
	}
	return nodes;
}

/** The absolute moments of the boundary of a set from the moments of a run, nodes x (d values, then `columns`). */
export function momentsOfBoundary(
	set: LayeredSet,
	{ profile, space }: Pick<Method, "profile" | "space">,
	{ form, degree, sumError, addedSquares }: ErrorConstants,
	moments: ArrayLike<number>,
): BoundaryMoments {
	const { n, d, dtype, valueHalfRange } = profile;
	const columns = columnsOf(form);
	// Sums of positive terms, off by the roundings of a term; what they lose below the normal range grows with later factors at most.
	const rounding = RelativeRounding.proven(sumError);
	const reach = plus(1, sumUp(space.keyReach));
	const square = times(d, powerUp(plus(reach, maxUp(valueHalfRange)), 2));
	const largest = times(sumUp([1, square, addedSquares.values, addedSquares.keys]), powerUp(reach, degree + 2));
	const lost = times(times(n, 4 * degree + 16), times(numberTypes[dtype].tiny, largest));
	const powers = keyPowers(set.tree, columns, space.keyReach, (x, node) =>
		plus(rounding.atLeast(moments[node * (d + columns) + d + x]), lost),
	);
	return boundaryMoments(set, powers, columns);
}

/**
 * The moments of the boundary from those of single coordinates by Hölder's inequality, b = |β|:
 *
 *     Σ_l ω_l x_l Π_i |k_li|^β_i <= Π_i (Σ_l ω_l x_l |k_li|^b)^(β_i / b).
 */
export function boundaryMoments({ tree, boundary }: LayeredSet, powers: KeyPowers, columns: number): BoundaryMoments {
	const { d, degree } = tree;
	const moments = new Float64Array(boundary.nodes.length * columns);
	for (const [at, node] of boundary.nodes.entries()) {
		const alpha = exponentsOf(tree, node);
		const b = alpha.reduce((sum, a) => sum + a, 0);
		for (let x = 0; x < columns; x++) {
			let product = 1;
			for (let i = 0; i < d; i++) if (alpha[i] > 0) product *= powers[(x * d + i) * (degree + 1) + b] ** (alpha[i] / b);
			moments[at * columns + x] = SLACK * product;
		}
	}
	return moments;
}
