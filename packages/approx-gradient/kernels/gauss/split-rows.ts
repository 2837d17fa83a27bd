// Rows apart by their reach: those of small reach have a polynomial of one degree less.

import { panelBytes, panelRows, loadPanels } from "../panels/panel";
import { widenParts } from "../panels/parts";
import { projectPanels, wideBlocks } from "../panels/projection";
import { reachIn, reachOfRows } from "./acceptance";

/** Copies a row. */
// @ts-ignore: decorator
@inline
function copyRow<T>(d: i32, from: usize, to: usize): void {
	for (const end = from + <usize>d * sizeof<T>(); from < end; from += sizeof<T>(), to += sizeof<T>()) store<T>(to, load<T>(from));
}

/**
 * Copies a range of `rows` queries and targets: those whose reach is at most `*most` to the beginning of their new place, the others to its
 * end, backwards. order: for each place there the row's number in the range. Returns how many are in front.
 */
export function splitRows<T>(
	scratch: usize, rows: i32, d: i32, A1: usize, E: usize, queryMap: usize, none: usize, queryShift: usize, bounds: usize, most: usize,
	newA1: usize, newE: usize, order: usize,
): i32 {
	const P = panelBytes(), block = <usize>d * P, stride = <usize>d * sizeof<T>(), limit = load<f64>(most), inPart = panelRows<f64>();
	const wide = scratch, a1 = wide + 4 * block, q = a1 + block, facts = q + block, parts = wideBlocks<T>();
	let front = 0, back = rows;
	for (let from = 0; from < rows; from += panelRows<T>()) {
		const count = min(panelRows<T>(), rows - from);
		loadPanels<T>(A1 + <usize>from * stride, count, d, a1);
		projectPanels<T>(a1, queryMap, none, queryShift, d, q, wide);
		for (let part: usize = 0; part < parts; part++) {
			widenParts<T>(q, d, part, wide);
			reachOfRows(d, wide, bounds, facts);
			const first = from + <i32>part * inPart, last = min(first + inPart, rows);
			for (let row = first, reach = reachIn(facts); row < last; row++, reach += 8) {
				// Without a branch, which would be guessed wrong for every other row.
				const isLow = load<f64>(reach) <= limit, to = select<i32>(front, back - 1, isLow);
				front += <i32>isLow;
				back -= <i32>!isLow;
				store<i32>(order + (<usize>to << 2), row);
				copyRow<T>(d, A1 + <usize>row * stride, newA1 + <usize>to * stride);
				copyRow<T>(d, E + <usize>row * stride, newE + <usize>to * stride);
			}
		}
	}
	return front;
}
