import { copyNumbers } from "#platform";
import { ComputationError, UsageError } from "./errors.ts";

/** Number type of a matrix: IEEE double or single precision. */
export type Dtype = "f64" | "f32";

/** Storage of a matrix. */
export type Numbers = Float64Array | Float32Array;

/**
 * Rows that can be read block by block: a matrix in memory, a file, or rows made on the fly.
 * An algorithm that reads its inputs through this interface works at any number of rows.
 */
export interface RowSource {
	readonly rows: number;
	readonly cols: number;
	readonly dtype: Dtype;
	/**
	 * Copies rows from..to-1, row-major, into `target`, which holds at least (to - from) * cols numbers.
	 * The numbers are converted where the types differ.
	 */
	readRows(from: number, to: number, target: Numbers): void;
}

/** Unit roundoff u of a number type: 2^-53 or 2^-24. */
export function unitRoundoff(dtype: Dtype): number {
	return dtype === "f64" ? 2 ** -53 : 2 ** -24;
}

/** Bytes that a number of this type takes: 8 or 4. */
export function bytesPerNumber(dtype: Dtype): number {
	return dtype === "f64" ? 8 : 4;
}

/**
 * Zeroed storage for `length` numbers.
 * @throws ComputationError (out-of-memory) when the memory cannot be allocated
 */
export function allocateNumbers(dtype: Dtype, length: number): Numbers {
	try {
		return dtype === "f64" ? new Float64Array(length) : new Float32Array(length);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		const gigabytes = (length * bytesPerNumber(dtype)) / 1e9;
		throw new ComputationError("out-of-memory", `matrix: no memory for ${length} numbers (${gigabytes.toFixed(1)} GB)`);
	}
}

/** Numbers that are copied one by one. */
const FEW = 32;

/**
 * A dense matrix, row-major: entry (i, j) is `data[i * cols + j]`.
 * The shape is checked at creation; `data` is shared, not copied.
 */
export class Matrix implements RowSource {
	readonly rows: number;
	readonly cols: number;
	readonly data: Numbers;

	/** @throws UsageError when rows or cols is not a whole number >= 0, or does not fit the length of data */
	constructor(rows: number, cols: number, data: Numbers) {
		if (!(Number.isSafeInteger(rows) && rows >= 0 && Number.isSafeInteger(cols) && cols >= 0))
			throw new UsageError(`matrix: rows and cols must be whole numbers >= 0, got ${rows} x ${cols}`);
		if (!(data instanceof Float64Array || data instanceof Float32Array))
			throw new UsageError(
				`matrix: data must be a Float64Array or a Float32Array, got ${Object.prototype.toString.call(data)}`,
			);
		if (data.length !== rows * cols)
			throw new UsageError(`matrix: ${rows} x ${cols} needs ${rows * cols} numbers, got ${data.length}`);
		this.rows = rows;
		this.cols = cols;
		this.data = data;
	}

	/** Matrix of zeros. */
	static zeros(rows: number, cols: number, dtype: Dtype = "f64"): Matrix {
		return new Matrix(rows, cols, allocateNumbers(dtype, rows * cols));
	}

	/** Identity matrix, n x n. */
	static identity(n: number, dtype: Dtype = "f64"): Matrix {
		return Matrix.build(n, n, (i, j) => (i === j ? 1 : 0), dtype);
	}

	/** Matrix with entry (i, j) = entry(i, j), made in row-major order. */
	static build(rows: number, cols: number, entry: (i: number, j: number) => number, dtype: Dtype = "f64"): Matrix {
		const made = Matrix.zeros(rows, cols, dtype);
		for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < cols; j++) made.data[at++] = entry(i, j);
		return made;
	}

	/**
	 * Matrix from an array of rows.
	 * @throws UsageError when the rows differ in length
	 */
	static fromRows(rows: readonly (readonly number[])[], dtype: Dtype = "f64"): Matrix {
		const cols = rows[0]?.length ?? 0;
		const ragged = rows.findIndex((row) => row.length !== cols);
		if (ragged >= 0)
			throw new UsageError(`matrix: row ${ragged} has ${rows[ragged].length} entries, row 0 has ${cols}`);
		return Matrix.build(rows.length, cols, (i, j) => rows[i][j], dtype);
	}

	get dtype(): Dtype {
		return this.data instanceof Float64Array ? "f64" : "f32";
	}

	/** Entry (i, j); the indices are not checked. */
	at(i: number, j: number): number {
		return this.data[i * this.cols + j];
	}

	/** View of row i. */
	row(i: number): Numbers {
		return this.data.subarray(i * this.cols, (i + 1) * this.cols);
	}

	/** View of rows from..to-1. */
	slice(from: number, to: number): Matrix {
		return new Matrix(to - from, this.cols, this.data.subarray(from * this.cols, to * this.cols));
	}

	readRows(from: number, to: number, target: Numbers): void {
		const [first, count] = [from * this.cols, (to - from) * this.cols];
		// A view takes longer than a row.
		if (count <= FEW && count <= target.length) for (let at = 0; at < count; at++) target[at] = this.data[first + at];
		else copyNumbers(this.data.subarray(first, first + count), target);
	}

	/** Copy in its own storage. */
	copy(): Matrix {
		return new Matrix(this.rows, this.cols, this.data.slice());
	}

	/** The same numbers as `dtype`, rounded where that is narrower; this matrix itself where it has that type already. */
	as(dtype: Dtype): Matrix {
		if (dtype === this.dtype) return this;
		const made = Matrix.zeros(this.rows, this.cols, dtype);
		made.data.set(this.data);
		return made;
	}

	/** Array of rows, for printing and JSON. */
	toRows(): number[][] {
		return Array.from({ length: this.rows }, (_, i) => Array.from(this.row(i)));
	}
}

/**
 * All rows of a source in memory, in its number type; a matrix is given as it is, not copied.
 * @throws ComputationError (out-of-memory) when there is no memory; what the source throws
 */
export function materialise(source: RowSource): Matrix {
	if (source instanceof Matrix) return source;
	const made = Matrix.zeros(source.rows, source.cols, source.dtype);
	source.readRows(0, source.rows, made.data);
	return made;
}
