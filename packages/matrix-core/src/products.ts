import { UsageError } from "./errors.ts";
import { type Dtype, Matrix, type Numbers } from "./matrix.ts";

/** Which operands a product takes transposed. */
export interface ProductOptions {
	/** @default false */
	transposeA?: boolean;
	/** @default false */
	transposeB?: boolean;
}

/** Columns of B, and depth, that one block holds: 64 x 256 doubles are 128 KiB and stay in L2. */
const BLOCK = { depth: 64, cols: 256 };

/**
 * Matrix product op(A) op(B), op = transpose where asked.
 * The result has the wider of the two number types. Cost 2 m n k flops.
 * @throws UsageError when the inner sizes differ
 */
export function multiply(
	A: Matrix,
	B: Matrix,
	{ transposeA = false, transposeB = false }: ProductOptions = {},
): Matrix {
	const left = transposeA ? transpose(A) : A;
	const [depth, cols] = transposeB ? [B.cols, B.rows] : [B.rows, B.cols];
	if (left.cols !== depth)
		throw new UsageError(`multiply: inner sizes differ: ${left.rows} x ${left.cols} times ${depth} x ${cols}`);
	const C = Matrix.zeros(left.rows, cols, widerType(A, B));
	if (transposeB) dotProducts(left.data, B.data, C.data, left.rows, cols, depth);
	else accumulateRows(left.data, B.data, C.data, left.rows, cols, depth);
	return C;
}

/** C += A B, all row-major, in blocks of B that stay in cache; the inner loop runs along a row of B. */
function accumulateRows(a: Numbers, b: Numbers, c: Numbers, rows: number, cols: number, depth: number): void {
	for (let k0 = 0; k0 < depth; k0 += BLOCK.depth) {
		const k1 = Math.min(depth, k0 + BLOCK.depth);
		for (let j0 = 0; j0 < cols; j0 += BLOCK.cols) {
			const j1 = Math.min(cols, j0 + BLOCK.cols);
			for (let i = 0; i < rows; i++)
				for (let k = k0; k < k1; k++) {
					const x = a[i * depth + k]!;
					const shift = k * cols;
					for (let j = j0, at = i * cols + j0; j < j1; j++, at++) c[at]! += x * b[shift + j]!;
				}
		}
	}
}

/** C = A B^T: every entry is an inner product of two rows. */
function dotProducts(a: Numbers, b: Numbers, c: Numbers, rows: number, cols: number, depth: number): void {
	for (let j0 = 0; j0 < cols; j0 += BLOCK.depth) {
		const j1 = Math.min(cols, j0 + BLOCK.depth);
		for (let i = 0; i < rows; i++)
			for (let j = j0; j < j1; j++) {
				let sum = 0;
				for (let k = 0, x = i * depth, y = j * depth; k < depth; k++, x++, y++) sum += a[x]! * b[y]!;
				c[i * cols + j] = sum;
			}
	}
}

/** Transpose. */
export function transpose(A: Matrix): Matrix {
	return Matrix.build(A.cols, A.rows, (i, j) => A.at(j, i), A.dtype);
}

/** The wider of two number types. */
export function widerType(A: Matrix, B: Matrix): Dtype {
	return A.dtype === "f64" || B.dtype === "f64" ? "f64" : "f32";
}
