// The outputs alone of pass 2 (paper.md 5.3, steps 1 to 3): a panel of queries at a time, normaliser and output.

import { evaluate } from "../features/outputs";
import { loadPanels, panelBytes, panelRows } from "../panels/panel";
import { projectPanels } from "../panels/projection";
import { checkNormalisers } from "./query-pass";

/**
 * A range of `rows` queries; returns the first row whose normaliser is not positive, or -1. A1 and the tables are those of
 * `queryPass`. outputs: rows x d, row-major, N / D; range: [the bad normaliser, the least one so far].
 * scratch, in panels: made, 7 d + 1, and d + 1 for each run of products.
 */
// @ts-ignore: decorator
@inline
export function forwardPass<T>(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize,
	A1: usize, queryMap: usize, none: usize, queryShift: usize, weighted: usize, outputs: usize, range: usize,
): i32 {
	const P = panelBytes(), Z = <usize>sizeof<T>(), columns = <usize>d * P, stride = <usize>d * Z;
	const wide = scratch, a1 = wide + 4 * columns, q = a1 + columns, feature = q + columns, N = feature + <usize>made * P, productSums = N + columns + P;
	for (let from = 0; from < rows; from += panelRows<T>(), A1 += stride * panelRows<T>()) {
		const count = min(panelRows<T>(), rows - from);
		loadPanels<T>(A1, count, d, a1);
		projectPanels<T>(a1, queryMap, none, queryShift, d, q, wide);
		evaluate<T>(d + 1, feature, nodes, made, runs, runTable, weighted, N, productSums);
		const bad = checkNormalisers<T>(N + columns, count, range);
		if (bad >= 0) return from + bad;
		for (let r = 0, row = N; r < count; r++, row += Z) {
			const D = load<T>(row + columns);
			for (let at = row; at < row + columns; at += P, outputs += Z) store<T>(outputs, load<T>(at) / D);
		}
	}
	return -1;
}
