import { plus, RelativeRounding, times } from "../../error-bound/index.ts";
import { countMonomials, type FeatureTree } from "./feature-tree.ts";

/** Bounds on the change of P(<q, k>) when monomials are left out, wherever |q_i k_i| <= r_i. */
export interface DroppedTerms {
	/** Of the value: Σ |w_α| r^α over the monomials left out. */
	readonly value: number;
	/** Of the derivative in any q_b, in parts of max |k_b|: Σ |w_α| α_b r^(α - e_b), the largest over b. */
	readonly slope: number;
}

/**
 * The terms of P that a tree has not, rounded up. By degree: all monomials of degree k sum to |a_k| ρ^k, ρ = Σ r_i, and
 * their derivatives in coordinate b to |a_k| k ρ^(k-1); what is kept is summed over the tree. Cost O(K d).
 */
export function droppedTerms(tree: FeatureTree, coefficients: Float64Array, reach: Float64Array): DroppedTerms {
	const { d, degree, levels, raise, size } = tree;
	const rho = reach.reduce((sum, r) => sum + r, 0);
	const terms = termsOf(tree, reach);
	const isComplete = (k: number): boolean => k <= degree && levels[k + 1] - levels[k] === countMonomials(d - 1, k);
	let value = 0;
	const slopes = new Float64Array(d);
	for (let k = 0; k < coefficients.length; k++) {
		if (isComplete(k)) continue;
		const [first, end] = [levels[Math.min(k, degree + 1)], levels[Math.min(k, degree) + 1]];
		value += Math.abs(coefficients[k]) * remainder(rho ** k, k, terms, first, end, () => true);
		for (let b = 0; b < d && k > 0; b++) {
			const [below, belowEnd] = [levels[Math.min(k - 1, degree + 1)], levels[Math.min(k - 1, degree) + 1]];
			const kept = (node: number): boolean => raise[node * d + b] < size;
			slopes[b] += Math.abs(coefficients[k]) * k * remainder(rho ** (k - 1), k, terms, below, belowEnd, kept);
		}
	}
	return { value, slope: Math.max(...slopes) };
}

/** |α|!/α! r^α for the nodes of the set. */
function termsOf({ size, parent, variable, multiplicity }: FeatureTree, reach: Float64Array): Float64Array {
	const powers = new Float64Array(size);
	powers[0] = 1;
	for (let node = 1; node < size; node++) powers[node] = powers[parent[node]] * reach[variable[node]];
	return powers.map((power, node) => power * multiplicity[node]);
}

/** whole - Σ of the kept terms first..end-1, at least 0, rounded up: the sum is compensated, a term has some 4k roundings. */
function remainder(
	whole: number,
	k: number,
	terms: Float64Array,
	first: number,
	end: number,
	kept: (node: number) => boolean,
): number {
	let [sum, lost] = [0, 0];
	for (let node = first; node < end; node++) {
		if (!kept(node)) continue;
		const term = terms[node] - lost;
		const next = sum + term;
		lost = next - sum - term;
		sum = next;
	}
	return plus(Math.max(0, whole - sum), times(RelativeRounding.roundings(6 * k + 16).bound, whole));
}
