import { type Dtype, Matrix, type Numbers, type RowSource, UsageError } from "@attgrad/matrix-core";

/** An array of shape (n, d), (heads, n, d) or (batch, heads, n, d), as one matrix: the heads lie one below the other. */
export interface HeadArray<Rows extends RowSource = Matrix> {
	/** The axes: 2, 3 or 4 of them. */
	readonly shape: readonly number[];
	/** All rows, (batch · heads · n) x d. */
	readonly rows: Rows;
}

/** Sizes of a `HeadArray`; batch and heads are 1 where it has no such axis. */
export interface HeadSizes {
	readonly batch: number;
	readonly heads: number;
	readonly n: number;
	readonly d: number;
}

/**
 * A head array of numbers in row-major order; no copy.
 * @throws UsageError when the shape does not have 2 to 4 axes, or does not fit the length of data
 */
export function headArray(shape: readonly number[], data: Numbers): HeadArray {
	requireAxes("array", shape);
	const [cols] = shape.slice(-1);
	const rows = shape.slice(0, -1).reduce((product, axis) => product * axis, 1);
	const array = { shape, rows: new Matrix(rows, cols, data) };
	headSizes("array", array);
	return array;
}

/** @throws UsageError when the shape does not have 2 to 4 axes, has an axis of 0, or is not that of the rows */
export function headSizes(name: string, { shape, rows }: HeadArray<RowSource>): HeadSizes {
	requireAxes(name, shape);
	const [d, n, heads = 1, batch = 1] = shape.toReversed() as [number, number, number?, number?];
	if (batch * heads * n !== rows.rows || d !== rows.cols)
		throw new UsageError(`${name} of shape ${shapeText(shape)} got rows that are ${rows.rows} x ${rows.cols}`);
	return { batch, heads, n, d };
}

function requireAxes(name: string, shape: readonly number[]): void {
	if (shape.length < 2 || shape.length > 4)
		throw new UsageError(
			`${name} must have shape (n, d), (heads, n, d) or (batch, heads, n, d), got ${shapeText(shape)}`,
		);
	if (shape.some((axis) => axis === 0))
		throw new UsageError(`${name} must have no axis of length 0, got shape ${shapeText(shape)}`);
}

/** `(4, 21, 5)` */
export const shapeText = (shape: readonly number[]): string => `(${shape.join(", ")})`;

/** Rows from..to-1 of a source as a source of their own: a view of a matrix, a window on any other. */
export function rowsBetween<Rows extends RowSource>(source: Rows, from: number, to: number): Rows;
export function rowsBetween(source: RowSource, from: number, to: number): RowSource {
	if (source instanceof Matrix) return source.slice(from, to);
	const { cols, dtype }: { cols: number; dtype: Dtype } = source;
	const readRows = (first: number, last: number, target: Numbers) => source.readRows(from + first, from + last, target);
	return { rows: to - from, cols, dtype, readRows };
}
