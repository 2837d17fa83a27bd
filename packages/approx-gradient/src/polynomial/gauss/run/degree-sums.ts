import type { Numbers } from "@attgrad/matrix-core";
import { FEATURES_AT_ONCE } from "../../routes/block-operations.ts";
import { levelsOf } from "../levels.ts";
import { nodesOf, powerSumsOf } from "../row-polynomial.ts";
import { pilotDegree } from "../row-terms.ts";
import type { GaussInput } from "./gauss-run.ts";
import { momentColumns } from "./key-columns.ts";

/** Moments of the keys: against all columns, and against values and ones alone. */
interface KeyMoments {
	readonly moments: Numbers;
	readonly narrow: Numbers;
}

/** Sums over the monomials of each degree, for a block of queries: those that row polynomials are solved from and weigh, and the pilot's. */
export class DegreeSums {
	/** N[k, i, j] = Σ over the monomials of degree k, by degree, columns, rows. */
	readonly byDegree: Float64Array;
	/** Σ_l ω_l T(s_l) k_l, T of degree `pilotDegree`, d x count; zero for the form l1. */
	readonly pilots: Float64Array;
	/** Σ_l ω_l (1 + s_l) x_l k_lb for the values and then x = 1, (d + 1) d x count; zero at degree 0 and for anisotropic sets. */
	readonly products: Float64Array;
	readonly #input: Pick<GaussInput, "tree" | "constants" | "anisotropic">;
	readonly #keys: KeyMoments;
	readonly #columns: number;
	readonly #part: Float64Array;

	constructor(input: Pick<GaussInput, "tree" | "constants" | "anisotropic">, keys: KeyMoments, blockRows: number) {
		const { tree, constants } = input;
		this.#input = input;
		this.#keys = keys;
		this.#columns = momentColumns(constants);
		this.byDegree = new Float64Array((tree.degree + 2) * this.#columns * blockRows);
		this.pilots = new Float64Array(tree.d * blockRows);
		this.products = new Float64Array((tree.d + 1) * tree.d * blockRows);
		this.#part = new Float64Array(blockRows);
	}

	/** Makes the sums of a block from its features. */
	fill(features: Numbers, count: number): void {
		this.#sumByDegree(features, count);
		if (this.#input.constants.form !== "l1") this.#pilot(features, count);
		if (this.#input.tree.degree > 0 && !this.#input.anisotropic) this.#products(features, count);
	}

	/** The power sums of a column, (2r + 1) x count. */
	powerSums(column: number, count: number): Float64Array {
		const columns = this.#columns;
		const sums = new Float64Array(powerSumsOf(this.#input.constants.degree) * count);
		for (let k = 0, from = column * count; k * count < sums.length; k++, from += columns * count)
			sums.set(this.byDegree.subarray(from, from + count), k * count);
		return sums;
	}

	/** In pieces of FEATURES_AT_ONCE. */
	#sumByDegree(features: Numbers, count: number): void {
		const { tree } = this.#input;
		const { moments } = this.#keys;
		const columns = this.#columns;
		const { starts, multiplicity } = levelsOf(tree);
		this.byDegree.fill(0, 0, (tree.degree + 2) * columns * count);
		for (let k = 0; k <= tree.degree + 1; k++)
			for (let first = starts[k]; first < starts[k + 1]; first += FEATURES_AT_ONCE)
				for (let i = 0; i < columns; i++) {
					const part = this.#part.fill(0, 0, count);
					for (let node = first; node < Math.min(first + FEATURES_AT_ONCE, starts[k + 1]); node++) {
						const moment = multiplicity[node] * moments[node * columns + i];
						for (let j = 0; j < count; j++) part[j] += features[node * count + j] * moment;
					}
					const at = (k * columns + i) * count;
					for (let j = 0; j < count; j++) this.byDegree[at + j] += part[j];
				}
	}

	#pilot(features: Numbers, count: number): void {
		const { tree, constants } = this.#input;
		const { narrow } = this.#keys;
		const { d, raise } = tree;
		const { starts, multiplicity } = levelsOf(tree);
		const highest = Math.min(tree.degree, pilotDegree(nodesOf(constants.degree)));
		this.pilots.fill(0);
		for (let k = 0, factorial = 1; k <= highest; k++, factorial *= k)
			for (let node = starts[k]; node < starts[k + 1]; node++)
				for (let b = 0; b < d; b++) {
					// A layered tree may lack the monomial: the bound on the mean key has what is lacking.
					if (raise[node * d + b] < 0) continue;
					const moment = (multiplicity[node] * narrow[raise[node * d + b] * (d + 1) + d]) / factorial;
					for (let j = 0; j < count; j++) this.pilots[b * count + j] += features[node * count + j] * moment;
				}
	}

	#products(features: Numbers, count: number): void {
		const { d, raise } = this.#input.tree;
		const { narrow } = this.#keys;
		this.products.fill(0);
		for (let node = 0; node <= d; node++)
			for (let i = 0; i <= d; i++)
				for (let b = 0; b < d; b++) {
					const moment = narrow[raise[node * d + b] * (d + 1) + i];
					const at = (i * d + b) * count;
					for (let j = 0; j < count; j++) this.products[at + j] += features[node * count + j] * moment;
				}
	}
}
