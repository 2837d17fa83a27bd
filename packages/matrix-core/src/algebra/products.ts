import { UsageError } from "../errors.ts";
import { type Dtype, Matrix, type Numbers } from "../matrix.ts";

/** Which operands a product takes transposed. */
export interface ProductOptions {
	/** @default false */
	transposeA?: boolean;
	/** @default false */
	transposeB?: boolean;
}

/** Columns of the result that are worked on at once: so many rows of B^T stay in cache. */
const PANEL = 64;

/**
 * Matrix product op(A) op(B), op = transpose where asked.
 * The result has the wider of the two number types; sums are in double precision, each in the order of the inner index,
 * whatever the shapes. Cost 2 m n k flops, and a copy of what has to be transposed.
 * @throws UsageError when the inner sizes differ
 */
export function multiply(
	A: Matrix,
	B: Matrix,
	{ transposeA = false, transposeB = false }: ProductOptions = {},
): Matrix {
	const [rows, depthA] = transposeA ? [A.cols, A.rows] : [A.rows, A.cols];
	const [depth, cols] = transposeB ? [B.cols, B.rows] : [B.rows, B.cols];
	if (depthA !== depth)
		throw new UsageError(`multiply: inner sizes differ: ${rows} x ${depthA} times ${depth} x ${cols}`);
	const C = Matrix.zeros(rows, cols, widerType(A, B));
	const a = (transposeA ? transpose(A) : A).data;
	const b = (transposeB ? B : transpose(B)).data;
	for (let from = 0; from < cols; from += PANEL)
		innerProducts(a, b, C.data, { rows, cols, depth, from, to: Math.min(cols, from + PANEL) });
	return C;
}

interface Panel {
	rows: number;
	cols: number;
	depth: number;
	from: number;
	to: number;
}

/**
 * c[i, j] = <row i of a, row j of b> for columns from..to-1. Tiles of 4 x 2 sums are independent of each other and take
 * six loads for eight products; the rows and columns that are left over are done one by one.
 */
function innerProducts(a: Numbers, b: Numbers, c: Numbers, { rows, cols, depth, from, to }: Panel): void {
	const wholeRows = rows - (rows % 4);
	const wholeTo = to - ((to - from) % 2);
	for (let i = 0; i < wholeRows; i += 4)
		for (let j = from; j < wholeTo; j += 2) {
			let [s00, s01, s10, s11, s20, s21, s30, s31] = [0, 0, 0, 0, 0, 0, 0, 0];
			let a0 = i * depth;
			let a1 = a0 + depth;
			let a2 = a1 + depth;
			let a3 = a2 + depth;
			let b0 = j * depth;
			let b1 = b0 + depth;
			for (let k = 0; k < depth; k++) {
				const y0 = b[b0++];
				const y1 = b[b1++];
				let x = a[a0++];
				s00 += x * y0;
				s01 += x * y1;
				x = a[a1++];
				s10 += x * y0;
				s11 += x * y1;
				x = a[a2++];
				s20 += x * y0;
				s21 += x * y1;
				x = a[a3++];
				s30 += x * y0;
				s31 += x * y1;
			}
			let at = i * cols + j;
			c[at] = s00;
			c[at + 1] = s01;
			c[(at += cols)] = s10;
			c[at + 1] = s11;
			c[(at += cols)] = s20;
			c[at + 1] = s21;
			c[(at += cols)] = s30;
			c[at + 1] = s31;
		}
	for (let i = 0; i < rows; i++)
		for (let j = i < wholeRows ? wholeTo : from; j < to; j++) {
			let sum = 0;
			for (let k = 0, x = i * depth, y = j * depth; k < depth; k++) sum += a[x++] * b[y++];
			c[i * cols + j] = sum;
		}
}

/** Transpose. */
export function transpose(A: Matrix): Matrix {
	const { rows, cols, data } = A;
	const made = Matrix.zeros(cols, rows, A.dtype);
	for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < cols; j++) made.data[j * rows + i] = data[at++];
	return made;
}

/** The wider of two number types. */
export function widerType(A: Matrix, B: Matrix): Dtype {
	return A.dtype === "f64" || B.dtype === "f64" ? "f64" : "f32";
}
