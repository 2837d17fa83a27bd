// Pass 1 (paper.md 5.3): moments S[column][node] += sum over keys of weight · feature · value, column d being the plain
// weight. Keys go through in blocks of `row` bytes a feature, as many as let all features of a block stay in L2.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { blockFeatures, RUN_SIZE } from "./features";
import { keyWeights, weighWithCoordinates, weighWithSquares } from "./key-weights";
import { loadPanels, panelBytes, panelRows } from "../panels/panel";
import { clearWideRows, narrowPanels, projectWide, wideBlocks, widenPanels } from "../panels/projection";

/** Bytes of rows that a step of a tile takes: two vectors, which are one of 256 bits in the build `fma256`. */
const STEP: usize = STEP_BYTES;

/**
 * tile[column][node] (STEP bytes each) = lane-wise products of two feature rows and C <= MOMENT_COLUMNS columns of values, summed
 * along the rows. values: panel by panel, `step` bytes from one to the next, so that columns are found without their addresses being
 * computed. Features come from L2, so one pass over them should serve all columns up to d = 4, and half of d = 8.
 */
// @ts-ignore: decorator
@inline
function momentTile<T>(C: i32, features: usize, values: usize, length: usize, row: usize, step: usize, tile: usize): void {
	// unroll c: MOMENT_COLUMNS, n: 2, v: 2
	let a$c$n$v = zero();
	for (const end = features + length; features < end; features += panelBytes(), values += step) {
		// unroll n: 2, v: 2
		const f$n$v = v128.load(features + $n * row, $v * 16);
		// unroll c: MOMENT_COLUMNS, n: 2, v: 2
		if ($c < C) a$c$n$v = multiplyAdd<T>(f$n$v, v128.load(values, ($c * TILE_VECTORS + $v) * 16), a$c$n$v);
		if (panelBytes() == STEP) continue;
		// Never so; but behind it V8 begins anew, where it would compute both steps at once and run out of registers.
		if (values == 0) break;
		// unroll n: 2, v: 2
		const g$n$v = v128.load(features + $n * row, (2 + $v) * 16);
		// unroll c: MOMENT_COLUMNS, n: 2, v: 2
		if ($c < C) a$c$n$v = multiplyAdd<T>(g$n$v, v128.load(values, ($c * TILE_VECTORS + 2 + $v) * 16), a$c$n$v);
	}
	// unroll c: MOMENT_COLUMNS, n: 2, v: 2
	if ($c < C) v128.store(tile, a$c$n$v, (($c * 2 + $n) * 2 + $v) * 16);
}

/** The lane sums of two vectors as doubles. */
// @ts-ignore: decorator
@inline
function laneSums<T>(a: v128, b: v128): v128 {
	if (sizeof<T>() == 8) return f64x2.add(v128.shuffle<u64>(a, b, 0, 2), v128.shuffle<u64>(a, b, 1, 3));
	const pairs = f32x4.add(v128.shuffle<u32>(a, b, 0, 4, 1, 5), v128.shuffle<u32>(a, b, 2, 6, 3, 7));
	return f64x2.add(f64x2.promote_low_f32x4(pairs), f64x2.promote_low_f32x4(v128.shuffle<u64>(pairs, pairs, 1, 0)));
}

/** S[column][both nodes, or the first] += the lane sums of a tile, in double precision; columns of S are `moments` bytes. */
// @ts-ignore: decorator
@inline
function addTile<T>(C: i32, both: bool, tile: usize, S: usize, moments: usize): void {
	for (const end = S + <usize>C * moments; S < end; S += moments, tile += 2 * STEP) {
		const a = v128.add<T>(v128.load(tile), v128.load(tile, 16)), b = v128.add<T>(v128.load(tile, 32), v128.load(tile, 48));
		const sums = laneSums<T>(a, b);
		if (both) v128.store(S, f64x2.add(v128.load(S), sums));
		else store<f64>(S, load<f64>(S) + f64x2.extract_lane(sums, 0));
	}
}

/** S += the moments of two nodes of a block, or of the first alone; tile: scratch for a tile. */
function addPair<T>(columns: i32, both: bool, features: usize, values: usize, length: usize, row: usize, tile: usize, S: usize, moments: usize): void {
	const step = <usize>columns * panelBytes();
	for (let left = columns; left > 0; ) {
		// Groups of columns as equal as can be: small ones have too few sums to keep the multipliers busy.
		const groups = (left + MOMENT_COLUMNS - 1) / MOMENT_COLUMNS, group = (left + groups - 1) / groups;
		if (group == MOMENT_COLUMNS) momentTile<T>(MOMENT_COLUMNS, features, values, length, row, step, tile);
		else if (MOMENT_COLUMNS > 4 && group == 4) momentTile<T>(4, features, values, length, row, step, tile);
		else if (MOMENT_COLUMNS > 3 && group == 3) momentTile<T>(3, features, values, length, row, step, tile);
		else if (MOMENT_COLUMNS > 2 && group == 2) momentTile<T>(2, features, values, length, row, step, tile);
		else momentTile<T>(1, features, values, length, row, step, tile);
		addTile<T>(group, both, tile, S, moments);
		left -= group;
		S += <usize>group * moments;
		values += <usize>group * panelBytes();
	}
}

/** S += the moments of a block of `nodes` nodes; columns of S are `moments` bytes. */
export function addMoments<T>(
	columns: i32, nodes: i32, features: usize, values: usize, length: usize, row: usize, tile: usize, S: usize, moments: usize,
): void {
	for (let node = 0; node < nodes; node += 2, features += 2 * row, S += 16)
		addPair<T>(columns, node + 1 < nodes, features, values, length, row, tile, S, moments);
}

/** out = x · values for the row x of `length` bytes and the panels of `columns` columns. */
export function scaleValues<T>(columns: i32, x: usize, values: usize, length: usize, out: usize): void {
	const P = panelBytes(), step = <usize>columns * P;
	for (const last = x + length; x < last; x += P) {
		// unroll v: TILE_VECTORS
		const x$v = v128.load(x, $v * 16);
		for (const end = values + step; values < end; values += P, out += P) {
			// unroll v: TILE_VECTORS
			const s$v = v128.mul<T>(x$v, v128.load(values, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(out, s$v, $v * 16);
		}
	}
}

/**
 * A panel of keys k = (key - centre) · keyMap, whose d panels are `row` bytes apart, and of their values: (input · Y - valueCentre) · weight (d panels) and weight; extra: 2 for `weighWithSquares`, d + 1 for `weighWithCoordinates`, or 0.
 * Everything is in double precision, rounded once. ready: 6 d + 2 panels.
 */
function prepare<T>(
	d: i32, count: i32, keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize, valueCentre: usize, none: usize, tilt: usize,
	table: usize, ready: usize, k: usize, row: usize, values: usize, extra: i32,
): void {
	const P = panelBytes(), block = <usize>d * P, input = ready + block, wide = input + block, products = wide + 2 * block;
	const weights = sizeof<T>() == 8 ? values + block : products + 2 * block;
	loadPanels<T>(keys, count, d, ready);
	// Halves of pairs are stored, and pairs are loaded a little later: other rows come between.
	loadPanels<T>(inputs, count, d, input);
	widenPanels<T>(ready, centre, d, wide);
	if (count < panelRows<T>()) clearWideRows<T>(wide, d, count);
	for (let b: usize = 0; b < wideBlocks<T>(); b++) keyWeights(d, wide + b * block, tilt, weights + b * P, table);
	for (let r = count; r < panelRows<T>(); r++) store<f64>(weights + (<usize>r << 3), 0);
	projectWide<T>(wide, keyMap, none, d, 0, products, k, row);
	widenPanels<T>(input, none, d, wide);
	projectWide<T>(wide, Y, valueCentre, d, extra ? 0 : weights, products, values, P);
	if (sizeof<T>() == 4) narrowPanels(weights, 1, 1, values + block, P);
	if (extra) {
		// Rows that fill up the panel have no weight; their squares must not overflow.
		for (let i = 0, at = values; i < d; i++, at += P)
			for (let r = count; r < panelRows<T>(); r++) store<T>(at + <usize>r * sizeof<T>(), <T>0);
		if (extra == 2) weighWithSquares<T>(d, k, row, values);
		else weighWithCoordinates<T>(d, k, row, values);
	}
}

/**
 * Adds the moments of `rows` keys to S ((d + 1 + extra) x nodes doubles). Features are made of the first `made` nodes only; for each run of
 * products after them the values are multiplied by its factor.
 * keys, inputs: rows of A2 and A3; key k is (keys - centre) · keyMap, its value inputs · Y - valueCentre (matrices, centres and
 * none = d zeros in double precision); tilt: 0, or d + 1 doubles for keyWeights.
 * scratch: EXPONENTIAL_TABLE, (made + 3 d + 3 + 2 extra) rows of `panels` + 1 panels (a pair of nodes
 * reads a row more where their number is odd, and rows a panel apart do not meet in the cache), and 6 d + 2 + 2 · MOMENT_COLUMNS panels.
 */
export function keyMoments<T>(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, panels: i32,
	keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize, valueCentre: usize, none: usize, tilt: usize, S: usize, extra: i32,
): void {
	const columns = d + 1 + extra, P = panelBytes(), stride = <usize>d * sizeof<T>(), length = <usize>panels * P, row = length + P;
	const k = scratch + EXPONENTIAL_TABLE, features = k + <usize>d * row, h = features + <usize>(made + 1) * row;
	const scaled = h + <usize>columns * row, ready = scaled + <usize>columns * row, tile = ready + <usize>(6 * d + 2) * P;
	const moments = <usize>nodes << 3, productTable = runTable + <usize>runs * RUN_SIZE;
	if (tilt) prepareExponential<f64>(scratch);
	for (let from = 0; from < rows; from += panels * panelRows<T>()) {
		for (let panel: usize = 0, value = h, first = from; panel < length; panel += P, value += <usize>columns * P, first += panelRows<T>()) {
			const count = max(0, min(panelRows<T>(), rows - first)), at = <usize>first * stride;
			prepare<T>(d, count, keys + at, inputs + at, keyMap, centre, Y, valueCentre, none, tilt, scratch, ready, k + panel, row, value, extra);
		}
		blockFeatures<T>(features, runs, runTable, length, row);
		addMoments<T>(columns, made, features, h, length, row, tile, S, moments);
		for (let node = made, entry = productTable, count = 0; node < nodes; node += count, entry += RUN_SIZE) {
			const factor = features + <usize>load<i32>(entry) * row, parent = features + <usize>load<i32>(entry, 4) * row;
			count = load<i32>(entry, 8);
			scaleValues<T>(columns, factor, h, length, scaled);
			addMoments<T>(columns, count, parent, scaled, length, row, tile, S + (<usize>node << 3), moments);
		}
	}
}
