import { UsageError, unitRoundoff } from "@attgrad/matrix-core";

/**
 * Keeps the monomials of P(<q, k>) = Σ_(|α| <= g) w_α q^α k^α by decreasing weight until those left out sum to at most
 * `target` wherever |q_i k_i| <= r_i (paper.md 8.1, for any polynomial): their exponents, by decreasing weight. The sum over all monomials of degree k is
 * |a_k| ρ^k, ρ = Σ r_i, so what is left out is known exactly from what is kept, degree by degree against cancellation.
 *
 * The order is that of m(α) = Π_i max_(k >= α_i) r_i^k / k!, up to a common factor, which never grows with an exponent: so every set is
 * downward closed. Undefined where more than `largest` monomials would be kept. Cost O(K (d + log K)).
 * @throws UsageError when a reach r_i is not a finite number >= 0
 */
export function prunedSet(
	coefficients: Float64Array,
	reach: Float64Array,
	target: number,
	largest: number,
): readonly (readonly number[])[] | undefined {
	const bad = reach.findIndex((r) => !(Number.isFinite(r) && r >= 0));
	if (bad >= 0) throw new UsageError(`monomials: reach ${bad} must be a finite number >= 0, got ${reach[bad]}`);
	const degree = coefficients.length - 1;
	const tables = Array.from(reach, (r) => logTerms(r, degree));
	const tail = new Tail(coefficients, reach);
	const heap = new Heap();
	heap.push({ key: 0, degree: 0, last: 0, alpha: reach.length > 0 ? Array.from(reach, () => 0) : [] });
	const exponents: number[][] = [];
	while (heap.size > 0) {
		const node = heap.pop();
		exponents.push(node.alpha);
		if (exponents.length > largest) return undefined;
		tail.keep(node.alpha, node.degree);
		if (tail.isBelow(target)) return exponents;
		if (node.degree === degree) continue;
		for (let v = node.last; v < reach.length; v++) {
			const alpha = [...node.alpha];
			alpha[v]++;
			heap.push({ key: keyOf(alpha, tables), degree: node.degree + 1, last: v, alpha });
		}
	}
	return exponents;
}

/**
 * log of max_(k >= a) r^k / k! over its value at a = 0, for a = 0..degree. The maximum is at k = max(a, floor(r)), so the
 * quotient is 1 up to floor(r), and a product of r / i beyond: O(degree), however large r is.
 */
function logTerms(r: number, degree: number): Float64Array {
	const table = new Float64Array(degree + 1);
	// Rounding must not make the table grow anywhere: downward closure hangs on it.
	for (let a = 1; a <= degree; a++) table[a] = a <= r ? 0 : Math.min(table[a - 1], table[a - 1] + Math.log(r / a));
	return table;
}

/** Sums in one fixed order, so that a key never grows with an exponent, rounding included. */
const keyOf = (alpha: readonly number[], tables: readonly Float64Array[]): number =>
	alpha.reduce((sum, a, i) => sum + tables[i][a], 0);

/** Σ |w_α| r^α over what was not kept, by degree. */
class Tail {
	readonly #reach: Float64Array;
	/** |a_k| k!, so that a weight is that over α!. */
	readonly #scales: Float64Array;
	/** |a_k| ρ^k, the sum over all monomials of degree k; the sum over those kept, and what its rounding left out. */
	readonly #whole: Float64Array;
	readonly #kept: Float64Array;
	readonly #lost: Float64Array;
	/** The sum but for rounding, to save summing the degrees for every monomial. */
	#estimate: number;
	readonly #slack: number;

	constructor(coefficients: Float64Array, reach: Float64Array) {
		this.#reach = reach;
		const rho = reach.reduce((sum, r) => sum + r, 0);
		this.#scales = new Float64Array(coefficients.length);
		this.#whole = new Float64Array(coefficients.length);
		for (let k = 0, factorial = 1, power = 1; k < coefficients.length; k++) {
			if (k > 0) {
				factorial *= k;
				power *= rho;
			}
			this.#scales[k] = Math.abs(coefficients[k]) * factorial;
			this.#whole[k] = Math.abs(coefficients[k]) * power;
		}
		this.#kept = new Float64Array(coefficients.length);
		this.#lost = new Float64Array(coefficients.length);
		this.#estimate = this.#whole.reduce((sum, x) => sum + x, 0);
		this.#slack = 1e-9 * this.#estimate;
	}

	keep(alpha: readonly number[], degree: number): void {
		let weight = this.#scales[degree];
		for (let i = 0; i < alpha.length; i++) for (let k = 1; k <= alpha[i]; k++) weight *= this.#reach[i] / k;
		const sum = this.#kept[degree] + weight;
		this.#lost[degree] +=
			this.#kept[degree] >= weight ? this.#kept[degree] - sum + weight : weight - sum + this.#kept[degree];
		this.#kept[degree] = sum;
		this.#estimate -= weight;
	}

	/** Whether the sum, rounded up, is at most the target: a weight has had some 2k roundings, the compensated sums two. */
	isBelow(target: number): boolean {
		if (this.#estimate > target + this.#slack) return false;
		let sum = 0;
		for (let k = 0; k < this.#whole.length; k++)
			sum +=
				Math.max(0, this.#whole[k] - (this.#kept[k] + this.#lost[k])) +
				unitRoundoff("f64") * (4 * k + 12) * this.#whole[k];
		return sum <= target;
	}
}

interface Node {
	readonly key: number;
	readonly degree: number;
	/** The last variable of the monomial: children append a variable from here on, so each is made once. */
	readonly last: number;
	readonly alpha: number[];
}

/** Largest key first; of equal keys the lower degree, so that no monomial is taken before one that divides it. */
class Heap {
	readonly #nodes: Node[] = [];

	get size(): number {
		return this.#nodes.length;
	}

	push(node: Node): void {
		const nodes = this.#nodes;
		let at = nodes.length;
		while (at > 0) {
			const up = (at - 1) >> 1;
			if (!before(node, nodes[up])) break;
			nodes[at] = nodes[up];
			at = up;
		}
		nodes[at] = node;
	}

	pop(): Node {
		const nodes = this.#nodes;
		const top = nodes[0];
		const last = nodes.pop();
		if (last === undefined || nodes.length === 0) return top;
		let at = 0;
		while (true) {
			let child = 2 * at + 1;
			if (child >= nodes.length) break;
			if (child + 1 < nodes.length && before(nodes[child + 1], nodes[child])) child++;
			if (!before(nodes[child], last)) break;
			nodes[at] = nodes[child];
			at = child;
		}
		nodes[at] = last;
		return top;
	}
}

const before = (a: Node, b: Node): boolean => a.key > b.key || (a.key === b.key && a.degree < b.degree);
