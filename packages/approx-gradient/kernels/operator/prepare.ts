// Rows made ready for the sweeps: keys and values about their centres, their sizes and weights; queries about their centre.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, exponentialBelow, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { clearPanels, panelBytes, panelRows } from "../panels/panel";
import { rowAt } from "./part";
import { largestOf, loadColumns, storeRows } from "./rows";

/** Keys and values of a part, as they are given and as the sweeps read them: sizes and addresses, 4 bytes each. */
@unmanaged
export class KeyRows {
	d: i32;
	dv: i32;
	keys: i32;
	/** Rows of a chunk, whole panels. */
	size: i32;
	/** Centre of the keys (d) and of the values (dv), then √d and √dv, rounded up. */
	centres: usize;
	/** ν (d) and the factor of the keys. */
	tilt: usize;
	/** Keys x d: as given before, about their centre after; the given values, keys x dv. */
	k: usize;
	v: usize;
	/** Values about their centre and 1, keys x (dv + 1); ω; ‖v‖², ‖k‖²; ‖k‖, ‖v‖, or 0 where nothing reads them; ‖k‖ alone. */
	values: usize;
	omega: usize;
	squares: usize;
	norms: usize;
	lengths: usize;
	/** Of each chunk: largest |k_b| (d), |v_i| (dv), ‖k‖, ‖v‖ and ω. */
	largest: usize;
}

/** The largest |x - centre| of `count` rows of `width` doubles. centre: that of two rows. */
export function largestDistance(rows: usize, count: i32, width: i32, centre: usize): f64 {
	const end = centre + (<usize>width << 4);
	let most = zero();
	for (; count >= 2; count -= 2)
		for (let at = centre; at < end; at += 16, rows += 16)
			most = f64x2.pmax(most, f64x2.abs(f64x2.sub(v128.load(rows), v128.load(at))));
	let last = max<f64>(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
	if (count > 0)
		for (let b = 0; b < width; b++, rows += 8, centre += 8) last = max<f64>(last, Math.abs(load<f64>(rows) - load<f64>(centre)));
	return last;
}

/** `count` rows x of d doubles become x · factor - ν; gives the largest size of an entry. shift: ν of two rows, then the factor. */
export function shiftRows(rows: usize, count: i32, d: i32, shift: usize): f64 {
	const end = shift + (<usize>d << 4), factor = load<f64>(end), f = v128.splat<f64>(factor);
	let most = zero();
	for (; count >= 2; count -= 2)
		for (let at = shift; at < end; at += 16, rows += 16) {
			const x = f64x2.sub(f64x2.mul(v128.load(rows), f), v128.load(at));
			v128.store(rows, x);
			most = f64x2.max(most, f64x2.abs(x));
		}
	let last = max<f64>(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
	if (count > 0)
		for (let b = 0; b < d; b++, rows += 8, shift += 8) {
			const x = load<f64>(rows) * factor - load<f64>(shift);
			store<f64>(rows, x);
			last = max<f64>(last, Math.abs(x));
		}
	return last;
}

/** `columns` panels x become (x - centre) · factor, 0 in the rows from `count` on; `most` (as many panels) gets their sizes where they are larger. */
function centrePanels(columns: i32, count: i32, centre: usize, factor: f64, panels: usize, most: usize): void {
	const P = panelBytes(), f = v128.splat<f64>(factor);
	for (const end = panels + <usize>columns * P; panels < end; panels += P, most += P, centre += 8) {
		const c = v128.load_splat<f64>(centre);
		// unroll v: TILE_VECTORS
		const x$v = v128.mul<f64>(v128.sub<f64>(v128.load(panels, $v * 16), c), f);
		// unroll v: TILE_VECTORS
		v128.store(panels, x$v, $v * 16);
		for (let r = count; r < panelRows<f64>(); r++) store<f64>(panels + (<usize>r << 3), 0);
		// unroll v: TILE_VECTORS
		const m$v = v128.max<f64>(v128.abs<f64>(v128.load(panels, $v * 16)), v128.load(most, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(most, m$v, $v * 16);
	}
}

/** square = ‖x‖², and norm: at least ‖x‖, also where squares overflow or vanish; root: √columns. `most` gets the norm where it is larger. */
function measurePanels(columns: i32, root: usize, panels: usize, square: usize, norm: usize, most: usize): void {
	const P = panelBytes(), up = v128.splat<f64>(1.000000000001), lost = v128.splat<f64>(1e-150), entries = v128.load_splat<f64>(root);
	// unroll v: TILE_VECTORS
	let s$v = zero();
	// unroll v: TILE_VECTORS
	let m$v = zero();
	for (const end = panels + <usize>columns * P; panels < end; panels += P) {
		// unroll v: TILE_VECTORS
		const x$v = v128.load(panels, $v * 16);
		// unroll v: TILE_VECTORS
		s$v = multiplyAdd<f64>(x$v, x$v, s$v);
		// unroll v: TILE_VECTORS
		m$v = v128.max<f64>(m$v, v128.abs<f64>(x$v));
	}
	// unroll v: TILE_VECTORS
	v128.store(square, s$v, $v * 16);
	// unroll v: TILE_VECTORS
	const n$v = v128.min<f64>(multiplyAdd<f64>(v128.sqrt<f64>(s$v), up, lost), v128.mul<f64>(m$v, entries));
	// unroll v: TILE_VECTORS
	v128.store(norm, n$v, $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(most, v128.max<f64>(n$v, v128.load(most, $v * 16)), $v * 16);
}

/** omega = e^<ν, k>, 0 in the rows from `count` on; `tilted` gets |<ν, k>| where it is larger, and `most` ω. */
function weighPanels(d: i32, count: i32, nu: usize, k: usize, table: usize, omega: usize, most: usize, tilted: usize): void {
	// unroll v: TILE_VECTORS
	let x$v = zero();
	for (const end = k + <usize>d * panelBytes(); k < end; k += panelBytes(), nu += 8) {
		const factor = v128.load_splat<f64>(nu);
		// unroll v: TILE_VECTORS
		x$v = multiplyAdd<f64>(factor, v128.load(k, $v * 16), x$v);
	}
	// unroll v: TILE_VECTORS
	v128.store(tilted, v128.max<f64>(v128.abs<f64>(x$v), v128.load(tilted, $v * 16)), $v * 16);
	// unroll v: TILE_VECTORS
	const e$v = exponentialBelow<f64>(x$v, table);
	// unroll v: TILE_VECTORS
	v128.store(omega, e$v, $v * 16);
	for (let r = count; r < panelRows<f64>(); r++) store<f64>(omega + (<usize>r << 3), 0);
	// unroll v: TILE_VECTORS
	const m$v = v128.max<f64>(v128.load(omega, $v * 16), v128.load(most, $v * 16));
	// unroll v: TILE_VECTORS
	v128.store(most, m$v, $v * 16);
}

/** Makes the keys and values of the chunks from..to-1 ready; gives the largest |<ν, k>|. scratch: EXPONENTIAL_TABLE, and 2 (d + dv) + 10 panels. */
export function prepareKeys(scratch: usize, rows: KeyRows, from: i32, to: i32): f64 {
	const P = panelBytes(), d = rows.d, dv = rows.dv, numbers = d + dv + 3;
	const k = scratch + EXPONENTIAL_TABLE, v = k + <usize>d * P, omega = v + <usize>(dv + 1) * P, squares = omega + P, norms = squares + 2 * P;
	const most = norms + 2 * P, tilted = most + <usize>numbers * P, mostLength = most + <usize>(d + dv) * P;
	const factor = load<f64>(rows.tilt + (<usize>d << 3)), valueCentre = rows.centres + (<usize>d << 3), roots = valueCentre + (<usize>dv << 3);
	prepareExponential<f64>(scratch);
	clearPanels(tilted, 1);
	for (let chunk = from; chunk < to; chunk++) {
		clearPanels(most, numbers);
		const end = min(rows.keys, (chunk + 1) * rows.size);
		for (let at = chunk * rows.size; at < end; at += panelRows<f64>()) {
			const count = min(panelRows<f64>(), end - at);
			loadColumns(rowAt(rows.k, at, d), count, d, k, P);
			loadColumns(rowAt(rows.v, at, dv), count, dv, v, P);
			centrePanels(d, count, rows.centres, factor, k, most);
			centrePanels(dv, count, valueCentre, 1, v, most + <usize>d * P);
			// unroll v: TILE_VECTORS
			v128.store(v + <usize>dv * P, v128.splat<f64>(1), $v * 16);
			measurePanels(d, roots, k, squares + P, norms, mostLength);
			measurePanels(dv, roots + 8, v, squares, norms + P, mostLength + P);
			weighPanels(d, count, rows.tilt, k, scratch, omega, mostLength + 2 * P, tilted);
			storeRows(k, count, d, rowAt(rows.k, at, d));
			storeRows(v, count, dv + 1, rowAt(rows.values, at, dv + 1));
			storeRows(omega, count, 1, rowAt(rows.omega, at, 1));
			storeRows(squares, count, 2, rowAt(rows.squares, at, 2));
			if (rows.norms) storeRows(norms, count, 2, rowAt(rows.norms, at, 2));
			storeRows(norms, count, 1, rowAt(rows.lengths, at, 1));
		}
		for (let x = 0, out = rowAt(rows.largest, chunk, numbers); x < numbers; x++, out += 8) store<f64>(out, largestOf(most + <usize>x * P));
	}
	return largestOf(tilted);
}
