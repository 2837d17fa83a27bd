import type { Matrix, Numbers, RowSource } from "@attgrad/matrix-core";
import { rowsTimes } from "../../../rows/rows-times.ts";
import { centreRows } from "../../method/frame.ts";

/** Rows of a source, times a matrix where there is one, about a centre: in double precision, made when they are read. */
export class CentredRows implements RowSource {
	readonly rows: number;
	readonly cols: number;
	readonly dtype = "f64";
	readonly #source: RowSource;
	readonly #centre: Float64Array;
	readonly #times: Matrix | undefined;

	constructor(source: RowSource, centre: Float64Array, times?: Matrix) {
		this.rows = source.rows;
		this.cols = centre.length;
		this.#source = source;
		this.#centre = centre;
		this.#times = times;
	}

	readRows(from: number, to: number, target: Numbers): void {
		const count = to - from;
		const read = new Float64Array(count * this.#source.cols);
		this.#source.readRows(from, to, read);
		let rows = read;
		if (this.#times) {
			rows = new Float64Array(count * this.cols);
			rowsTimes(read, this.#times, 1, count, rows);
		}
		centreRows(rows, this.#centre, count, rows);
		target.set(rows);
	}
}
