// Monomial features by a table of runs: nodes that follow each other, each the product of one factor, the same for the run, and
// of its parent, and the parents follow each other too. A run is three numbers (factor, first parent, length); the first
// node of the first run is node 1, and each run begins where the one before has ended. Node 0 is the constant 1. A factor is a
// node made before, or a variable: variable v is the factor v - d, and its row lies that far before the features, so that one sum
// finds both. Loops over a run have no branch and no look-up in them. Any downward-closed set of monomials fits.
//
// Features are made of the first `made` nodes only. The runs after them are products: long runs of nodes that no run is made of.
// Their factor goes to the other side, Σ S[node] · feature[node] = factor · Σ S[node] · feature[parent], and they need no features.

import { panelBytes } from "../panels/panel";

/** Bytes of a run in the table. */
export const RUN_SIZE: usize = RUN_BYTES;

/** out[node] = out[parent] · out[factor], rows of one panel each; the d variables are before out. */
export function panelFeatures<T>(out: usize, runs: i32, runTable: usize): void {
	const P = panelBytes();
	// unroll v: TILE_VECTORS
	v128.store(out, v128.splat<T>(<T>1), $v * 16);
	let child = out + P;
	for (const last = runTable + <usize>runs * RUN_SIZE; runTable < last; runTable += RUN_SIZE) {
		const z = out + <usize>load<i32>(runTable) * P;
		// unroll v: TILE_VECTORS
		const z$v = v128.load(z, $v * 16);
		let parent = out + <usize>load<i32>(runTable, 4) * P;
		for (const end = child + <usize>load<i32>(runTable, 8) * P; child < end; child += P, parent += P) {
			// unroll v: TILE_VECTORS
			const g$v = v128.mul<T>(v128.load(parent, $v * 16), z$v);
			// unroll v: TILE_VECTORS
			v128.store(child, g$v, $v * 16);
		}
	}
}

/** The same for rows of `length` bytes, several panels, which begin `row` bytes apart: FEATURE_PANELS panels at a time. */
export function blockFeatures<T>(out: usize, runs: i32, runTable: usize, length: usize, row: usize): void {
	const P = panelBytes(), most = <usize>FEATURE_PANELS * P;
	for (let left = length, step: usize = 0; left > 0; left -= step, out += step) {
		step = min(left, most);
		for (let at = out; at < out + step; at += 16) v128.store(at, v128.splat<T>(<T>1));
		let child = out + row;
		for (let run = runTable, last = runTable + <usize>runs * RUN_SIZE; run < last; run += RUN_SIZE) {
			const z = out + <usize>load<i32>(run) * row;
			let parent = out + <usize>load<i32>(run, 4) * row;
			const end = child + <usize>load<i32>(run, 8) * row;
			if (step == most) {
				// unroll p: FEATURE_PANELS, v: TILE_VECTORS
				const z$p$v = v128.load(z, ($p * TILE_VECTORS + $v) * 16);
				for (; child < end; child += row, parent += row) {
					// unroll p: FEATURE_PANELS, v: TILE_VECTORS
					const g$p$v = v128.mul<T>(v128.load(parent, ($p * TILE_VECTORS + $v) * 16), z$p$v);
					// unroll p: FEATURE_PANELS, v: TILE_VECTORS
					v128.store(child, g$p$v, ($p * TILE_VECTORS + $v) * 16);
				}
				continue;
			}
			for (; child < end; child += row, parent += row)
				for (let at: usize = 0; at < step; at += P) {
					// unroll v: TILE_VECTORS
					const g$v = v128.mul<T>(v128.load(parent + at, $v * 16), v128.load(z + at, $v * 16));
					// unroll v: TILE_VECTORS
					v128.store(child + at, g$v, $v * 16);
				}
		}
	}
}
