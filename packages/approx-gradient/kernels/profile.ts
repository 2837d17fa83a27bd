// Ranges, norms and sums over rows, from which centres, radius and certificates are computed: the loops of
// `src/profile-sums.ts` in double precision, one row after the other, for rows of either number type.

/** out[b] = factor · Σ_a |row[a]| |M[a][b]| where `absolute`, else factor · Σ_a row[a] M[a][b]; d doubles. */
import { EXPONENTIAL_TABLE, exponentialBelow, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";

// @ts-ignore: decorator
@inline
function rowTimes<T>(absolute: bool, row: usize, M: usize, factor: f64, d: i32, out: usize): void {
	memory.fill(out, 0, <usize>d << 3);
	for (let a = 0; a < d; a++, row += sizeof<T>()) {
		let x = factor * <f64>load<T>(row);
		if (absolute) x = Math.abs(x);
		for (let b = 0, to = out; b < d; b++, to += 8, M += 8) {
			const m = load<f64>(M);
			store<f64>(to, load<f64>(to) + x * (absolute ? Math.abs(m) : m));
		}
	}
}

/** Lowers low[b] and raises high[b] to row[b], for rows of U. */
// @ts-ignore: decorator
@inline
function widen<U>(row: usize, d: i32, low: usize, high: usize): void {
	for (let b = 0; b < d; b++, row += sizeof<U>(), low += 8, high += 8) {
		const x = <f64>load<U>(row);
		store<f64>(low, min<f64>(load<f64>(low), x));
		store<f64>(high, max<f64>(load<f64>(high), x));
	}
}

// @ts-ignore: decorator
@inline
function raise(at: usize, x: f64): void {
	store<f64>(at, max<f64>(load<f64>(at), x));
}

// @ts-ignore: decorator
@inline
function add(at: usize, x: f64): void {
	store<f64>(at, load<f64>(at) + x);
}

/** out: [min A2 (d), max A2 (d), min h (d), max h (d), max Σ|A3||Y| (d), max ‖A2_l‖²]. scratch: d doubles. */
// @ts-ignore: decorator
@inline
export function keyRanges<T>(scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, out: usize): void {
	const stride = <usize>d * sizeof<T>(), column = <usize>d << 3;
	for (let l = 0; l < rows; l++, keys += stride, inputs += stride) {
		widen<T>(keys, d, out, out + column);
		rowTimes<T>(false, inputs, Y, 1, d, scratch);
		widen<f64>(scratch, d, out + 2 * column, out + 3 * column);
		rowTimes<T>(true, inputs, Y, 1, d, scratch);
		let square: f64 = 0;
		for (let b = 0; b < d; b++) {
			raise(out + 4 * column + (<usize>b << 3), load<f64>(scratch + (<usize>b << 3)));
			const k = <f64>load<T>(keys + <usize>b * sizeof<T>());
			square += k * k;
		}
		raise(out + 5 * column, square);
	}
}

/** out: [min q (d), max q (d), max ‖q_j‖², max ‖Σ|A1||X| scale‖²]. scratch: d doubles. */
// @ts-ignore: decorator
@inline
export function queryRanges<T>(scratch: usize, rows: i32, d: i32, inputs: usize, X: usize, scale: f64, out: usize): void {
	const stride = <usize>d * sizeof<T>(), column = <usize>d << 3;
	for (let j = 0; j < rows; j++, inputs += stride) {
		rowTimes<T>(false, inputs, X, scale, d, scratch);
		widen<f64>(scratch, d, out, out + column);
		raise(out + 2 * column, squareOf(scratch, d));
		rowTimes<T>(true, inputs, X, scale, d, scratch);
		raise(out + 2 * column + 8, squareOf(scratch, d));
	}
}

function squareOf(row: usize, d: i32): f64 {
	let square: f64 = 0;
	for (const end = row + (<usize>d << 3); row < end; row += 8) square += load<f64>(row) * load<f64>(row);
	return square;
}

/** out: [max ‖q_j - centre‖², Σ|A1_ja| (d), Σ|A1_ja| |E_ji - middle_i| (d x d)]. scratch: d doubles. */
// @ts-ignore: decorator
@inline
export function centredQueries<T>(
	scratch: usize, rows: i32, d: i32, inputs: usize, targets: usize, X: usize, scale: f64, centre: usize, middle: usize, out: usize,
): void {
	const stride = <usize>d * sizeof<T>();
	for (let j = 0; j < rows; j++, inputs += stride, targets += stride) {
		rowTimes<T>(false, inputs, X, scale, d, scratch);
		for (let b: usize = 0; b < <usize>d << 3; b += 8) store<f64>(scratch + b, load<f64>(scratch + b) - load<f64>(centre + b));
		raise(out, squareOf(scratch, d));
		for (let i = 0; i < d; i++) {
			const residual = <f64>load<T>(targets + <usize>i * sizeof<T>()) - load<f64>(middle + (<usize>i << 3));
			store<f64>(scratch + (<usize>i << 3), Math.abs(residual));
		}
		let sums = out + 8 + (<usize>d << 3);
		for (let a = 0; a < d; a++) {
			const size = Math.abs(<f64>load<T>(inputs + <usize>a * sizeof<T>()));
			add(out + 8 + (<usize>a << 3), size);
			for (let i: usize = 0; i < <usize>d << 3; i += 8, sums += 8) add(sums, size * load<f64>(scratch + i));
		}
	}
}

/**
 * out: [max ‖A2_l - middle‖², Σ ω, Σ ω (A2 - middle) (d), Σ ω |h - valueCentre| (d)] with the weights ω_l = exp(<tilt, A2_l - middle>).
 * scratch: EXPONENTIAL_TABLE and d doubles.
 */
// @ts-ignore: decorator
@inline
export function centredKeys<T>(
	scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, middle: usize, tilt: usize, valueCentre: usize, out: usize,
): void {
	const stride = <usize>d * sizeof<T>(), column = <usize>d << 3, values = scratch + EXPONENTIAL_TABLE;
	prepareExponential<f64>(scratch);
	for (let l = 0; l < rows; l++, keys += stride, inputs += stride) {
		let square: f64 = 0, exponent: f64 = 0;
		for (let b = 0; b < d; b++) {
			const at = <usize>b << 3, k = <f64>load<T>(keys + <usize>b * sizeof<T>()) - load<f64>(middle + at);
			square += k * k;
			exponent += load<f64>(tilt + at) * k;
		}
		raise(out, square);
		const weight = f64x2.extract_lane(exponentialBelow<f64>(f64x2.splat(exponent), scratch), 0);
		add(out + 8, weight);
		rowTimes<T>(false, inputs, Y, 1, d, values);
		for (let b = 0; b < d; b++) {
			const at = <usize>b << 3;
			add(out + 16 + at, weight * (<f64>load<T>(keys + <usize>b * sizeof<T>()) - load<f64>(middle + at)));
			add(out + 16 + column + at, weight * Math.abs(load<f64>(values + at) - load<f64>(valueCentre + at)));
		}
	}
}
