import type { Matrix } from "@attgrad/matrix-core";

/** Rows z of Z become L⁻¹ z, for a lower triangular L (K x K). K² flops a row. */
export function solveLower(L: Matrix, Z: Matrix): void {
	const K = L.rows;
	for (let j = 0; j < Z.rows; j++) {
		const z = Z.row(j);
		for (let m = 0, at = 0; m < K; m++, at = m * K) {
			let sum = z[m];
			for (let i = 0; i < m; i++) sum -= L.data[at + i] * z[i];
			z[m] = sum / L.data[at + m];
		}
	}
}

/** Rows z of Z become L⁻ᵀ z, for a lower triangular L (K x K). K² flops a row. */
export function solveUpper(L: Matrix, Z: Matrix): void {
	const K = L.rows;
	for (let j = 0; j < Z.rows; j++) {
		const z = Z.row(j);
		for (let m = K - 1; m >= 0; m--) {
			const at = m * K;
			const x = (z[m] /= L.data[at + m]);
			for (let i = 0; i < m; i++) z[i] -= L.data[at + i] * x;
		}
	}
}
