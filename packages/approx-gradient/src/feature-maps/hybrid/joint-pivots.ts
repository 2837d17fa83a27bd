import { expOn, Matrix, multiplyOn, type Random, type Runtime } from "@attgrad/matrix-core";
import { squaredNorms } from "../kernel-scale.ts";
import { inverseOfLower } from "./balanced-coordinates.ts";
import { exponentFactor } from "./hybrid-side.ts";

/** A pivot this much smaller than its diagonal is left alone: its features would be rounding. */
const SMALLEST_PIVOT = 1e-10;

/** Pivots that are drawn at once. */
const BLOCK = 64;

/** Consecutive rejected draws after which no point is left to accept. */
const MOST_IDLE = 16;

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
	/** Columns of the factor, a block each. */
	readonly #blocks: Matrix[] = [];
	#idle = 0;

	/**
	 * @param points m x d
	 * @param weights of the residuals, >= 0
	 * @param groups the points are two groups, of which this is where the second begins; each has half of the probability
	 */
	constructor(points: Matrix, weights: Float64Array, groups: number, random: Random, runtime: Runtime) {
		this.#points = points;
		this.#squares = squaredNorms(points);
		this.#shares = weights;
		this.#random = random;
		this.#runtime = runtime;
		this.residual = new Float64Array(points.rows).fill(1);
		this.#groups = groups;
	}
	readonly #groups: number;

	/** Adds pivots until there are `rank` or none is left above rounding; whether there are `rank`. */
	async grow(rank: number): Promise<boolean> {
		while (this.pivots.length < rank) {
			const drawn = this.#draw(Math.min(BLOCK, rank - this.pivots.length));
			if (drawn.length === 0 || !(await this.#addBlock(drawn))) return false;
		}
		return true;
	}

	/** Rows of the factor at the pivots: lower triangular, K x K. */
	factor(): Matrix {
		const K = this.pivots.length;
		const L = Matrix.zeros(K, K);
		let from = 0;
		for (const block of this.#blocks) {
			for (let s = 0; s < K; s++) L.row(s).set(block.row(this.pivots[s]), from);
			from += block.cols;
		}
		for (let s = 0; s < K; s++) L.row(s).fill(0, s + 1);
		return L;
	}

	/** Rows of the factor at some points, count x K. */
	rowsOf(members: readonly number[]): Matrix {
		const made = Matrix.zeros(members.length, this.pivots.length);
		let from = 0;
		for (const block of this.#blocks) {
			for (const [i, j] of members.entries()) made.data.set(block.row(j), i * made.cols + from);
			from += block.cols;
		}
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

	/** Eliminates the drawn points that are accepted; whether there is one. */
	async #addBlock(drawn: readonly number[]): Promise<boolean> {
		const accepted = await this.#accepted(drawn);
		// Residuals that are rounding only are drawn and never accepted.
		this.#idle = accepted.length === 0 ? this.#idle + 1 : 0;
		if (accepted.length === 0) return this.#idle < MOST_IDLE && this.residual.some((left) => left > SMALLEST_PIVOT);
		const columns = await this.#residualColumns(accepted);
		const small = Matrix.build(accepted.length, accepted.length, (s, i) => columns.at(accepted[s], i));
		const kept = factorInPlace(small);
		const rank = kept.length;
		const block = await this.#eliminated(columns, small, kept);
		for (let j = 0, at = 0; j < block.rows; j++) {
			let left = this.residual[j];
			for (let i = 0; i < rank; i++, at++) left -= block.data[at] * block.data[at];
			this.residual[j] = Math.max(0, left);
		}
		for (const i of kept) {
			this.pivots.push(accepted[i]);
			this.residual[accepted[i]] = 0;
		}
		for (const s of accepted) if (this.residual[s] < SMALLEST_PIVOT) this.residual[s] = 0;
		this.#blocks.push(block);
		return true;
	}

	/** Rows of columns at the kept ones, times L⁻ᵀ for the factor L. */
	async #eliminated(columns: Matrix, factor: Matrix, kept: readonly number[]): Promise<Matrix> {
		const rank = kept.length;
		const L = Matrix.build(rank, rank, (i, k) => (k <= i ? factor.at(kept[i], kept[k]) : 0));
		const own = rank === columns.cols ? columns : Matrix.build(columns.rows, rank, (j, i) => columns.at(j, kept[i]));
		return multiplyOn(this.#runtime, own, inverseOfLower(L), { transposeB: true });
	}

	/** Of the drawn points those whose residual, after the ones before, is above a random part of what it was. */
	async #accepted(drawn: readonly number[]): Promise<number[]> {
		const rows = Matrix.build(drawn.length, this.#points.cols, (s, b) => this.#points.at(drawn[s], b));
		const own = Float64Array.from(drawn, (s) => this.#squares[s]);
		const left = await kernelOf(this.#runtime, [rows, own], [rows, own]);
		if (this.#blocks.length > 0) {
			const before = this.rowsOf(drawn);
			const taken = await multiplyOn(this.#runtime, before, before, { transposeB: true });
			for (let at = 0; at < left.data.length; at++) left.data[at] -= taken.data[at];
		}
		const accepted: number[] = [];
		for (let s = 0; s < drawn.length; s++) {
			const before = this.residual[drawn[s]];
			const now = left.at(s, s);
			if (!(now > SMALLEST_PIVOT && now > this.#random.uniform() * before)) continue;
			accepted.push(drawn[s]);
			for (let t = s + 1; t < drawn.length; t++) {
				const factor = left.at(t, s) / now;
				for (let v = s + 1; v < drawn.length; v++) left.data[t * drawn.length + v] -= factor * left.at(s, v);
			}
		}
		return accepted;
	}

	/** Columns of the residual kernel at some points, m x count. */
	async #residualColumns(at: readonly number[]): Promise<Matrix> {
		const rows = Matrix.build(at.length, this.#points.cols, (s, b) => this.#points.at(at[s], b));
		const own = Float64Array.from(at, (s) => this.#squares[s]);
		const made = await kernelOf(this.#runtime, [this.#points, this.#squares], [rows, own]);
		for (const block of this.#blocks) {
			const ownRows = Matrix.build(at.length, block.cols, (s, i) => block.at(at[s], i));
			const part = await multiplyOn(this.#runtime, block, ownRows, { transposeB: true });
			for (let i = 0; i < made.data.length; i++) made.data[i] -= part.data[i];
		}
		return made;
	}
}

/** Kernel e^(−‖x − y‖²/2) of all pairs of two sets, with the squared lengths of both. */
async function kernelOf(
	runtime: Runtime,
	[x, squares]: readonly [Matrix, Float64Array],
	[y, others]: readonly [Matrix, Float64Array],
): Promise<Matrix> {
	const [left, right] = [exponentFactor(x, squares, "left"), exponentFactor(y, others, "right")];
	return expOn(runtime, await multiplyOn(runtime, left, right, { transposeB: true }));
}

/** Cholesky of a small matrix in its lower triangle; the indices of the pivots that were not below rounding, in order. */
function factorInPlace(A: Matrix): number[] {
	const kept: number[] = [];
	for (let i = 0; i < A.rows; i++) {
		for (const [at, k] of kept.entries()) {
			let sum = A.at(i, k);
			for (const earlier of kept.slice(0, at)) sum -= A.at(i, earlier) * A.at(k, earlier);
			A.data[i * A.cols + k] = sum / A.at(k, k);
		}
		let pivot = A.at(i, i);
		for (const k of kept) pivot -= A.at(i, k) ** 2;
		if (!(pivot > SMALLEST_PIVOT)) continue;
		A.data[i * A.cols + i] = Math.sqrt(pivot);
		kept.push(i);
	}
	return kept;
}
