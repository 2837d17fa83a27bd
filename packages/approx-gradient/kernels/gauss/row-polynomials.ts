// Polynomials of a panel of rows, one each, from the power sums of their scores: `row-polynomial.ts` in TypeScript says what is
// computed. All in double precision, every quantity a panel of doubles; a row is a lane.

import { multiplyAdd, multiplySubtract, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { exponentialBelow } from "@attgrad/matrix-core/kernels/exponential";
import { panelBytes } from "../panels/panel";

/** Places of the doubles that a solution takes, in bytes from the address of the constants. */
export const SUM_ERROR: usize = 0;
const RIDGE: usize = SUM_ERROR + 8;
const TAIL: usize = RIDGE + 8;
const SQUARE_ERROR: usize = TAIL + 8;
const OFFSET_ERROR: usize = SQUARE_ERROR + 8;
/** t_k, k = 0..M, of a polynomial for exp begin there. */
const EXPONENTIAL: usize = OFFSET_ERROR + 8;

/** Panels of a solution: coefficients a (g + 1), square w (2 r + 1), then factor C, offset ρ, square error, and e^R. */
// @ts-ignore: decorator
@inline
export function solutionPanels(degree: i32, nodes: i32): i32 {
	return degree + 2 * nodes + 6;
}

/** Panels of scratch that `solveRows` takes. */
// @ts-ignore: decorator
@inline
export function solvePanels(nodes: i32, terms: i32): i32 {
	return nodes * nodes + 3 * nodes + terms + 3;
}

/**
 * π, monic of degree r: the Hankel system of the power sums over their size, by L D Lᵀ with pivots above the ridge. Rows whose
 * system is lost to rounding get s^r.
 * scratch: nu (2 r), H (r x r).
 */
function orthogonal(r: i32, constants: usize, sums: usize, reach: usize, pi: usize, nu: usize): void {
	const P = panelBytes(), H = nu + <usize>(2 * r) * P, tiny = v128.splat<f64>(1e-300), one = v128.splat<f64>(1);
	// unroll v: TILE_VECTORS
	v128.store(pi + <usize>r * P, one, $v * 16);
	if (r == 0) return;
	// unroll v: TILE_VECTORS
	const inverse$v = v128.div<f64>(one, v128.load(sums, $v * 16));
	// unroll v: TILE_VECTORS
	const deviation$v = v128.sqrt<f64>(v128.max<f64>(tiny, v128.mul<f64>(v128.load(sums + 2 * P, $v * 16), inverse$v)));
	// unroll v: TILE_VECTORS
	const step$v = v128.div<f64>(one, deviation$v);
	// unroll v: TILE_VECTORS
	let power$v = inverse$v;
	// unroll v: TILE_VECTORS
	let ridge$v = zero();
	for (let k = 0, at = nu, from = sums; k < 2 * r; k++, at += P, from += P) {
		// unroll v: TILE_VECTORS
		const n$v = v128.mul<f64>(v128.load(from, $v * 16), power$v);
		// unroll v: TILE_VECTORS
		v128.store(at, n$v, $v * 16);
		// unroll v: TILE_VECTORS
		power$v = v128.mul<f64>(power$v, step$v);
		if (k & 1) continue;
		// unroll v: TILE_VECTORS
		ridge$v = v128.add<f64>(ridge$v, n$v);
	}
	const share = v128.load_splat<f64>(constants, RIDGE);
	// unroll v: TILE_VECTORS
	ridge$v = v128.mul<f64>(ridge$v, share);
	// L D Lᵀ: L below the diagonal, 1/D on it, L D above, so that each pivot is divided by once.
	for (let i = 0; i < r; i++)
		for (let j = 0; j <= i; j++) {
			// unroll v: TILE_VECTORS
			let e$v = v128.load(nu + <usize>(i + j) * P, $v * 16);
			for (let k = 0, x = H + <usize>i * P, y = H + <usize>(j * r) * P; k < j; k++, x += <usize>r * P, y += P) {
				// unroll v: TILE_VECTORS
				e$v = multiplySubtract<f64>(v128.load(x, $v * 16), v128.load(y, $v * 16), e$v);
			}
			const to = H + <usize>(i * r + j) * P;
			if (i == j) {
				// unroll v: TILE_VECTORS
				e$v = v128.div<f64>(one, v128.max<f64>(v128.add<f64>(e$v, ridge$v), ridge$v));
				// unroll v: TILE_VECTORS
				v128.store(to, e$v, $v * 16);
			} else {
				const above = H + <usize>(j * r + i) * P, pivot = H + <usize>(j * r + j) * P;
				// unroll v: TILE_VECTORS
				v128.store(above, e$v, $v * 16);
				// unroll v: TILE_VECTORS
				e$v = v128.mul<f64>(e$v, v128.load(pivot, $v * 16));
				// unroll v: TILE_VECTORS
				v128.store(to, e$v, $v * 16);
			}
		}
	const none = zero();
	for (let i = 0; i < r; i++) {
		const to = pi + <usize>i * P, from = nu + <usize>(r + i) * P;
		// unroll v: TILE_VECTORS
		let p$v = v128.sub<f64>(none, v128.load(from, $v * 16));
		for (let k = 0, x = H + <usize>(i * r) * P, y = pi; k < i; k++, x += P, y += P) {
			// unroll v: TILE_VECTORS
			p$v = multiplySubtract<f64>(v128.load(x, $v * 16), v128.load(y, $v * 16), p$v);
		}
		// unroll v: TILE_VECTORS
		v128.store(to, p$v, $v * 16);
	}
	for (let i = r - 1; i >= 0; i--) {
		const to = pi + <usize>i * P, pivot = H + <usize>(i * r + i) * P;
		// unroll v: TILE_VECTORS
		let p$v = v128.mul<f64>(v128.load(to, $v * 16), v128.load(pivot, $v * 16));
		for (let k = i + 1; k < r; k++) {
			const x = H + <usize>(k * r + i) * P, y = pi + <usize>k * P;
			// unroll v: TILE_VECTORS
			p$v = multiplySubtract<f64>(v128.load(x, $v * 16), v128.load(y, $v * 16), p$v);
		}
		// unroll v: TILE_VECTORS
		v128.store(to, p$v, $v * 16);
	}
	// unroll v: TILE_VECTORS
	power$v = deviation$v;
	for (let k = r - 1; k >= 0; k--) {
		const to = pi + <usize>k * P;
		// unroll v: TILE_VECTORS
		const p$v = v128.mul<f64>(v128.load(to, $v * 16), power$v);
		// unroll v: TILE_VECTORS
		v128.store(to, p$v, $v * 16);
		// unroll v: TILE_VECTORS
		power$v = v128.mul<f64>(power$v, deviation$v);
	}
	// Zeros within R give Σ |π_i| R^i <= (2 R)^r: what is far beyond comes from rounding.
	// unroll v: TILE_VECTORS
	const R$v = v128.load(reach, $v * 16);
	// unroll v: TILE_VECTORS
	let size$v = one;
	// unroll v: TILE_VECTORS
	let most$v = v128.splat<f64>(2);
	for (let k = r - 1; k >= 0; k--) {
		// unroll v: TILE_VECTORS
		size$v = multiplyAdd<f64>(size$v, R$v, v128.abs<f64>(v128.load(pi + <usize>k * P, $v * 16)));
		// unroll v: TILE_VECTORS
		most$v = v128.mul<f64>(most$v, v128.add<f64>(R$v, R$v));
	}
	// unroll v: TILE_VECTORS
	const finite$v = v128.le<f64>(size$v, most$v);
	for (let k = 0; k < r; k++) {
		const to = pi + <usize>k * P;
		// unroll v: TILE_VECTORS
		const made3$v = v128.and(finite$v, v128.load(to, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(to, made3$v, $v * 16);
	}
}

/** w = π², and squareError: `SQUARE_ERROR` times (Σ |π_i| R^i)², which is left in `size`. */
function square(r: i32, constants: usize, reach: usize, pi: usize, w: usize, size: usize, squareError: usize): void {
	const P = panelBytes();
	memory.fill(w, 0, <usize>(2 * r + 1) * P);
	// unroll v: TILE_VECTORS
	const R$v = v128.load(reach, $v * 16);
	// unroll v: TILE_VECTORS
	let s$v = zero();
	for (let i = r; i >= 0; i--) {
		// unroll v: TILE_VECTORS
		const x$v = v128.load(pi + <usize>i * P, $v * 16);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(s$v, R$v, v128.abs<f64>(x$v));
		for (let k = 0, to = w + <usize>i * P, y = pi; k <= r; k++, to += P, y += P) {
			// unroll v: TILE_VECTORS
			const p$v = multiplyAdd<f64>(x$v, v128.load(y, $v * 16), v128.load(to, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(to, p$v, $v * 16);
		}
	}
	const error = v128.load_splat<f64>(constants, SQUARE_ERROR);
	// unroll v: TILE_VECTORS
	s$v = v128.mul<f64>(s$v, s$v);
	// unroll v: TILE_VECTORS
	v128.store(size, s$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(squareError, v128.mul<f64>(s$v, error), $v * 16);
}

/** The polynomial of degree M for exp divided by w: coefficients a (the remainder, with the middle of the quotient for an even degree), factor and offset. */
function divide(
	degree: i32, r: i32, M: i32, constants: usize, reach: usize, w: usize, size: usize, exponential: usize, rest: usize, a: usize,
	factor: usize, offset: usize,
): void {
	const P = panelBytes(), m = 2 * r;
	for (let k = 0, to = rest, from = constants + EXPONENTIAL; k <= M; k++, to += P, from += 8) {
		const term = v128.load_splat<f64>(from);
		// unroll v: TILE_VECTORS
		v128.store(to, term, $v * 16);
	}
	for (let k = M; k >= m; k--) {
		const x = rest + <usize>k * P;
		// unroll v: TILE_VECTORS
		const x$v = v128.load(x, $v * 16);
		for (let to = rest + <usize>(k - m) * P, y = w; to < x; to += P, y += P) {
			// unroll v: TILE_VECTORS
			const d$v = multiplySubtract<f64>(x$v, v128.load(y, $v * 16), v128.load(to, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(to, d$v, $v * 16);
		}
	}
	// unroll v: TILE_VECTORS
	const R$v = v128.load(reach, $v * 16);
	// unroll v: TILE_VECTORS
	let power$v = R$v;
	// unroll v: TILE_VECTORS
	let size$v = zero();
	// unroll v: TILE_VECTORS
	let above$v = zero();
	const none = zero();
	for (let k = m + 1, from = rest + <usize>(m + 1) * P; k <= M; k++, from += P) {
		// unroll v: TILE_VECTORS
		const term$v = v128.mul<f64>(v128.load(from, $v * 16), power$v);
		// unroll v: TILE_VECTORS
		size$v = v128.add<f64>(size$v, v128.abs<f64>(term$v));
		// unroll v: TILE_VECTORS
		power$v = v128.mul<f64>(power$v, R$v);
		if ((k - m) & 1) continue;
		// unroll v: TILE_VECTORS
		above$v = v128.add<f64>(above$v, v128.max<f64>(term$v, none));
	}
	const first = rest + <usize>m * P, unit = v128.splat<f64>(2.220446049250313e-16), half = v128.splat<f64>(0.5);
	// unroll v: TILE_VECTORS
	const first$v = v128.abs<f64>(v128.load(first, $v * 16));
	// unroll v: TILE_VECTORS
	let factor$v = v128.add<f64>(size$v, first$v);
	// unroll v: TILE_VECTORS
	let whole$v = factor$v;
	memory.copy(a, rest, <usize>m * P);
	if (degree == m) {
		// unroll v: TILE_VECTORS
		const middle$v = multiplyAdd<f64>(half, above$v, v128.load(first, $v * 16));
		for (let to = a, y = w; to < a + <usize>m * P; to += P, y += P) {
			// unroll v: TILE_VECTORS
			const s$v = multiplyAdd<f64>(middle$v, v128.load(y, $v * 16), v128.load(to, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(to, s$v, $v * 16);
		}
		// unroll v: TILE_VECTORS
		v128.store(a + <usize>m * P, middle$v, $v * 16);
		// unroll v: TILE_VECTORS
		const both$v = v128.add<f64>(first$v, v128.abs<f64>(middle$v));
		// unroll v: TILE_VECTORS
		factor$v = multiplyAdd<f64>(unit, both$v, multiplySubtract<f64>(half, above$v, size$v));
		// unroll v: TILE_VECTORS
		whole$v = v128.add<f64>(whole$v, v128.add<f64>(both$v, both$v));
	}
	// unroll v: TILE_VECTORS
	v128.store(factor, multiplyAdd<f64>(unit, size$v, factor$v), $v * 16);
	const error = v128.load_splat<f64>(constants, OFFSET_ERROR), tail = v128.load_splat<f64>(constants, TAIL);
	// unroll v: TILE_VECTORS
	const terms$v = multiplyAdd<f64>(whole$v, v128.load(size, $v * 16), v128.load(exponential, $v * 16));
	// unroll v: TILE_VECTORS
	v128.store(offset, multiplyAdd<f64>(error, terms$v, tail), $v * 16);
}

/**
 * The polynomials of a panel of rows, see `solutionPanels`.
 * @param sums m_0..m_2r, panels that follow each other
 * @param table of `prepareExponential<f64>`
 * @param scratch `solvePanels` panels
 */
export function solveRows(
	degree: i32, r: i32, M: i32, constants: usize, sums: usize, reach: usize, table: usize, solution: usize, scratch: usize,
): void {
	const P = panelBytes(), w = solution + <usize>(degree + 1) * P, factor = w + <usize>(2 * r + 1) * P;
	const pi = scratch, size = pi + <usize>(r + 1) * P, nu = size + P;
	// unroll v: TILE_VECTORS
	const e$v = exponentialBelow<f64>(v128.load(reach, $v * 16), table);
	// unroll v: TILE_VECTORS
	v128.store(factor + 3 * P, e$v, $v * 16);
	orthogonal(r, constants, sums, reach, pi, nu);
	square(r, constants, reach, pi, w, size, factor + 2 * P);
	divide(degree, r, M, constants, reach, w, size, factor + 3 * P, nu, solution, factor, factor + P);
}
