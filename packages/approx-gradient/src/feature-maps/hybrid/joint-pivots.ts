import {
	type Dtype,
	Matrix,
	matrixOf,
	type Numbers,
	type PlacedMatrices,
	type PlacedMatrix,
	type Random,
	type Runtime,
	withMatrices,
} from "@attgrad/matrix-core";
import { squaredNorms } from "../kernel-scale.ts";
import { rowsAt } from "../residual-forms.ts";
import { inverseOfLower } from "./balanced-coordinates.ts";
import { firstAbove } from "./first-above.ts";
import { exponentFactor } from "./hybrid-side.ts";

/** A pivot this much smaller than its diagonal is left alone: its features would be rounding. */
const SMALLEST_PIVOT = 1e-10;

/** The same where something is to be proved: features of smaller pivots add more by their rounding than they take away. */
export const SMALLEST_PROVED_PIVOT = 3e-5;

/** Where no smaller pivot is taken, single precision has digits enough: no bound rests on how pivots and their factor came about. */
const SMALLEST_SINGLE = 1e-5;

/** Pivots that are drawn at once, at the most; and how many are drawn for each that is wanted, as some are rejected. */
const BLOCK = 64;
const DRAWN = 1.5;

/** Consecutive rejected draws after which no point is left to accept. */
const MOST_IDLE = 16;

/** A factorisation in the kernels' memory. */
interface PlacedWork {
	readonly matrices: PlacedMatrices;
	/** Factors of the exponents of all points. */
	readonly left: PlacedMatrix;
	/** The factor, a row for each point, with room for more columns: as many as the rows are apart. */
	readonly factor: PlacedMatrix["data"];
	readonly stride: number;
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
	/** Number type of the factor. */
	readonly #dtype: Dtype;
	/** Factors of the exponents of all points. */
	readonly #left: Matrix;
	/** The factor, a row for each point and a column for each pivot. */
	#factor: Matrix;
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
		this.#dtype = smallest < SMALLEST_SINGLE ? "f64" : "f32";
		this.#left = exponentFactor(points, this.#squares, "left");
		this.#factor = Matrix.zeros(points.rows, 0, this.#dtype);
	}

	/** Adds pivots until there are `rank` or none is left above rounding; whether there are `rank`. */
	async grow(rank: number): Promise<boolean> {
		if (this.pivots.length >= rank) return true;
		return withMatrices(this.#runtime, async (matrices) => {
			const work = this.#placed(matrices, rank);
			while (this.pivots.length < rank) {
				const wanted = rank - this.pivots.length;
				const drawn = this.#draw(Math.min(BLOCK, Math.ceil(DRAWN * wanted)));
				if (drawn.length === 0 || !(await matrices.scope(() => this.#addBlock(drawn, wanted, work)))) break;
			}
			const placed = { rows: this.#points.rows, cols: this.pivots.length, stride: work.stride, data: work.factor };
			this.#factor = matrixOf(placed);
			return this.pivots.length >= rank;
		});
	}

	/** The factors of all points' exponents and the factor, with room for a rank. */
	#placed(matrices: PlacedMatrices, rank: number): PlacedWork {
		const { rows, cols, data } = this.#factor;
		const factor = matrices.room(rows, rank, this.#dtype).data;
		for (let j = 0; j < rows; j++) factor.set(data.subarray(j * cols, (j + 1) * cols), j * rank);
		return { matrices, left: matrices.place(this.#left), factor, stride: rank };
	}

	/** Rows of the factor, a column for each pivot; `grow` makes a new one. */
	get rows(): Matrix {
		return this.#factor;
	}

	/** Rows of the factor at the pivots: lower triangular, K x K. */
	factor(): Matrix {
		const { data, cols } = this.#factor;
		const made = Matrix.zeros(cols, cols);
		for (let s = 0; s < cols; s++) {
			const from = this.pivots[s] * cols;
			made.data.set(data.subarray(from, from + s + 1), s * cols);
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
		for (let i = 0; i < count; i++) drawn.add(firstAbove(cumulative, this.#random.uniform() * sum));
		return [...drawn];
	}

	/** Eliminates the drawn points that are accepted, up to a number of them; whether there is one. */
	async #addBlock(drawn: readonly number[], wanted: number, work: PlacedWork): Promise<boolean> {
		const own = await this.#residualKernel(drawn, drawn, work);
		const { accepted, factor } = this.#accepted(drawn, own, wanted);
		// Residuals that are rounding only are drawn and never accepted.
		this.#idle = accepted.length === 0 ? this.#idle + 1 : 0;
		if (accepted.length === 0) return this.#idle < MOST_IDLE && this.residual.some((left) => left > this.#smallest);
		const chosen = accepted.map((s) => drawn[s]);
		const columns = await this.#residualKernel(undefined, chosen, work);
		const inverse = work.matrices.place(inverseOfLower(factor).as(this.#dtype));
		const made = await work.matrices.product(columns, inverse, { transposeB: true });
		addColumns(work, this.pivots.length, made, this.residual);
		for (const j of chosen) {
			this.pivots.push(j);
			this.residual[j] = 0;
		}
		return true;
	}

	/**
	 * Of the drawn points those whose residual, after the ones before, is above a random part of what it was: places among the drawn, and the Cholesky factor
	 * of their residual kernel.
	 * @param kernel the residual kernel at the drawn points
	 */
	#accepted(
		drawn: readonly number[],
		kernel: PlacedMatrix,
		wanted: number,
	): { readonly accepted: readonly number[]; readonly factor: Matrix } {
		const count = drawn.length;
		const left = Float64Array.from(matrixOf(kernel).data);
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
		const factor = Matrix.zeros(accepted.length, accepted.length);
		for (const [k, pivot] of accepted.entries()) {
			const root = Math.sqrt(left[pivot * count + pivot]);
			for (let i = k; i < accepted.length; i++)
				factor.data[i * accepted.length + k] = left[accepted[i] * count + pivot] / root;
		}
		return { accepted, factor };
	}

	/** The residual kernel of some points, or all, with some, in the factor's number type: exponents in single precision would be off by more than the smallest pivots. */
	async #residualKernel(
		rows: readonly number[] | undefined,
		at: readonly number[],
		{ matrices, left, factor, stride }: PlacedWork,
	): Promise<PlacedMatrix> {
		const K = this.pivots.length;
		const of = rows && { left: matrices.place(rowsAt(this.#left, rows)), factor: rowsOf(factor, stride, K, rows) };
		const points = rowsAt(this.#points, at);
		const squares = Float64Array.from(at, (s) => this.#squares[s]);
		const right = matrices.place(exponentFactor(points, squares, "right"));
		const exponents = await matrices.product(of?.left ?? left, right, { transposeB: true });
		const made = this.#dtype === "f64" ? exponents : rounded(exponents, matrices);
		await matrices.exponentiate(made);
		if (K === 0) return made;
		const all = { rows: this.#points.rows, cols: K, stride, data: factor };
		const own = matrices.place(rowsOf(factor, stride, K, at));
		take(made, await matrices.product(of ? matrices.place(of.factor) : all, own, { transposeB: true }));
		return made;
	}
}

/** The first columns of some rows. */
function rowsOf(data: PlacedMatrix["data"], stride: number, cols: number, rows: readonly number[]): Matrix {
	const made = Matrix.zeros(rows.length, cols, data instanceof Float32Array ? "f32" : "f64");
	for (const [s, j] of rows.entries()) made.data.set(data.subarray(j * stride, j * stride + cols), s * cols);
	return made;
}

// Loops over the numbers of a row are in functions of their own: V8 compiles what is called often first.

/** A copy in single precision. */
export function rounded({ rows, cols, stride, data }: PlacedMatrix, matrices: PlacedMatrices): PlacedMatrix {
	const made = matrices.room(rows, cols, "f32");
	for (let j = 0; j < rows; j++) copyRow(data, j * stride, cols, made.data, j * cols);
	return made;
}

function copyRow(from: Numbers, at: number, count: number, made: Numbers, to: number): void {
	for (let i = 0; i < count; i++) made[to + i] = from[at + i];
}

/** Takes a matrix from another. */
function take({ rows, cols, stride, data }: PlacedMatrix, { stride: step, data: what }: PlacedMatrix): void {
	for (let j = 0; j < rows; j++) takeRow(data, j * stride, cols, what, j * step);
}

function takeRow(from: Numbers, at: number, count: number, what: Numbers, own: number): void {
	for (let i = 0; i < count; i++) from[at + i] -= what[own + i];
}

/** Adds columns to the rows of a factor, from `first` on, and takes their squares from the residuals. */
function addColumns(
	{ factor, stride }: Pick<PlacedWork, "factor" | "stride">,
	first: number,
	{ cols, stride: step, data }: PlacedMatrix,
	residual: Float64Array,
): void {
	for (let j = 0; j < residual.length; j++)
		residual[j] = Math.max(0, residual[j] - addRow(data, j * step, cols, factor, first + j * stride));
}

/** Copies numbers, and gives the sum of their squares. */
function addRow(from: Numbers, at: number, count: number, made: Numbers, to: number): number {
	let squares = 0;
	for (let i = 0; i < count; i++) {
		const entry = from[at + i];
		made[to + i] = entry;
		squares += entry * entry;
	}
	return squares;
}
