// The bound on a row's gradient that needs no columns of squares: the same formulas as `bounds/covariance-bound.ts`. All in double precision.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { panelBytes } from "../panels/panel";
import { projectDoubles } from "../panels/projection";
import { COLUMNS, COVARIANCE_ERROR, ERROR, GROWTH, kept, LEAST, NORMALISER, REACH, SUMS } from "./acceptance";
import { SUM_ERROR } from "./row-polynomials";

/** Panels that `covarianceBounds` writes: of each coordinate a bound, the part that the error of the residual makes, and the mean key; the cotangent; rounding. */
// @ts-ignore: decorator
@inline
export function knownPanels(d: i32): i32 {
	return 3 * d + 2;
}

/**
 * known: of each coordinate b of the frame a bound (d panels), the part of it that the error of the residual makes (d), and at least |E_f k_b| (d); then at least
 * every |<c̃, v_l - õ>|, and the error that rounding of the row's sums makes through its states, over the growth, as a part of a key's span.
 * output, residual, gradient: d panels each; products: Σ ω (1 + s) x k, (d + 1) d panels; exponential: e^R. around: d panels of scratch.
 */
export function covarianceBounds(
	d: i32, constants: usize, bounds: usize, exponential: usize, sums: usize, panels: usize, output: usize, residual: usize, gradient: usize,
	products: usize, known: usize, around: usize,
): void {
	const P = panelBytes(), columns = <usize>d << 3, ranges = bounds + COLUMNS + columns, one = v128.splat<f64>(1), none = zero();
	const own = v128.load_splat<f64>(constants, SUM_ERROR), scoreError = v128.load_splat<f64>(bounds, COVARIANCE_ERROR);
	const slack = v128.splat<f64>(1.0 + 1e-12), three = v128.splat<f64>(3.0 * load<f64>(bounds, SUMS));
	// unroll v: TILE_VECTORS
	const E$v = v128.load(kept(panels, ERROR), $v * 16);
	// unroll v: TILE_VECTORS
	const inverse$v = v128.div<f64>(slack, v128.sub<f64>(v128.load(kept(panels, LEAST), $v * 16), E$v));
	// unroll v: TILE_VECTORS
	const kappa$v = v128.mul<f64>(E$v, inverse$v);
	// unroll v: TILE_VECTORS
	const shift$v = v128.mul<f64>(three, v128.load(kept(panels, GROWTH), $v * 16));
	// unroll v: TILE_VECTORS
	const R$v = v128.load(kept(panels, REACH), $v * 16);
	// unroll v: TILE_VECTORS
	const R2$v = v128.mul<f64>(R$v, R$v);
	// unroll v: TILE_VECTORS
	const e$v = v128.load(exponential, $v * 16);
	// unroll v: TILE_VECTORS
	const m$v = v128.load(sums, $v * 16);
	// unroll v: TILE_VECTORS
	const scores$v = multiplyAdd<f64>(v128.mul<f64>(own, R2$v), m$v, v128.max<f64>(none, v128.load(sums + 2 * P, $v * 16)));
	// unroll v: TILE_VECTORS
	let rest$v = v128.div<f64>(v128.mul<f64>(v128.sub<f64>(v128.sub<f64>(e$v, one), R$v), scores$v), R2$v);
	// unroll v: TILE_VECTORS
	rest$v = multiplyAdd<f64>(scoreError, v128.add<f64>(v128.load(kept(panels, NORMALISER), $v * 16), E$v), rest$v);
	// unroll v: TILE_VECTORS
	rest$v = multiplyAdd<f64>(v128.mul<f64>(own, e$v), m$v, rest$v);
	// unroll v: TILE_VECTORS
	rest$v = v128.mul<f64>(v128.mul<f64>(slack, inverse$v), rest$v);
	// unroll v: TILE_VECTORS
	let size$v = none;
	// unroll v: TILE_VECTORS
	let ranges$v = none;
	// unroll v: TILE_VECTORS
	let means$v = none;
	// unroll v: TILE_VECTORS
	let squares$v = none;
	for (let i = 0, at = ranges, a = around; i < d; i++, at += 8, a += P) {
		const H = v128.load_splat<f64>(at), o = output + <usize>i * P, c = residual + <usize>i * P;
		// unroll v: TILE_VECTORS
		const o$v = multiplyAdd<f64>(shift$v, H, v128.abs<f64>(v128.load(o, $v * 16)));
		// unroll v: TILE_VECTORS
		const a$v = v128.add<f64>(H, o$v);
		// unroll v: TILE_VECTORS
		v128.store(a, a$v, $v * 16);
		// unroll v: TILE_VECTORS
		const c$v = multiplyAdd<f64>(shift$v, H, v128.abs<f64>(v128.load(c, $v * 16)));
		// unroll v: TILE_VECTORS
		const mean$v = multiplyAdd<f64>(kappa$v, a$v, o$v);
		// unroll v: TILE_VECTORS
		size$v = multiplyAdd<f64>(c$v, a$v, size$v);
		// unroll v: TILE_VECTORS
		ranges$v = multiplyAdd<f64>(H, a$v, ranges$v);
		// unroll v: TILE_VECTORS
		means$v = multiplyAdd<f64>(mean$v, a$v, means$v);
		// unroll v: TILE_VECTORS
		squares$v = multiplyAdd<f64>(a$v, a$v, squares$v);
	}
	const block = <usize>d * P;
	// unroll v: TILE_VECTORS
	v128.store(known + 3 * block, size$v, $v * 16);
	// unroll v: TILE_VECTORS
	let states$v = none;
	const two = v128.splat<f64>(2.0);
	// unroll v: TILE_VECTORS
	const apart$v = v128.mul<f64>(v128.add<f64>(kappa$v, kappa$v), multiplyAdd<f64>(two, squares$v, size$v));
	// unroll v: TILE_VECTORS
	const factor$v = v128.mul<f64>(slack, kappa$v);
	let to = known;
	for (let b = 0, from = gradient; b < d; b++, from += P, to += P) {
		const key = v128.load_splat<f64>(bounds + COLUMNS + (<usize>b << 3)), perSpan = v128.load_splat<f64>(bounds + COLUMNS + 6 * columns + (<usize>b << 3)), p = products + <usize>(d * d + b) * P;
		// unroll v: TILE_VECTORS
		const known$v = v128.mul<f64>(key, rest$v);
		// unroll v: TILE_VECTORS
		const mean$v = v128.min<f64>(key, multiplyAdd<f64>(v128.abs<f64>(v128.load(p, $v * 16)), inverse$v, known$v));
		// unroll v: TILE_VECTORS
		let sum$v = none;
		for (let x = products + <usize>b * P, a = around, end = around + <usize>d * P; a < end; a += P, x += <usize>d * P) {
			// unroll v: TILE_VECTORS
			const x$v = v128.abs<f64>(v128.load(x, $v * 16));
			// unroll v: TILE_VECTORS
			sum$v = multiplyAdd<f64>(v128.load(a, $v * 16), x$v, sum$v);
		}
		// unroll v: TILE_VECTORS
		sum$v = multiplyAdd<f64>(sum$v, inverse$v, multiplyAdd<f64>(ranges$v, known$v, v128.mul<f64>(means$v, mean$v)));
		// unroll v: TILE_VECTORS
		sum$v = v128.min<f64>(v128.mul<f64>(ranges$v, key), sum$v);
		// unroll v: TILE_VECTORS
		v128.store(to + block, v128.mul<f64>(factor$v, sum$v), $v * 16);
		// unroll v: TILE_VECTORS
		v128.store(to + 2 * block, mean$v, $v * 16);
		// unroll v: TILE_VECTORS
		sum$v = v128.add<f64>(sum$v, v128.abs<f64>(v128.load(from, $v * 16)));
		// unroll v: TILE_VECTORS
		const state$v = multiplyAdd<f64>(key, apart$v, multiplyAdd<f64>(size$v, mean$v, sum$v));
		// unroll v: TILE_VECTORS
		states$v = v128.max<f64>(states$v, v128.mul<f64>(perSpan, state$v));
		// unroll v: TILE_VECTORS
		sum$v = multiplyAdd<f64>(size$v, v128.add<f64>(key, mean$v), sum$v);
		// unroll v: TILE_VECTORS
		v128.store(to, v128.mul<f64>(factor$v, sum$v), $v * 16);
	}
	// unroll v: TILE_VECTORS
	v128.store(known + 3 * block + P, v128.mul<f64>(slack, states$v), $v * 16);
}

/**
 * products = Σ ω (1 + s) x k from d panels of queries: (d + 1) d panels. table: for each x the d sums of ω x k, negative, then d x d of ω k x k.
 */
export function makeProducts(d: i32, q: usize, table: usize, products: usize): void {
	const block = <usize>d * panelBytes(), first = <usize>d << 3, step = first + <usize>d * first;
	for (let x = 0; x <= d; x++, table += step, products += block) projectDoubles(q, table + first, table, d, 0, products, panelBytes());
}
