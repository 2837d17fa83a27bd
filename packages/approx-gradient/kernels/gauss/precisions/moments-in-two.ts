// Pass 1 for `two-precisions.ts`: moments of monomials of low degree in double precision, of the others in single precision, from keys and
// values that are made ready in double precision.

import { multiplyAdd } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { blockFeatures, RUN_SIZE } from "../../features/features";
import { addMoments, scaleValues } from "../../features/key-moments";
import { keyWeights } from "../../features/key-weights";
import { loadPanels, panelBytes, panelRows, takeSums } from "../../panels/panel";
import { clearWideRows, projectDoubles, widenPanels } from "../../panels/projection";
import { narrowParts } from "../../panels/parts";

/**
 * A panel of doubles of keys k, whose d panels are `row` bytes apart, and of their values times the weight, and weight, as `prepare` makes
 * them. ready: 3 d + 1 panels.
 */
function prepareDoubles(
	d: i32, count: i32, keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize, valueCentre: usize, none: usize, tilt: usize,
	table: usize, ready: usize, k: usize, row: usize, values: usize,
): void {
	const P = panelBytes(), block = <usize>d * P, input = ready + block, wide = input + block, weights = values + block;
	loadPanels<f64>(keys, count, d, ready);
	// Halves of pairs are stored, and pairs are loaded a little later: other rows come between.
	loadPanels<f64>(inputs, count, d, input);
	widenPanels<f64>(ready, centre, d, wide);
	if (count < panelRows<f64>()) clearWideRows<f64>(wide, d, count);
	keyWeights(d, wide, tilt, weights, table);
	for (let r = count; r < panelRows<f64>(); r++) store<f64>(weights + (<usize>r << 3), 0);
	projectDoubles(wide, keyMap, none, d, 0, k, row);
	projectDoubles(input, Y, valueCentre, d, weights, values, P);
}

/**
 * Adds to (d + 1)² panels of sums for each column x = ω v_0, .., ω v_(d-1), ω: Σ |x|, then Σ |x| k_b^(2^power) of each coordinate b. A panel of keys, whose
 * d panels are `row` bytes apart, and its values. powers: d panels of scratch.
 */
function addSizes(d: i32, power: i32, k: usize, row: usize, values: usize, powers: usize, sums: usize): void {
	const P = panelBytes(), end = powers + <usize>d * P;
	for (let to = powers; to < end; to += P, k += row) {
		// unroll v: TILE_VECTORS
		let p$v = v128.load(k, $v * 16);
		for (let at = 0; at < power; at++) {
			// unroll v: TILE_VECTORS
			p$v = v128.mul<f64>(p$v, p$v);
		}
		// unroll v: TILE_VECTORS
		v128.store(to, p$v, $v * 16);
	}
	for (const last = values + <usize>(d + 1) * P; values < last; values += P, sums += P) {
		// unroll v: TILE_VECTORS
		const x$v = v128.abs<f64>(v128.load(values, $v * 16));
		// unroll v: TILE_VECTORS
		const s$v = v128.add<f64>(x$v, v128.load(sums, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(sums, s$v, $v * 16);
		for (let from = powers; from < end; from += P) {
			sums += P;
			// unroll v: TILE_VECTORS
			const t$v = multiplyAdd<f64>(x$v, v128.load(from, $v * 16), v128.load(sums, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(sums, t$v, $v * 16);
		}
	}
}

/**
 * Adds the moments of `rows` keys: of the `lowNodes` nodes of a table of products in double precision to lowS ((d + 1) x lowNodes doubles), and
 * to S ((d + 1) x nodes doubles) those of another table in single precision: the nodes that are made from `firstMade` on, and of each run of
 * products all nodes. Other arguments: as of `keyMoments`, of problems in double precision.
 * skipped: for each run of products of the second table how many of its first nodes are left out.
 * sizes: (d + 1)² doubles, to which the sums of `addSizes` with `power` are added.
 * scratch: EXPONENTIAL_TABLE; lowMade + 3 d + 3 rows of 2 `panels` + 1 panels, made + 3 d + 3 rows of `panels` + 1 panels; and 3 d + 4 + 2 · MOMENT_COLUMNS + d + (d + 1)² panels.
 */
export function momentsInTwo(
	scratch: usize, rows: i32, d: i32, lowNodes: i32, lowMade: i32, lowRuns: i32, lowTable: usize, lowS: usize, nodes: i32, firstMade: i32, made: i32,
	runs: i32, products: i32, runTable: usize, skipped: usize, panels: i32, keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize,
	valueCentre: usize, none: usize, tilt: usize, S: usize,
	power: i32, sizes: usize,
): void {
	const columns = d + 1, P = panelBytes(), stride = <usize>d << 3, values = <usize>columns * P, inPart = panelRows<f64>();
	const length = <usize>panels * P, row = length + P, wideLength = length << 1, wideRow = wideLength + P;
	const wideK = scratch + EXPONENTIAL_TABLE, wideFeatures = wideK + <usize>d * wideRow, wideH = wideFeatures + <usize>(lowMade + 1) * wideRow;
	const wideScaled = wideH + <usize>columns * wideRow, k = wideScaled + <usize>columns * wideRow, features = k + <usize>d * row;
	const h = features + <usize>(made + 1) * row, scaled = h + <usize>columns * row, ready = scaled + <usize>columns * row;
	const powers = ready + <usize>(3 * d + 1) * P, sizeSums = powers + <usize>d * P, sizeCount = columns * columns;
	const tile = sizeSums + <usize>sizeCount * P, moments = <usize>nodes << 3, lowMoments = <usize>lowNodes << 3;
	if (tilt) prepareExponential<f64>(scratch);
	memory.fill(sizeSums, 0, <usize>sizeCount * P);
	for (let from = 0; from < rows; from += 2 * panels * inPart) {
		for (let panel: usize = 0, value = wideH, first = from; panel < wideLength; panel += P, value += values, first += inPart) {
			const count = max(0, min(inPart, rows - first)), at = <usize>first * stride;
			prepareDoubles(d, count, keys + at, inputs + at, keyMap, centre, Y, valueCentre, none, tilt, scratch, ready, wideK + panel, wideRow, value);
			addSizes(d, power, wideK + panel, wideRow, value, powers, sizeSums);
			const half = (panel / P) & 1, narrow = (panel / P) >> 1;
			narrowParts<f32>(value, columns, half, h + narrow * values);
			for (let b: usize = 0; b < <usize>d; b++) narrowParts<f32>(wideK + b * wideRow + panel, 1, half, k + b * row + narrow * P);
		}
		blockFeatures<f64>(wideFeatures, lowRuns, lowTable, wideLength, wideRow);
		addMoments<f64>(columns, lowMade, wideFeatures, wideH, wideLength, wideRow, tile, lowS, lowMoments);
		for (let node = lowMade, entry = lowTable + <usize>lowRuns * RUN_SIZE, count = 0; node < lowNodes; node += count, entry += RUN_SIZE) {
			const factor = wideFeatures + <usize>load<i32>(entry) * wideRow, parent = wideFeatures + <usize>load<i32>(entry, 4) * wideRow;
			count = load<i32>(entry, 8);
			scaleValues<f64>(columns, factor, wideH, wideLength, wideScaled);
			addMoments<f64>(columns, count, parent, wideScaled, wideLength, wideRow, tile, lowS + (<usize>node << 3), lowMoments);
		}
		blockFeatures<f32>(features, runs, runTable, length, row);
		addMoments<f32>(columns, made - firstMade, features + <usize>firstMade * row, h, length, row, tile, S, moments);
		let entry = runTable + <usize>runs * RUN_SIZE, to = S + (<usize>(made - firstMade) << 3);
		for (let at = 0; at < products; at++, entry += RUN_SIZE) {
			const factor = features + <usize>load<i32>(entry) * row, skip = load<i32>(skipped + (<usize>at << 2));
			const parent = features + <usize>(load<i32>(entry, 4) + skip) * row, count = load<i32>(entry, 8) - skip;
			if (count == 0) continue;
			scaleValues<f32>(columns, factor, h, length, scaled);
			addMoments<f32>(columns, count, parent, scaled, length, row, tile, to, moments);
			to += <usize>count << 3;
		}
	}
	takeSums<f64>(sizeCount, sizeSums, sizes);
}
