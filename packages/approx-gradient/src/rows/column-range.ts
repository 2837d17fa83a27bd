import type { Numbers } from "@attgrad/matrix-core";
import { distanceUp, plus, times } from "../error-bound/index.ts";

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

	/** The range of all that is within `errors` of a column, rounded outward. */
	widened(errors: Float64Array): ColumnRange {
		// the sum of an edge and its error is rounded too
		const off = (edge: number, b: number): number =>
			errors[b] === 0 ? 0 : plus(errors[b], times(Math.abs(edge), 2 ** -52));
		return new ColumnRange(
			this.min.map((low, b) => low - off(low, b)),
			this.max.map((high, b) => high + off(high, b)),
		);
	}

	/** Midrange of each column. */
	middle(): Float64Array {
		return this.min.map((low, b) => low + (this.max[b] - low) / 2);
	}

	/** Half the range of each column, rounded up. */
	half(): Float64Array {
		return this.min.map((low, b) => {
			const range = distanceUp(this.max[b], low);
			return range < Number.POSITIVE_INFINITY ? times(range, 0.5) : distanceUp(this.max[b] / 2, low / 2);
		});
	}

	/** Largest |entry - centre| of each column, rounded up. */
	reach(centre: Float64Array): Float64Array {
		return centre.map((middle, b) => Math.max(distanceUp(this.max[b], middle), distanceUp(middle, this.min[b])));
	}
}
