import { columnRange, Matrix, type RowSource } from "@attgrad/matrix-core";

/**
 * Keys less their midrange row, n x d, in double precision. Centring changes neither f nor the gradient (p 1 = 0), and keeps
 * full accuracy for keys with a large common offset.
 */
export function centredKeys(A2: RowSource): Matrix {
	const { rows: n, cols: d } = A2;
	const keys = Matrix.zeros(n, d);
	A2.readRows(0, n, keys.data);
	const { min, max } = columnRange(keys);
	const midrange = min.map((least, b) => least / 2 + max[b] / 2);
	for (let l = 0, at = 0; l < n; l++) for (let b = 0; b < d; b++) keys.data[at++] -= midrange[b];
	return keys;
}
