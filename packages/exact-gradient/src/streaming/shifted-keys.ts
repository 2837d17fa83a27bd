import { ColumnShift, Matrix, type RowSource } from "@attgrad/matrix-core";

/** Keys less their shift (`ColumnShift`), n x d, in double precision. */
export function shiftedKeys(A2: RowSource): Matrix {
	const { rows: n, cols: d } = A2;
	const keys = Matrix.zeros(n, d);
	A2.readRows(0, n, keys.data);
	const shift = new ColumnShift(d);
	shift.add(keys.data);
	const shifts = shift.shifts();
	for (let l = 0, at = 0; l < n; l++) for (let b = 0; b < d; b++) keys.data[at++] -= shifts[b];
	return keys;
}
