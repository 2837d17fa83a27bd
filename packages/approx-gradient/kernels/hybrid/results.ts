// Results of rows from the sums over the other side, with the forms that their bounds are made of: `rowPass` and `columnPass` in TypeScript
// say what these are.

import { PRODUCT_SCRATCH } from "@attgrad/matrix-core/kernels/product";
import { multiply, padded, panelsOf, stepOf } from "./products";

/** Rows with the sums over the other side: sizes and addresses, 4 bytes each. */
@unmanaged
export class HybridResults {
	d: i32;
	/** d_v + 1, and columns beside the d + 1 blocks. */
	width: i32;
	beside: i32;
	rank: i32;
	/** Columns of forms, or 0. */
	forms: i32;
	/** 1: queries are given targets, and dO is the output less those; 0: dO itself. */
	residual: i32;
	/** Features, in rows of whole panels; panels of the sums, rank x columns, and of the moments, width (width + 1) / 2 x forms. */
	features: usize;
	sums: usize;
	moments: usize;
	/** dO or targets, rows x d_v, of queries; (v, 1), rows x width, of keys. */
	given: usize;
	/** Of queries Σ w h' and Σ w k' over keys of which there are no features, rows x (width + d), or 0. */
	aside: usize;
	/** Of queries: Σ φ h' and c', rows x width; õ, rows x d_v. */
	means: usize;
	cotangents: usize;
	outputs: usize;
	/** Of queries dQ / scale and Σ f̃ k', of keys dK, rows x d; of keys dV, rows x d_v. */
	gradients: usize;
	keyMeans: usize;
	valueGradients: usize;
	/** Quadratic forms of queries, rows x forms. */
	quadratic: usize;
	/** Of queries Σ φ h' k', rows x d (d_v + 1), a key coordinate after the other; or 0. */
	products: usize;
	/** Of keys: β and a bound on the weight, rows x 2; the numbers of `boundKey`; bounds of a row of dK and of dV, rows x 2. */
	reach: usize;
	known: usize;
	bounds: usize;
}

/** Bytes of scratch that results take. */
export function resultBytes(rows: HybridResults): usize {
	const pairs = rows.width * (rows.width + 1) / 2, columns = rows.width * (rows.d + 1) + rows.beside;
	const each = stepOf(columns) + (<usize>pairs << 3) + stepOf(rows.forms);
	return (<usize>PRODUCT_SCRATCH << 3) + <usize>padded(HYBRID_ROWS) * each;
}

/** Results of the queries from..to-1. */
export function finishQueryRows(scratch: usize, rows: HybridResults, from: i32, to: i32): void {
	const step = stepOf(rows.width * (rows.d + 1)), sums = scratch + (<usize>PRODUCT_SCRATCH << 3);
	for (let row = from; row < to; row += HYBRID_ROWS) {
		const count = min(HYBRID_ROWS, to - row);
		sumBlock(scratch, rows, row, count, sums, step);
		for (let j = 0; j < count; j++) finishQuery(rows, <usize>(row + j), sums + <usize>j * step);
		const forms = formBlock(scratch, rows, rows.cotangents, row, count, sums + <usize>padded(HYBRID_ROWS) * step);
		const formStep = stepOf(rows.forms), bytes = <usize>rows.forms << 3;
		for (let j = 0; j < count; j++) memory.copy(rows.quadratic + <usize>(row + j) * bytes, forms + <usize>j * formStep, bytes);
	}
}

/** Results of the keys from..to-1. */
export function finishKeyRows(scratch: usize, rows: HybridResults, from: i32, to: i32): void {
	const step = stepOf(rows.width * (rows.d + 1) + rows.beside), sums = scratch + (<usize>PRODUCT_SCRATCH << 3);
	for (let row = from; row < to; row += HYBRID_ROWS) {
		const count = min(HYBRID_ROWS, to - row);
		sumBlock(scratch, rows, row, count, sums, step);
		for (let j = 0; j < count; j++) finishKey(rows, <usize>(row + j), sums + <usize>j * step);
		const forms = formBlock(scratch, rows, rows.given, row, count, sums + <usize>padded(HYBRID_ROWS) * step), formStep = stepOf(rows.forms);
		const beside = sums + (<usize>(rows.width * (rows.d + 1)) << 3);
		for (let j = 0; j < count; j++) boundKey(rows, <usize>(row + j), beside + <usize>j * step, forms + <usize>j * formStep);
	}
}

/** Features of `count` rows times the sums. */
function sumBlock(scratch: usize, rows: HybridResults, row: i32, count: i32, sums: usize, step: usize): void {
	const columns = rows.width * (rows.d + 1) + rows.beside, featureStep = stepOf(rows.rank);
	multiply(scratch, rows.features + <usize>row * featureStep, featureStep, 8, count, rows.rank, rows.sums, panelsOf(columns), sums, step);
}

/** Forms of `count` rows of numbers, products of two of each times the moments: their address. */
function formBlock(scratch: usize, rows: HybridResults, numbers: usize, row: i32, count: i32, pairs: usize): usize {
	const width = rows.width, each = width * (width + 1) / 2, made = pairs + (<usize>(padded(HYBRID_ROWS) * each) << 3), step = stepOf(rows.forms);
	let to = pairs;
	for (let j = 0; j < count; j++) {
		const own = numbers + (<usize>((row + j) * width) << 3), end = own + (<usize>width << 3);
		for (let i = own; i < end; i += 8) {
			const x = load<f64>(i);
			for (let k = i; k < end; k += 8, to += 8) store<f64>(to, x * load<f64>(k));
		}
	}
	multiply(scratch, pairs, <usize>each << 3, 8, count, each, rows.moments, panelsOf(rows.forms), made, step);
	return made;
}

/** Outputs, cotangents and gradient of a query from its sums. */
function finishQuery(rows: HybridResults, row: usize, sums: usize): void {
	const d = rows.d, width = rows.width, dv = width - 1, bytes = <usize>width << 3;
	const last = sums + <usize>d * bytes, aside = rows.aside ? rows.aside + row * (bytes + (<usize>d << 3)) : 0;
	if (aside) for (let at: usize = 0; at < bytes; at += 8) store<f64>(last + at, load<f64>(last + at) + load<f64>(aside + at));
	const D = load<f64>(last + (<usize>dv << 3));
	memory.copy(rows.means + row * bytes, last, bytes);
	if (rows.products) memory.copy(rows.products + row * <usize>d * bytes, sums, <usize>d * bytes);
	const cotangents = rows.cotangents + row * bytes, given = rows.given + ((row * <usize>dv) << 3), outputs = rows.outputs + ((row * <usize>dv) << 3);
	let delta: f64 = 0;
	for (let i = 0; i < dv; i++) {
		const at = <usize>i << 3, output = load<f64>(last + at) / D, own = load<f64>(given + at), dO = rows.residual ? output - own : own;
		store<f64>(outputs + at, output);
		store<f64>(cotangents + at, dO);
		delta += dO * output;
	}
	store<f64>(cotangents + (<usize>dv << 3), -delta);
	const gradients = rows.gradients + ((row * <usize>d) << 3), keyMeans = rows.keyMeans + ((row * <usize>d) << 3);
	for (let b = 0; b < d; b++, sums += bytes) {
		store<f64>(gradients + (<usize>b << 3), dot(cotangents, sums, width) / D);
		let key = load<f64>(sums + (<usize>dv << 3));
		if (aside) key += load<f64>(aside + bytes + (<usize>b << 3));
		store<f64>(keyMeans + (<usize>b << 3), key / D);
	}
}

/** Gradients of a key from its sums. */
function finishKey(rows: HybridResults, row: usize, sums: usize): void {
	const d = rows.d, width = rows.width, dv = <usize>(width - 1) << 3, bytes = <usize>width << 3;
	const own = rows.given + row * bytes, gradients = rows.gradients + ((row * <usize>d) << 3);
	for (let b = 0; b < d; b++, sums += bytes) store<f64>(gradients + (<usize>b << 3), dot(own, sums, width));
	memory.copy(rows.valueGradients + row * dv, sums, dv);
}

/**
 * Bounds of a row of dK and of dV, as `boundedColumns` in TypeScript, up to roundings. known: the numbers of `KeyBounds`, the
 * factor of forms first, then two for each entry of dV and three for each of dK.
 */
function boundKey(rows: HybridResults, row: usize, beside: usize, forms: usize): void {
	const beta = load<f64>(rows.reach + (row << 4)), weight = load<f64>(rows.reach + (row << 4), 8);
	const d = <usize>rows.d << 3, dv = <usize>(rows.width - 1) << 3;
	const factor = load<f64>(rows.known), ofValues = rows.known + 8, lostValues = ofValues + dv;
	const added = lostValues + dv, rest = added + d, lost = rest + d;
	let value: f64 = 0, key: f64 = 0;
	for (let i: usize = 0; i < dv; i += 8) {
		const own = beta * load<f64>(ofValues + i) + max<f64>(0, load<f64>(beside + i)) + weight * load<f64>(lostValues + i);
		value = max<f64>(value, own);
	}
	for (let b: usize = 0; b < d; b += 8) {
		const root = sqrt<f64>(factor * (max<f64>(0, load<f64>(forms + b)) + load<f64>(added + b)));
		const own = beta * (root + load<f64>(rest + b)) + max<f64>(0, load<f64>(beside + dv + b)) + weight * load<f64>(lost + b);
		key = max<f64>(key, own);
	}
	store<f64>(rows.bounds + (row << 4), key);
	store<f64>(rows.bounds + (row << 4), value, 8);
}

function dot(x: usize, y: usize, length: i32): f64 {
	let sum: f64 = 0;
	for (let end = x + (<usize>length << 3); x < end; x += 8, y += 8) sum += load<f64>(x) * load<f64>(y);
	return sum;
}
