// The keys that pairs are drawn from, those of like norm side by side: `pairs/sampled-keys.ts` in TypeScript says what they are. All in double
// precision.

import { EXPONENTIAL_TABLE, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { keyWeights } from "../../features/key-weights";
import { loadPanels, panelBytes, panelRows } from "../../panels/panel";
import { projectDoubles, wideBlocks, widenPanels } from "../../panels/projection";

/** Bytes of a bin: the number of its next key, its first place, its number of keys, and how far the keys of its last window are apart. */
const BIN_BYTES: usize = 4 * sizeof<i32>();

/**
 * Counts the keys of `rows` rows by bin, or puts them into a table.
 * keys, inputs, keyMap, centre, Y, valueCentre, none, tilt: as of `keyMoments`.
 * @param perNorm bins over the norm of a key, one double
 * @param bins of these rows alone: the first number of each is raised by one for each key
 * @param table 2 d + 3 doubles for each place: k, v, ω, ‖v‖², ‖k‖²; 0 to count
 * scratch: EXPONENTIAL_TABLE, 6 d + 2 panels
 */
export function sortKeys<T>(
	scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize, valueCentre: usize, none: usize,
	tilt: usize, perNorm: usize, bins: usize, table: usize,
): void {
	const P = panelBytes(), block = <usize>d * P, row = <usize>d * sizeof<T>(), stride = <usize>(2 * d + 3) << 3;
	const read = scratch + EXPONENTIAL_TABLE, k = read + block, h = k + block, weights = h + block, wide = weights + P;
	const rate = load<f64>(perNorm), blockRows = panelRows<f64>();
	if (tilt) prepareExponential<f64>(scratch);
	for (let from = 0; from < rows; from += panelRows<T>(), keys += <usize>panelRows<T>() * row, inputs += <usize>panelRows<T>() * row) {
		const count = min(panelRows<T>(), rows - from);
		for (let part: usize = 0; part < wideBlocks<T>(); part++) {
			const here = min(blockRows, count - <i32>part * blockRows);
			if (here <= 0) break;
			loadPanels<T>(keys, count, d, read);
			widenPanels<T>(read, centre, d, wide);
			if (table) keyWeights(d, wide + part * block, tilt, weights, scratch);
			projectDoubles(wide + part * block, keyMap, none, d, 0, k, P);
			if (table) {
				loadPanels<T>(inputs, count, d, read);
				widenPanels<T>(read, none, d, wide);
				projectDoubles(wide + part * block, Y, valueCentre, d, 0, h, P);
			}
			for (let lane = 0; lane < here; lane++) putKey(d, k + (<usize>lane << 3), rate, bins, table, stride);
		}
	}
}

/** Counts a key, or puts it into its bin; its value and its weight are d and 2 d panels behind it. */
function putKey(d: i32, k: usize, rate: f64, bins: usize, table: usize, stride: usize): void {
	const P = panelBytes(), block = <usize>d * P;
	let keySquare: f64 = 0;
	for (let at = k; at < k + block; at += P) keySquare += load<f64>(at) * load<f64>(at);
	const bin = bins + <usize>min<f64>(<f64>(KEY_BINS - 1), rate * sqrt<f64>(keySquare)) * BIN_BYTES, key = load<i32>(bin);
	store<i32>(bin, key + 1);
	if (!table) return;
	const within = <u32>key % KEY_WINDOW, window = key - <i32>within, left = load<i32>(bin, 8) - window;
	const moved = left >= KEY_WINDOW ? (within * KEY_WINDOW_STEP) % KEY_WINDOW : (within * <u32>load<i32>(bin, 12)) % <u32>left;
	const place = load<i32>(bin, 4) + window + <i32>moved;
	let to = table + <usize>place * stride, square: f64 = 0;
	for (let at = k; at < k + block; at += P, to += 8) store<f64>(to, load<f64>(at));
	for (let at = k + block; at < k + 2 * block; at += P, to += 8) {
		const value = load<f64>(at);
		square += value * value;
		store<f64>(to, value);
	}
	store<f64>(to, load<f64>(k + 2 * block));
	store<f64>(to, square, 8);
	store<f64>(to, keySquare, 16);
}
