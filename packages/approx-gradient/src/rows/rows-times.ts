import type { Matrix, Numbers } from "@attgrad/matrix-core";

/** product = factor · rows M for `count` rows, row-major; sums in double precision. */
export function rowsTimes(rows: Numbers, M: Matrix, factor: number, count: number, product: Numbers): void {
	const { rows: depth, cols, data } = M;
	const x = new Float64Array(depth);
	for (let j = 0, from = 0, to = 0; j < count; j++) {
		for (let a = 0; a < depth; a++) x[a] = factor * rows[from++];
		let b = 0;
		// Four sums do not wait for each other.
		for (; b + 4 <= cols; b += 4) {
			let s0 = 0;
			let s1 = 0;
			let s2 = 0;
			let s3 = 0;
			for (let a = 0, at = b; a < depth; a++, at += cols) {
				const own = x[a];
				s0 += own * data[at];
				s1 += own * data[at + 1];
				s2 += own * data[at + 2];
				s3 += own * data[at + 3];
			}
			product[to++] = s0;
			product[to++] = s1;
			product[to++] = s2;
			product[to++] = s3;
		}
		for (; b < cols; b++) {
			let sum = 0;
			for (let a = 0, at = b; a < depth; a++, at += cols) sum += x[a] * data[at];
			product[to++] = sum;
		}
	}
}
