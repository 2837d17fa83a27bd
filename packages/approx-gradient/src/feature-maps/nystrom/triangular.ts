import { type Matrix, type Numbers, transpose } from "@attgrad/matrix-core";

/** Rows that are solved together: eight sums that do not wait for each other, and one look at an entry of L for all. */
const TOGETHER = 8;

/** Rows z of Z become L⁻¹ z, for a lower triangular L (K x K). K² flops a row; each row's sums are in the order of the columns. */
export function solveLower(L: Matrix, Z: Matrix): void {
	const { rows: K, data } = L;
	inEights(Z, (z) => {
		for (let m = 0; m < K; m++) solveEntry(z, data, m * K, m, 0, 1);
	});
}

/** Rows z of Z become L⁻ᵀ z, for a lower triangular L (K x K). K² flops a row; each row's sums are from the last column on. */
export function solveUpper(L: Matrix, Z: Matrix): void {
	const K = L.rows;
	const { data } = transpose(L);
	inEights(Z, (z) => {
		for (let m = K - 1; m >= 0; m--) solveEntry(z, data, m * K, m, K - 1, -1);
	});
}

/** Gives eight rows at a time, entry after entry, those that are missing being zeros; what they become is put back. */
function inEights({ rows, cols: K, data }: Matrix, solve: (eight: Float64Array) => void): void {
	const eight = new Float64Array(TOGETHER * K);
	for (let first = 0; first < rows; first += TOGETHER) {
		const count = Math.min(TOGETHER, rows - first);
		if (count < TOGETHER) eight.fill(0);
		for (let r = 0; r < count; r++)
			for (let i = 0, at = (first + r) * K; i < K; i++) eight[i * TOGETHER + r] = data[at++];
		solve(eight);
		for (let r = 0; r < count; r++)
			for (let i = 0, at = (first + r) * K; i < K; i++) data[at++] = eight[i * TOGETHER + r];
	}
}

/** Entry m of eight rows: less Σ L_i z_i from `first` on, in steps, up to m, and over L_m. `at` is where the row of L begins. */
function solveEntry(z: Float64Array, L: Numbers, at: number, m: number, first: number, step: 1 | -1): void {
	const own = m * TOGETHER;
	let [a, b, c, d] = [z[own], z[own + 1], z[own + 2], z[own + 3]];
	let [e, f, g, h] = [z[own + 4], z[own + 5], z[own + 6], z[own + 7]];
	for (let i = first, q = first * TOGETHER; i !== m; i += step, q += step * TOGETHER) {
		const factor = L[at + i];
		a -= factor * z[q];
		b -= factor * z[q + 1];
		c -= factor * z[q + 2];
		d -= factor * z[q + 3];
		e -= factor * z[q + 4];
		f -= factor * z[q + 5];
		g -= factor * z[q + 6];
		h -= factor * z[q + 7];
	}
	const pivot = L[at + m];
	z[own] = a / pivot;
	z[own + 1] = b / pivot;
	z[own + 2] = c / pivot;
	z[own + 3] = d / pivot;
	z[own + 4] = e / pivot;
	z[own + 5] = f / pivot;
	z[own + 6] = g / pivot;
	z[own + 7] = h / pivot;
}
