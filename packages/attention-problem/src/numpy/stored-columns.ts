import { allocateNumbers, type Dtype, type Numbers, type RowSource } from "@attgrad/matrix-core";
import type { StoredRows } from "./stored-rows.ts";

/**
 * Rows of an array that lies uncompressed and column by column (Fortran order) in a file: of each column the piece that is
 * asked for is read. The CRC is checked where all rows are read at once.
 */
export class StoredColumns implements RowSource {
	readonly rows: number;
	readonly cols: number;
	readonly dtype: Dtype;
	/** The columns, each a row of the file. */
	readonly #columns: StoredRows;
	#piece: Numbers = new Float64Array(0);

	constructor(columns: StoredRows) {
		this.rows = columns.cols;
		this.cols = columns.rows;
		this.dtype = columns.dtype;
		this.#columns = columns;
	}

	readRows(from: number, to: number, target: Numbers): void {
		const { cols } = this;
		const count = to - from;
		const dtype = target instanceof Float64Array ? "f64" : "f32";
		if (this.#piece.length < count || this.#piece.constructor !== target.constructor)
			this.#piece = allocateNumbers(dtype, count);
		const piece = this.#piece;
		for (let col = 0; col < cols; col++) {
			this.#columns.readElements(col * this.rows + from, col * this.rows + to, piece);
			for (let row = 0; row < count; row++) target[row * cols + col] = piece[row];
		}
	}
}
