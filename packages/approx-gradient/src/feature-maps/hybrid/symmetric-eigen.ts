import { Matrix } from "@attgrad/matrix-core";

/** Sweeps after which off-diagonal entries are below rounding. */
const SWEEPS = 12;

/**
 * Eigenvalues, largest first, and eigenvectors (columns) of a small symmetric matrix by Jacobi rotations. O(d³) a sweep, a few sweeps. No
 * bound of the project rests on its accuracy.
 */
export function symmetricEigen(A: Matrix): { readonly values: Float64Array; readonly vectors: Matrix } {
	const d = A.rows;
	const work = A.copy();
	const V = Matrix.identity(d);
	for (let sweep = 0; sweep < SWEEPS; sweep++) {
		let rotated = false;
		for (let p = 0; p < d; p++)
			for (let q = p + 1; q < d; q++) {
				const off = work.at(p, q);
				if (Math.abs(off) <= 1e-17 * Math.sqrt(Math.abs(work.at(p, p) * work.at(q, q)))) continue;
				rotated = true;
				const theta = (work.at(q, q) - work.at(p, p)) / (2 * off);
				const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
				const c = 1 / Math.sqrt(t * t + 1);
				rotateColumns(work, p, q, c, t * c);
				rotateRows(work, p, q, c, t * c);
				rotateColumns(V, p, q, c, t * c);
			}
		if (!rotated) break;
	}
	const order = Array.from({ length: d }, (_, i) => i).sort((i, j) => work.at(j, j) - work.at(i, i));
	return {
		values: Float64Array.from(order, (i) => work.at(i, i)),
		vectors: Matrix.build(d, d, (i, j) => V.at(i, order[j])),
	};
}

function rotateColumns({ rows, cols, data }: Matrix, p: number, q: number, c: number, s: number): void {
	for (let i = 0; i < rows; i++) {
		const [x, y] = [data[i * cols + p], data[i * cols + q]];
		data[i * cols + p] = c * x - s * y;
		data[i * cols + q] = s * x + c * y;
	}
}

function rotateRows({ cols, data }: Matrix, p: number, q: number, c: number, s: number): void {
	for (let j = 0; j < cols; j++) {
		const [x, y] = [data[p * cols + j], data[q * cols + j]];
		data[p * cols + j] = c * x - s * y;
		data[q * cols + j] = s * x + c * y;
	}
}
