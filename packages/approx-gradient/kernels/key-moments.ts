// Pass 1 (paper.md 5.3): moments S[column][node] += sum over keys of weight · feature · value, column d being the plain
// weight. Keys go through in blocks of `row` bytes a feature, as many as let all features of a block stay in L2.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, exponentialBelow, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { blockFeatures } from "./features";
import { loadPanels, panelBytes, panelRows, projectPanels, wideSum } from "./panel";

/** Bytes of rows that a step of a tile takes: two vectors, which are one of 256 bits in the build `fma256`. */
const STEP: usize = 32;

/**
 * tile[column][node] (STEP bytes each) = lane-wise products of two feature rows and C <= MOMENT_COLUMNS value rows, summed
 * along the rows. Features come from L2, so one pass over them should serve all columns up to d = 4, and half of d = 8.
 */
// @ts-ignore: decorator
@inline
function momentTile<T>(C: i32, features: usize, values: usize, row: usize, tile: usize): void {
	// unroll c: MOMENT_COLUMNS, n: 2, v: 2
	let a$c$n$v = zero();
	for (const end = features + row; features < end; features += STEP, values += STEP) {
		// unroll n: 2, v: 2
		const f$n$v = v128.load(features + $n * row, $v * 16);
		// unroll c: MOMENT_COLUMNS, n: 2, v: 2
		if ($c < C) a$c$n$v = multiplyAdd<T>(f$n$v, v128.load(values + $c * row, $v * 16), a$c$n$v);
	}
	// unroll c: MOMENT_COLUMNS, n: 2, v: 2
	if ($c < C) v128.store(tile, a$c$n$v, (($c * 2 + $n) * 2 + $v) * 16);
}

/** S[column][both nodes] += the lane sums of a tile, in double precision; columns of S are `moments` bytes. */
// @ts-ignore: decorator
@inline
function addTile<T>(C: i32, tile: usize, S: usize, moments: usize): void {
	for (const end = S + <usize>C * moments; S < end; S += moments, tile += 2 * STEP) {
		const a = wideSum<T>(v128.add<T>(v128.load(tile), v128.load(tile, 16)));
		const b = wideSum<T>(v128.add<T>(v128.load(tile, 32), v128.load(tile, 48)));
		const sums = f64x2.add(v128.shuffle<u64>(a, b, 0, 2), v128.shuffle<u64>(a, b, 1, 3));
		v128.store(S, f64x2.add(v128.load(S), sums));
	}
}

/** S += the moments of a block; nodes is even; tile: scratch for a tile. */
function addMoments<T>(columns: i32, nodes: i32, features: usize, values: usize, row: usize, tile: usize, S: usize): void {
	const moments = <usize>nodes << 3;
	for (let node = 0; node < nodes; node += 2, features += 2 * row, S += 16) {
		let left = columns, s = S, v = values;
		for (; left >= MOMENT_COLUMNS; left -= MOMENT_COLUMNS, s += MOMENT_COLUMNS * moments, v += <usize>MOMENT_COLUMNS * row) {
			momentTile<T>(MOMENT_COLUMNS, features, v, row, tile);
			addTile<T>(MOMENT_COLUMNS, tile, s, moments);
		}
		if (MOMENT_COLUMNS > 4 && left == 4) momentTile<T>(4, features, v, row, tile);
		else if (MOMENT_COLUMNS > 3 && left == 3) momentTile<T>(3, features, v, row, tile);
		else if (left == 2) momentTile<T>(2, features, v, row, tile);
		else if (left == 1) momentTile<T>(1, features, v, row, tile);
		addTile<T>(left, tile, s, moments);
	}
}

/**
 * weights (a panel) = exp(<tilt, key - centre> - tilt[d]) for the rows in d panels of keys, in double precision, rounded
 * once; 1 where tilt is 0; 0 for rows that are not there. table: EXPONENTIAL_TABLE.
 */
function keyWeights<T>(d: i32, keys: usize, centre: usize, tilt: usize, count: i32, weights: usize, table: usize): void {
	const P = panelBytes(), Z = <usize>sizeof<T>(), end = keys + <usize>d * P;
	if (sizeof<T>() == 8 && tilt) {
		// unroll v: TILE_VECTORS
		let exponent$v = f64x2.neg(v128.load_splat<f64>(tilt + (<usize>d << 3)));
		for (let at = keys, nu = tilt, mu = centre; at < end; at += P, nu += 8, mu += 8) {
			const factor = v128.load_splat<f64>(nu), middle = v128.load_splat<f64>(mu);
			// unroll v: TILE_VECTORS
			const moved$v = f64x2.sub(v128.load(at, $v * 16), middle);
			// unroll v: TILE_VECTORS
			exponent$v = multiplyAdd<f64>(factor, moved$v, exponent$v);
		}
		// unroll v: TILE_VECTORS
		exponent$v = exponentialBelow<f64>(exponent$v, table);
		// unroll v: TILE_VECTORS
		v128.store(weights, exponent$v, $v * 16);
	} else if (tilt)
		for (let pair: usize = 0; pair < P; pair += 8) {
			let exponent = f64x2.neg(v128.load_splat<f64>(tilt + (<usize>d << 3)));
			for (let at = keys + pair, nu = tilt, mu = centre; at < end; at += P, nu += 8, mu += 8) {
				const key = f64x2.promote_low_f32x4(v128.load64_zero(at));
				exponent = multiplyAdd<f64>(v128.load_splat<f64>(nu), f64x2.sub(key, v128.load_splat<f64>(mu)), exponent);
			}
			v128.store_lane<u64>(weights + pair, f32x4.demote_f64x2_zero(exponentialBelow<f64>(exponent, table)), 0);
		}
	else for (let at = weights; at < weights + P; at += 16) v128.store(at, v128.splat<T>(<T>1));
	for (let r = count; r < panelRows<T>(); r++) store<T>(weights + <usize>r * Z, <T>0);
}

/** values[i] *= weights for d panels, rows of `row` bytes apart. */
function weighValues<T>(d: i32, weights: usize, values: usize, row: usize): void {
	// unroll v: TILE_VECTORS
	const w$v = v128.load(weights, $v * 16);
	for (let i = 0; i < d; i++, values += row) {
		// unroll v: TILE_VECTORS
		const x$v = v128.mul<T>(v128.load(values, $v * 16), w$v);
		// unroll v: TILE_VECTORS
		v128.store(values, x$v, $v * 16);
	}
}

/**
 * Adds the moments of `rows` keys to S ((d + 1) x nodes doubles; nodes is even, those from `real` on
 * are left as they are or get zeros).
 * keys, inputs: rows of A2 and A3; key k is (keys - centre) · keyMap, its value inputs · Y - valueCentre (matrices, centres and
 * none = d zeros in double precision); tilt: 0, or d + 1 doubles for keyWeights.
 * scratch: EXPONENTIAL_TABLE, (nodes + 2 d + 1) rows of `panels` panels, and d + 2 · MOMENT_COLUMNS panels.
 */
export function keyMoments<T>(
	scratch: usize, rows: i32, d: i32, nodes: i32, real: i32, runs: i32, runTable: usize, panels: i32,
	keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize, valueCentre: usize, none: usize, tilt: usize, S: usize,
): void {
	const stride = <usize>d * sizeof<T>(), row = <usize>panels * panelBytes();
	const features = scratch + EXPONENTIAL_TABLE, k = features + <usize>nodes * row, h = k + <usize>d * row;
	const loaded = h + <usize>(d + 1) * row, tile = loaded + <usize>d * panelBytes();
	if (tilt) prepareExponential<f64>(scratch);
	memory.fill(features + <usize>real * row, 0, <usize>(nodes - real) * row);
	for (let from = 0; from < rows; from += panels * panelRows<T>()) {
		for (let panel: usize = 0, first = from; panel < row; panel += panelBytes(), first += panelRows<T>()) {
			const count = max(0, min(panelRows<T>(), rows - first));
			loadPanels<T>(keys + <usize>first * stride, count, d, loaded);
			projectPanels<T>(loaded, keyMap, centre, none, d, k + panel, row);
			keyWeights<T>(d, loaded, centre, tilt, count, h + <usize>d * row + panel, scratch);
			loadPanels<T>(inputs + <usize>first * stride, count, d, loaded);
			projectPanels<T>(loaded, Y, none, valueCentre, d, h + panel, row);
			weighValues<T>(d, h + <usize>d * row + panel, h + panel, row);
		}
		blockFeatures<T>(k, features, runs, runTable, row);
		addMoments<T>(d + 1, nodes, features, h, row, tile, S);
	}
}
