// Bounds of the rows of queries: `boundRow` in TypeScript says what they are, and does the same.

/** Rows and what is known of them: sizes and addresses, 4 bytes each. */
@unmanaged
export class HybridBounds {
	d: i32;
	/** d_v. */
	dv: i32;
	/** Columns of forms: 2 d + 1. */
	forms: i32;
	/** 1: dO is the output less a target, and off as the output is; 0: dO is given. */
	residual: i32;
	/** α, a bound on |Σ e|, and the least normaliser, rows x 3. */
	rests: usize;
	/** c', rows x (d_v + 1), their forms, N, rows x (d_v + 1), gradients and means of keys, rows x d. */
	cotangents: usize;
	quadratic: usize;
	means: usize;
	gradients: usize;
	keyMeans: usize;
	/** Factor, added, lost, the form of ones, growth; then of values the half-range, the form, and that with ones; the same of keys. */
	known: usize;
	/** Rows x 4. */
	bounds: usize;
}

/** The least normal number. */
const LEAST: f64 = 2.2250738585072014e-308;

/** Undoes two roundings of a product. */
const UP: f64 = 1.0000000000000004440892098500626;

// @ts-ignore: decorator
@inline
function lifted(x: f64): f64 {
	return max<f64>(x, LEAST);
}

/** At least |Σ e z| from a form, for Z and C. */
// @ts-ignore: decorator
@inline
function sizeOf(known: usize, alpha: f64, form: f64, Z: f64, C: f64): f64 {
	const factor = load<f64>(known), added = load<f64>(known, 8), lost = load<f64>(known, 16);
	const beside = added * Z * Z + lost * (1 + C) * (1 + C);
	return lifted(alpha * sqrt<f64>(lifted(factor * (max<f64>(0, form) + beside))));
}

/** Bounds of the rows from..to-1. */
export function boundRows(rows: HybridBounds, from: i32, to: i32): void {
	for (let j = from; j < to; j++) boundRow(rows, <usize>j);
}

function boundRow(rows: HybridBounds, row: usize): void {
	const d = rows.d, dv = rows.dv, known = rows.known, width = <usize>(dv + 1) << 3, keys = <usize>d << 3;
	const valueHalf = known + 40, values = valueHalf + (<usize>dv << 3), valueSums = values + (<usize>dv << 3);
	const keyHalf = valueSums + (<usize>dv << 3), keySquares = keyHalf + keys, keySums = keySquares + keys;
	const alpha = load<f64>(rows.rests + row * 24), ones = load<f64>(rows.rests + row * 24, 8), D = load<f64>(rows.rests + row * 24, 16);
	const cotangents = rows.cotangents + row * width, means = rows.means + row * width;
	const forms = rows.quadratic + row * (<usize>rows.forms << 3), last = load<f64>(forms + (<usize>(rows.forms - 1) << 3));
	let Z = abs<f64>(load<f64>(cotangents + (<usize>dv << 3))), C = Z;
	for (let i: usize = 0; i < <usize>dv << 3; i += 8) {
		const own = abs<f64>(load<f64>(cotangents + i));
		Z += lifted(own * load<f64>(valueHalf + i));
		C += own;
	}
	const ofG = UP * (load<f64>(known, 32) * sizeOf(known, alpha, last, Z, C));
	const ofOnes = load<f64>(known, 24), normaliser = load<f64>(means + (<usize>dv << 3));
	let outputs: f64 = 0, output: f64 = 0;
	for (let i: usize = 0; i < <usize>dv << 3; i += 8) {
		const mean = load<f64>(means + i) / normaliser, size = abs<f64>(mean), half = load<f64>(valueHalf + i);
		const form = load<f64>(values + i) - 2 * mean * load<f64>(valueSums + i) + mean * mean * ofOnes;
		const change = lifted(sizeOf(known, alpha, form, half + size, 1 + size) / D);
		outputs = max<f64>(outputs, change);
		output += lifted(change * half);
	}
	const shareOfG = lifted(ofG / D);
	let relative: f64 = 0, largest: f64 = 0;
	for (let b: usize = 0; b < keys; b += 8) {
		const W = load<f64>(keyHalf + b);
		if (W == 0) continue;
		const mean = load<f64>(rows.keyMeans + row * keys + b), size = abs<f64>(mean), wide = W + size, multiplier = 1 + size;
		const form = load<f64>(forms + b) - 2 * mean * load<f64>(forms + keys + b) + mean * mean * last;
		const ofTerms = sizeOf(known, alpha, form, lifted(Z * wide), lifted(C * multiplier));
		const ofKeys = load<f64>(keySquares + b) - 2 * mean * load<f64>(keySums + b) + mean * mean * ofOnes;
		const ofKey = sizeOf(known, alpha, ofKeys, wide, multiplier);
		const first = lifted((ofTerms + lifted(ones * abs<f64>(load<f64>(rows.gradients + row * keys + b)))) / D);
		const all = first + lifted(shareOfG * lifted(ofKey / D));
		relative = max<f64>(relative, all / W);
		largest = max<f64>(largest, all);
	}
	const bounds = rows.bounds + (row << 5);
	store<f64>(bounds, ofG);
	store<f64>(bounds, outputs, 8);
	store<f64>(bounds, rows.residual ? output + relative : relative, 16);
	store<f64>(bounds, largest, 24);
}
