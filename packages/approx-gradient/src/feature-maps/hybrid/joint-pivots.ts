import {
	Matrix,
	type PlacedMatrices,
	type PlacedMatrix,
	type Random,
	type Runtime,
	withMatrices,
} from "@attgrad/matrix-core";
import { squaredNorms } from "../kernel-scale.ts";
import { inverseOfLower } from "./balanced-coordinates.ts";
import { exponentFactor } from "./hybrid-side.ts";

/** A pivot this much smaller than its diagonal is left alone: its features would be rounding. */
const SMALLEST_PIVOT = 1e-10;

/** The same where something is to be proved: features of smaller pivots add more by their rounding than they take away. */
export const SMALLEST_PROVED_PIVOT = 3e-5;

/** Pivots that are drawn at once, at the most; and how many are drawn for each that is wanted, as some are rejected. */
const BLOCK = 64;
const DRAWN = 1.5;

/** Zeros behind a column of the factor, whose length is often a power of 2: columns in step share sets of the caches. */
const APART = 8;

/** Consecutive rejected draws after which no point is left to accept. */
const MOST_IDLE = 16;

/** A factorisation in the kernels' memory. */
interface PlacedWork {
	readonly matrices: PlacedMatrices;
	/** Factors of the exponents of all points. */
	readonly left: PlacedMatrix;
	/** Columns of the factor, with room for more. */
	readonly columns: Float64Array;
}

/**
 * Pivots for the kernel e^(−‖x − x'‖²/2) among points of which each has a weight, by randomly pivoted Cholesky in blocks: pivots are drawn with
 * the residuals as probabilities and then accepted with the probability that their residual has left, so that they are distributed as if
 * drawn one by one. O(m K²) in matrix products for m points.
 *
 * Reference: E. Epperly, J. Tropp, R. Webber, "Embrace rejection: kernel matrix approximation by accelerated randomly pivoted
 * Cholesky", 2024, arXiv 2410.03969.
 */
export class JointPivots {
	/** Indices of the pivots, in the order of their choice. */
	readonly pivots: number[] = [];
	/** Residual 1 − ‖projection‖² of every point. */
	readonly residual: Float64Array;
	readonly #points: Matrix;
	readonly #squares: Float64Array;
	readonly #shares: Float64Array;
	readonly #random: Random;
	readonly #runtime: Runtime;
	readonly #groups: number;
	readonly #smallest: number;
	/** Factors of the exponents of all points. */
	readonly #left: Matrix;
	/** Columns of the factor, `stride` numbers each. */
	#columns = new Float64Array(0);
	readonly #stride: number;
	#idle = 0;

	/**
	 * @param points m x d
	 * @param weights of the residuals, >= 0
	 * @param groups the points are two groups, of which this is where the second begins; each has half of the probability
	 * @param smallest the part of its diagonal that a pivot has at the least
	 */
	constructor(
		points: Matrix,
		weights: Float64Array,
		groups: number,
		random: Random,
		runtime: Runtime,
		smallest = SMALLEST_PIVOT,
	) {
		this.#points = points;
		this.#squares = squaredNorms(points);
		this.#shares = weights;
		this.#random = random;
		this.#runtime = runtime;
		this.residual = new Float64Array(points.rows).fill(1);
		this.#groups = groups;
		this.#smallest = smallest;
		this.#left = exponentFactor(points, this.#squares, "left");
		this.#stride = points.rows + APART;
	}

	/** Adds pivots until there are `rank` or none is left above rounding; whether there are `rank`. */
	async grow(rank: number): Promise<boolean> {
		if (this.pivots.length >= rank) return true;
		return withMatrices(this.#runtime, async (matrices) => {
			const work = this.#placed(matrices, rank);
			while (this.pivots.length < rank) {
				const wanted = rank - this.pivots.length;
				const drawn = this.#draw(Math.min(BLOCK, Math.ceil(DRAWN * wanted)));
				if (drawn.length === 0 || !(await this.#addBlock(drawn, wanted, work))) break;
			}
			this.#columns = Float64Array.from(work.columns.subarray(0, this.pivots.length * this.#stride));
			return this.pivots.length >= rank;
		});
	}

	/** The factors of all points' exponents and the columns of the factor, with room for those of a rank. */
	#placed(matrices: PlacedMatrices, rank: number): PlacedWork {
		const { data } = matrices.room(rank, this.#stride, "f64");
		data.set(this.#columns);
		return { matrices, left: matrices.place(this.#left), columns: data as Float64Array };
	}

	/** The factor, transposed: K x m and some columns of zeros. It is a view, which the next pivots make stale. */
	get transposed(): Matrix {
		const [K, stride] = [this.pivots.length, this.#stride];
		return new Matrix(K, stride, this.#columns.subarray(0, K * stride));
	}

	/** Rows of the factor at the pivots: lower triangular, K x K. */
	factor(): Matrix {
		const { data, cols } = this.transposed;
		const K = this.pivots.length;
		const made = Matrix.zeros(K, K);
		for (let k = 0; k < K; k++)
			for (let s = k; s < K; s++) made.data[s * K + k] = data[k * cols + this.pivots[s]];
		return made;
	}

	/** Points with probability proportional to weight · residual, each group's sum being one half; each once. */
	#draw(count: number): number[] {
		const cumulative = new Float64Array(this.residual.length);
		const groups = [0, this.#groups, this.residual.length];
		let sum = 0;
		for (let g = 0; g < 2; g++) {
			let total = 0;
			for (let j = groups[g]; j < groups[g + 1]; j++) total += this.#shares[j] * this.residual[j];
			const factor = total > 0 && Number.isFinite(total) ? 1 / total : 0;
			for (let j = groups[g]; j < groups[g + 1]; j++)
				cumulative[j] = sum += factor * this.#shares[j] * this.residual[j];
		}
		if (!(sum > 0)) return [];
		const drawn = new Set<number>();
		for (let i = 0; i < count; i++) {
			const at = this.#random.uniform() * sum;
			let [low, high] = [0, cumulative.length - 1];
			while (low < high) {
				const middle = (low + high) >> 1;
				if (cumulative[middle] > at) high = middle;
				else low = middle + 1;
			}
			drawn.add(low);
		}
		return [...drawn];
	}

	/** Eliminates the drawn points that are accepted, up to a number of them; whether there is one. */
	async #addBlock(drawn: readonly number[], wanted: number, work: PlacedWork): Promise<boolean> {
		const columns = await this.#residualColumns(drawn, work);
		const { accepted, factor } = this.#accepted(drawn, columns, wanted);
		// Residuals that are rounding only are drawn and never accepted.
		this.#idle = accepted.length === 0 ? this.#idle + 1 : 0;
		if (accepted.length === 0) return this.#idle < MOST_IDLE && this.residual.some((left) => left > this.#smallest);
		const inverse = inverseOfLower(factor);
		const onColumns = Matrix.zeros(accepted.length, drawn.length);
		for (const [k, s] of accepted.entries())
			for (let i = k; i < accepted.length; i++) onColumns.data[i * drawn.length + s] = inverse.at(i, k);
		await this.#append(columns, onColumns, work);
		for (const s of accepted) {
			this.pivots.push(drawn[s]);
			this.residual[drawn[s]] = 0;
		}
		return true;
	}

	/** Adds columns to the factor, a matrix times the columns of the residual kernel, and takes them from the residuals. */
	async #append(columns: PlacedMatrix, onColumns: Matrix, { matrices, columns: factor }: PlacedWork): Promise<void> {
		const { residual } = this;
		const made = await matrices.product(matrices.place(onColumns), columns, { transposeB: true });
		for (let i = 0, to = this.pivots.length * this.#stride; i < made.rows; i++, to += this.#stride) {
			const own = made.data.subarray(i * made.stride, i * made.stride + residual.length);
			factor.set(own, to);
			factor.fill(0, to + residual.length, to + this.#stride);
			for (let j = 0; j < residual.length; j++) residual[j] -= own[j] * own[j];
		}
		for (let j = 0; j < residual.length; j++) residual[j] = Math.max(0, residual[j]);
	}

	/**
	 * Of the drawn points those whose residual, after the ones before, is above a random part of what it was: places among the drawn, and the Cholesky factor
	 * of their residual kernel.
	 * @param columns of the residual kernel at the drawn points
	 */
	#accepted(
		drawn: readonly number[],
		columns: PlacedMatrix,
		wanted: number,
	): { readonly accepted: readonly number[]; readonly factor: Matrix } {
		const count = drawn.length;
		const left = Matrix.build(count, count, (s, t) => columns.data[drawn[s] * columns.stride + t]).data;
		const accepted: number[] = [];
		for (let s = 0; s < count && accepted.length < wanted; s++) {
			const before = this.residual[drawn[s]];
			const now = left[s * count + s];
			if (!(now > this.#smallest && now > this.#random.uniform() * before)) continue;
			accepted.push(s);
			for (let t = s + 1; t < count; t++) {
				const factor = left[t * count + s] / now;
				for (let v = s + 1; v < count; v++) left[t * count + v] -= factor * left[s * count + v];
			}
		}
		const factor = Matrix.build(accepted.length, accepted.length, (i, k) => {
			const pivot = accepted[k];
			return k <= i ? left[accepted[i] * count + pivot] / Math.sqrt(left[pivot * count + pivot]) : 0;
		});
		return { accepted, factor };
	}

	/** Columns of the residual kernel at some points, m x count. */
	async #residualColumns(at: readonly number[], { matrices, left, columns }: PlacedWork): Promise<PlacedMatrix> {
		const [points, count] = [this.#points, at.length];
		const rows = Matrix.build(count, points.cols, (s, b) => points.data[at[s] * points.cols + b]);
		const squares = Float64Array.from(at, (s) => this.#squares[s]);
		const right = matrices.place(exponentFactor(rows, squares, "right"));
		const made = await matrices.product(left, right, { transposeB: true });
		await matrices.exponentiate(made);
		const [K, stride] = [this.pivots.length, this.#stride];
		if (K === 0) return made;
		const drawn = matrices.place(Matrix.build(K, count, (k, s) => columns[k * stride + at[s]]));
		const factor = { rows: K, cols: points.rows, stride, data: columns };
		const taken = await matrices.product(factor, drawn, { transposeA: true });
		for (let at = 0; at < taken.data.length; at++) made.data[at] -= taken.data[at];
		return made;
	}
}
