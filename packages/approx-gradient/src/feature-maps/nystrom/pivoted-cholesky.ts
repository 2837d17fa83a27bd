import { Matrix, type Random } from "@attgrad/matrix-core";
import { squaredNorms } from "../kernel-scale.ts";

/** A pivot this much smaller than its diagonal entry is rounding: the kernel has no more rank in doubles. */
const SMALLEST_PIVOT = 1e-13;

/**
 * Randomly pivoted Cholesky of the kernel matrix e^(<y_l, y_m> − shift) of some points, one column after the other
 * (Chen, Epperly, Tropp, Webber 2022, arXiv 2207.06503, algorithm 2.1). Column K costs O(mK + md) for m points; memory
 * O(mK), no m x m matrix.
 */
export class PivotedCholesky {
	/** Indices of the pivots, in the order of their choice. */
	readonly pivots: number[] = [];
	readonly #points: Matrix;
	readonly #shift: number;
	readonly #random: Random;
	readonly #columns: Float64Array[] = [];
	readonly #diagonal: Float64Array;
	readonly #residual: Float64Array;
	#ended = false;

	/** @param shift about the largest ‖y‖², so that no entry is much above 1 */
	constructor(points: Matrix, shift: number, random: Random) {
		this.#points = points;
		this.#shift = shift;
		this.#random = random;
		this.#diagonal = squaredNorms(points).map((square) => Math.exp(square - shift));
		this.#residual = this.#diagonal.slice();
	}

	/** Adds pivots until there are `rank` of them or none is left above rounding; whether there are `rank`. */
	grow(rank: number): boolean {
		while (this.pivots.length < rank && !this.#ended) this.#ended = !this.#addPivot();
		return this.pivots.length >= rank;
	}

	/** The factor at the pivot rows: lower triangular, K x K. */
	factor(): Matrix {
		return Matrix.build(this.pivots.length, this.pivots.length, (s, i) =>
			i <= s ? this.#columns[i][this.pivots[s]] : 0,
		);
	}

	#addPivot(): boolean {
		const s = this.#draw();
		if (s < 0) return false;
		const { rows: m, cols: d } = this.#points;
		const column = new Float64Array(m);
		const y = this.#points.row(s);
		for (let l = 0, at = 0; l < m; l++) {
			let inner = -this.#shift;
			for (let b = 0; b < d; b++) inner += this.#points.data[at++] * y[b];
			column[l] = Math.exp(inner);
		}
		this.#takeEarlier(column, s);
		const pivot = column[s];
		if (!(pivot > SMALLEST_PIVOT * this.#diagonal[s])) return false;
		const root = Math.sqrt(pivot);
		for (let l = 0; l < m; l++) {
			const entry = (column[l] /= root);
			this.#residual[l] = Math.max(0, this.#residual[l] - entry * entry);
		}
		this.#residual[s] = 0;
		this.#columns.push(column);
		this.pivots.push(s);
		return true;
	}

	/** Takes from a column what the earlier ones have of it, four at a time, in their order. */
	#takeEarlier(column: Float64Array, s: number): void {
		const columns = this.#columns;
		let i = 0;
		for (; i + 4 <= columns.length; i += 4) {
			const [u, v, w, z] = [columns[i], columns[i + 1], columns[i + 2], columns[i + 3]];
			const [a, b, c, d] = [u[s], v[s], w[s], z[s]];
			for (let l = 0; l < column.length; l++) column[l] = column[l] - a * u[l] - b * v[l] - c * w[l] - d * z[l];
		}
		for (; i < columns.length; i++) {
			const [earlier, factor] = [columns[i], columns[i][s]];
			for (let l = 0; l < column.length; l++) column[l] -= factor * earlier[l];
		}
	}

	/** A point with probability proportional to its residual; -1 where all are zero. */
	#draw(): number {
		const total = this.#residual.reduce((sum, residual) => sum + residual, 0);
		let left = this.#random.uniform() * total;
		let last = -1;
		for (let l = 0; l < this.#residual.length; l++) {
			if (this.#residual[l] === 0) continue;
			last = l;
			left -= this.#residual[l];
			if (left < 0) return l;
		}
		return last;
	}
}
