// The sums that an anisotropic set leaves out of a row's sums: the same formulas as `anisotropic/truncation.ts`. A row is a lane, in double
// precision but for the sums over the boundary, which are in the type of the features.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { addEvaluated } from "../features/outputs";
import { clearPanels, panelBytes } from "../panels/panel";

/**
 * Places among the TRUNCATED_PANELS panels of a block of rows: for each column the terms that its error sum leaves out, and the gap of the gradient; then
 * what is left out of the pilot, of Σ ω s^2p and of Σ ω s² ‖k‖².
 */
export const LACKING: usize = 0;
export const GAP: usize = 1;
export const PILOT: usize = GAP + 5;
export const SCORES: usize = PILOT + 1;
export const WEIGHTED: usize = SCORES + 1;

/** |feature| of `count` boundary nodes, whose offsets in panels are in `nodes`. */
function featureSizes<T>(count: i32, nodes: usize, feature: usize, sizes: usize): void {
	const P = panelBytes();
	for (const end = nodes + (<usize>count << 2); nodes < end; nodes += 4, sizes += P) {
		const f = feature + <usize>load<i32>(nodes) * P;
		// unroll v: TILE_VECTORS
		const f$v = v128.abs<T>(v128.load(f, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(sizes, f$v, $v * 16);
	}
}

/**
 * The sums over the boundary by degree b = 0..g and column, (g + 1) x columns panels.
 * starts: g + 2 places in `nodes`; moments: multinomials times moments, by node; sizes: RUN_NODES panels.
 */
export function boundarySums<T>(
	degree: i32, columns: i32, starts: usize, nodes: usize, moments: usize, feature: usize, sums: usize, sizes: usize,
): void {
	const P = panelBytes(), stride = <usize>columns * sizeof<T>();
	clearPanels(sums, (degree + 1) * columns);
	for (let b = 0; b <= degree; b++, starts += 4, sums += <usize>columns * P) {
		const end = load<i32>(starts, 4);
		for (let first = load<i32>(starts); first < end; first += RUN_NODES) {
			const count = min(RUN_NODES, end - first);
			featureSizes<T>(count, nodes + (<usize>first << 2), feature, sizes);
			addEvaluated<T>(columns, sizes, count, moments + <usize>first * stride, stride, sums);
		}
	}
}

/**
 * inner and outer sums of a column, k = 0..g + 1, g + 2 panels each: from the sums over the boundary, `step` bytes apart.
 * factors: the rounding of those sums, then what they lose of Σ ω x and, for the column, of Σ ω; ones, column: panels of these.
 */
function truncatedColumn(
	degree: i32, starts: usize, factors: usize, ofWeights: f64, boundary: usize, step: usize, ones: usize, column: usize, reach: usize, inner: usize,
): void {
	const P = panelBytes(), half = <usize>(degree + 2) * P, rounded = v128.load_splat<f64>(factors), ofColumn = v128.load_splat<f64>(factors, 8);
	clearPanels(inner, 2 * (degree + 2));
	const slack = v128.splat<f64>(1.000000000001), weights = v128.splat<f64>(ofWeights);
	// unroll v: TILE_VECTORS
	const R$v = v128.load(reach, $v * 16);
	// unroll v: TILE_VECTORS
	let power$v = multiplyAdd<f64>(ofColumn, v128.load(column, $v * 16), v128.mul<f64>(weights, v128.load(ones, $v * 16)));
	for (let b = 0; b <= degree; b++, boundary += step, starts += 4) {
		if (load<i32>(starts) < load<i32>(starts, 4)) {
			// unroll v: TILE_VECTORS
			let t$v = v128.mul<f64>(slack, multiplyAdd<f64>(rounded, v128.load(boundary, $v * 16), power$v));
			const own = inner + <usize>b * P;
			// unroll v: TILE_VECTORS
			const first$v = v128.add<f64>(t$v, v128.load(own, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(own, first$v, $v * 16);
			for (let k = b + 1; k <= degree + 1; k++) {
				const to = inner + <usize>k * P, next = v128.splat<f64>(<f64>k / <f64>(k - b));
				// unroll v: TILE_VECTORS
				t$v = v128.mul<f64>(t$v, v128.mul<f64>(next, R$v));
				// unroll v: TILE_VECTORS
				const inner$v = v128.add<f64>(t$v, v128.load(to, $v * 16));
				// unroll v: TILE_VECTORS
				const outer$v = v128.add<f64>(t$v, v128.load(to + half, $v * 16));
				// unroll v: TILE_VECTORS
				v128.store(to, inner$v, $v * 16);
				// unroll v: TILE_VECTORS
				v128.store(to + half, outer$v, $v * 16);
			}
		}
		// unroll v: TILE_VECTORS
		power$v = v128.mul<f64>(power$v, R$v);
	}
}

/** Two panels of a column: the terms that its error sum leaves out, and those that the gradient leaves out or has in excess. */
function errorAndGap(degree: i32, r: i32, solution: usize, inner: usize, to: usize): void {
	const P = panelBytes(), outer = inner + <usize>(degree + 2) * P, w = solution + <usize>(degree + 1) * P, factor = w + <usize>(2 * r + 1) * P;
	const slack = v128.splat<f64>(1.000000000001);
	// unroll v: TILE_VECTORS
	let a$v = zero();
	// unroll v: TILE_VECTORS
	let g$v = zero();
	// unroll v: TILE_VECTORS
	let s$v = zero();
	for (let k: usize = 0; k <= <usize>degree; k++) {
		// unroll v: TILE_VECTORS
		const c$v = v128.abs<f64>(v128.load(solution + k * P, $v * 16));
		// unroll v: TILE_VECTORS
		a$v = multiplyAdd<f64>(c$v, v128.load(outer + k * P, $v * 16), a$v);
		// unroll v: TILE_VECTORS
		g$v = multiplyAdd<f64>(c$v, v128.load(inner + k * P, $v * 16), g$v);
	}
	for (let k: usize = 0; k <= <usize>(2 * r); k++) {
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(v128.abs<f64>(v128.load(w + k * P, $v * 16)), v128.load(outer + k * P, $v * 16), s$v);
	}
	// unroll v: TILE_VECTORS
	a$v = v128.mul<f64>(slack, multiplyAdd<f64>(v128.load(factor, $v * 16), s$v, a$v));
	// unroll v: TILE_VECTORS
	v128.store(to, a$v, $v * 16);
	// unroll v: TILE_VECTORS
	g$v = v128.mul<f64>(slack, g$v);
	// unroll v: TILE_VECTORS
	v128.store(to + P, g$v, $v * 16);
}

/** to = a panel. */
// @ts-ignore: decorator
@inline
function keepPanel(from: usize, to: usize): void {
	memory.copy(to, from, panelBytes());
}

/**
 * The TRUNCATED_PANELS panels of a block of rows. boundary: sums over the boundary, (g + 1) x columns panels of doubles; sums: power sums of the
 * columns, 2 r + 1 panels each; scratch: 4 (g + 2) panels.
 */
export function truncate(
	degree: i32, r: i32, columns: i32, starts: usize, factors: usize, boundary: usize, solution: usize, sums: usize, reach: usize, scratch: usize,
	to: usize,
): void {
	const P = panelBytes(), own = <usize>(2 * r + 1) * P, step = <usize>columns * P, half = <usize>(degree + 2) * P, p: usize = r >= 2 ? 2 : 1;
	clearPanels(to, TRUNCATED_PANELS);
	for (let x: usize = 0; x < <usize>columns; x++) {
		// Ones are kept for the pilot, which takes them with the keys.
		const inner = x == 0 ? scratch : scratch + 2 * half;
		truncatedColumn(degree, starts, factors, load<f64>(factors + 16 + 8 * x), boundary + x * P, step, sums, sums + x * own, reach, inner);
		errorAndGap(degree, r, solution, inner, to + 2 * x * P);
	}
	if (columns == 1 || r == 0) return;
	const keys = scratch + 2 * half;
	keepPanel(scratch + half + 2 * p * P, to + SCORES * P);
	keepPanel(keys + half + 2 * P, to + WEIGHTED * P);
	// unroll v: TILE_VECTORS
	let l$v = zero();
	let factorial: f64 = 1;
	for (let k: usize = 0; k <= p && k <= <usize>degree; k++) {
		if (k > 0) factorial *= <f64>k;
		const share = v128.splat<f64>(1.0 / factorial * 1.000000000001);
		// unroll v: TILE_VECTORS
		const both$v = v128.mul<f64>(v128.load(scratch + k * P, $v * 16), v128.load(keys + k * P, $v * 16));
		// unroll v: TILE_VECTORS
		l$v = multiplyAdd<f64>(share, v128.sqrt<f64>(both$v), l$v);
	}
	// unroll v: TILE_VECTORS
	v128.store(to + PILOT * P, l$v, $v * 16);
}
