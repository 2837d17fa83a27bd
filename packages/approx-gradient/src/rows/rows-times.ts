import type { Matrix, Numbers } from "@attgrad/matrix-core";

/** product = factor · rows M for `count` rows, row-major; sums in double precision. */
export function rowsTimes(rows: Numbers, M: Matrix, factor: number, count: number, product: Numbers): void {
	const { rows: depth, cols, data } = M;
	product.fill(0, 0, count * cols);
	for (let j = 0, from = 0, to = 0; j < count; j++, to += cols)
		for (let a = 0, at = 0; a < depth; a++) {
			const x = factor * rows[from++];
			for (let b = to; b < to + cols; b++) product[b] += x * data[at++];
		}
}
