import type { Numbers } from "@attgrad/matrix-core";

/** Least and largest entry of each column, over row blocks. */
export class ColumnRange {
	readonly min: Float64Array;
	readonly max: Float64Array;

	/** A range of nothing over a number of columns, or one that is known. */
	constructor(columns: number);
	constructor(min: Float64Array, max: Float64Array);
	constructor(first: number | Float64Array, max?: Float64Array) {
		this.min = typeof first === "number" ? new Float64Array(first).fill(Number.POSITIVE_INFINITY) : first;
		this.max = max ?? new Float64Array(this.min.length).fill(Number.NEGATIVE_INFINITY);
	}

	/** Takes in `count` rows, row-major. */
	add(rows: Numbers, count: number): void {
		const columns = this.min.length;
		for (let j = 0, at = 0; j < count; j++)
			for (let b = 0; b < columns; b++, at++) {
				const x = rows[at];
				if (x < this.min[b]) this.min[b] = x;
				if (x > this.max[b]) this.max[b] = x;
			}
	}

	/** The range of all that is within `errors` of a column. */
	widened(errors: Float64Array): ColumnRange {
		return new ColumnRange(
			this.min.map((low, b) => low - errors[b]),
			this.max.map((high, b) => high + errors[b]),
		);
	}

	/** Midrange of each column. */
	middle(): Float64Array {
		return this.min.map((low, b) => low + (this.max[b] - low) / 2);
	}

	/** Half the range of each column, rounded up. */
	half(): Float64Array {
		return this.min.map((low, b) => ((this.max[b] - low) / 2) * (1 + 2 ** -50));
	}

	/** Largest |entry - centre| of each column, rounded up. */
	reach(centre: Float64Array): Float64Array {
		return centre.map((middle, b) => Math.max(this.max[b] - middle, middle - this.min[b]) * (1 + 2 ** -50));
	}
}
