// Sums over panels of rows with a polynomial of their own: sums of a degree, what they combine to, and terms of bounds.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { RUN_SIZE } from "../features/features";
import { addEvaluated } from "../features/outputs";
import { clearPanels, panelBytes } from "../panels/panel";

/**
 * N (`columns` panels) += Sᵀ features over the nodes of `runs` runs of products, whose features are not made: a run adds its factor
 * times the sum over its parents. S: the moments of these nodes. sums: `columns` panels.
 */
export function addProducts<T>(columns: i32, runs: i32, table: usize, feature: usize, S: usize, N: usize, sums: usize): void {
	const P = panelBytes(), stride = <usize>columns * sizeof<T>(), end = sums + <usize>columns * P;
	for (const last = table + <usize>runs * RUN_SIZE; table < last; table += RUN_SIZE) {
		const z = feature + <usize>load<i32>(table) * P, parent = feature + <usize>load<i32>(table, 4) * P, length = load<i32>(table, 8);
		clearPanels(sums, columns);
		addEvaluated<T>(columns, parent, length, S, stride, sums);
		S += <usize>length * stride;
		// unroll v: TILE_VECTORS
		const z$v = v128.load(z, $v * 16);
		for (let at = sums, to = N; at < end; at += P, to += P) {
			// unroll v: TILE_VECTORS
			const n$v = multiplyAdd<T>(z$v, v128.load(at, $v * 16), v128.load(to, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(to, n$v, $v * 16);
		}
	}
}

/** N[i] = Σ_k a_k · byDegree[k][i] for the first d + 1 of the columns of each degree. */
export function combine<T>(d: i32, degree: i32, columns: i32, coefficients: usize, byDegree: usize, N: usize): void {
	const P = panelBytes(), step = <usize>columns * P;
	for (let i = 0; i <= d; i++, byDegree += P, N += P) {
		// unroll v: TILE_VECTORS
		let n$v = zero();
		for (let k = 0, from = byDegree, a = coefficients; k <= degree; k++, from += step, a += P) {
			// unroll v: TILE_VECTORS
			n$v = multiplyAdd<T>(v128.load(a, $v * 16), v128.load(from, $v * 16), n$v);
		}
		// unroll v: TILE_VECTORS
		v128.store(N, n$v, $v * 16);
	}
}

/** out[i] = N[i] / D for d panels. */
export function normalised<T>(d: i32, N: usize, out: usize): void {
	const P = panelBytes(), normaliser = N + <usize>d * P;
	// unroll v: TILE_VECTORS
	const i$v = v128.div<T>(v128.splat<T>(<T>1), v128.load(normaliser, $v * 16));
	for (; N < normaliser; N += P, out += P) {
		// unroll v: TILE_VECTORS
		const made3$v = v128.mul<T>(v128.load(N, $v * 16), i$v);
		// unroll v: TILE_VECTORS
		v128.store(out, made3$v, $v * 16);
	}
}

/** out[i] = a · x[i] for `columns` panels. */
// @ts-ignore: decorator
@inline
export function scalePanels<T>(columns: i32, a: usize, x: usize, out: usize): void {
	// unroll v: TILE_VECTORS
	const a$v = v128.load(a, $v * 16);
	for (const end = x + <usize>columns * panelBytes(); x < end; x += panelBytes(), out += panelBytes()) {
		// unroll v: TILE_VECTORS
		const made6$v = v128.mul<T>(a$v, v128.load(x, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(out, made6$v, $v * 16);
	}
}

/** sums[x · d + a] += |input_a| · terms[x] for d + 2 panels of terms and d of inputs, in double precision. */
export function addTerms(d: i32, inputs: usize, terms: usize, sums: usize): void {
	const P = panelBytes();
	for (let x = 0; x < d + 2; x++, terms += P) {
		// unroll v: TILE_VECTORS
		const t$v = v128.load(terms, $v * 16);
		for (let a = inputs; a < inputs + <usize>d * P; a += P, sums += P) {
			// unroll v: TILE_VECTORS
			const s$v = multiplyAdd<f64>(v128.abs<f64>(v128.load(a, $v * 16)), t$v, v128.load(sums, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(sums, s$v, $v * 16);
		}
	}
}

/** most = max(most, κ) over accepted rows. */
// @ts-ignore: decorator
@inline
export function raiseKappa(accepted: usize, kappa: usize, most: usize): void {
	// unroll v: TILE_VECTORS
	const k$v = v128.and(v128.load(accepted, $v * 16), v128.load(kappa, $v * 16));
	// unroll v: TILE_VECTORS
	const made4$v = v128.max<f64>(v128.load(most, $v * 16), k$v);
	// unroll v: TILE_VECTORS
	v128.store(most, made4$v, $v * 16);
}

/** Raises the double at `largest` to the largest of a panel of doubles >= 0. */
export function raiseLargest(panel: usize, largest: usize): void {
	let most = load<f64>(largest);
	for (const end = panel + panelBytes(); panel < end; panel += 8) most = max<f64>(most, load<f64>(panel));
	store<f64>(largest, most);
}
