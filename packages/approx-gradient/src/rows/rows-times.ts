import type { Matrix, Numbers } from "@attgrad/matrix-core";

/** product = factor · rows M for `count` rows, row-major; sums in double precision. */
export function rowsTimes(rows: Numbers, M: Matrix, factor: number, count: number, product: Numbers): void {
	const { rows: depth, cols } = M;
	product.fill(0, 0, count * cols);
	for (let j = 0; j < count; j++)
		for (let a = 0; a < depth; a++) {
			const x = factor * rows[j * depth + a];
			for (let b = 0; b < cols; b++) product[j * cols + b] += x * M.data[a * cols + b];
		}
}
