import type { Matrix, Numbers } from "@attgrad/matrix-core";

/** product = factor · rows M for `count` rows, row-major; sums in double precision. */
export function rowsTimes(rows: Numbers, M: Matrix, factor: number, count: number, product: Numbers): void {
	const x = new Float64Array(M.rows);
	for (let j = 0, from = 0; j < count; j++) {
		for (let a = 0; a < x.length; a++) x[a] = factor * rows[from++];
		rowTimes(x, M, product, j * M.cols);
	}
}

/** A row of `rowsTimes`: V8 compiles it before a loop over all rows. Four sums do not wait for each other. */
function rowTimes(x: Float64Array, { cols, data }: Matrix, product: Numbers, to: number): void {
	let b = 0;
	for (; b + 4 <= cols; b += 4) {
		let s0 = 0;
		let s1 = 0;
		let s2 = 0;
		let s3 = 0;
		for (let a = 0, at = b; a < x.length; a++, at += cols) {
			const own = x[a];
			s0 += own * data[at];
			s1 += own * data[at + 1];
			s2 += own * data[at + 2];
			s3 += own * data[at + 3];
		}
		product[to + b] = s0;
		product[to + b + 1] = s1;
		product[to + b + 2] = s2;
		product[to + b + 3] = s3;
	}
	for (; b < cols; b++) {
		let sum = 0;
		for (let a = 0, at = b; a < x.length; a++, at += cols) sum += x[a] * data[at];
		product[to + b] = sum;
	}
}
