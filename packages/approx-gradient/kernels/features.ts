// Monomial features by the feature tree, which is two tables over its nodes, parents before children; node 0 is the
// constant 1. `variable` holds for every node the variable that makes it out of its parent, as the offset in bytes of that
// variable's row. `familyTable` lists the runs of siblings that follow each other, in the order of the nodes from 1 on, as pairs
// (index of the parent, number of siblings). Any downward-closed set of monomials fits.

import { panelBytes } from "./panel";

/** out[node] = out[parent] · x[variable], rows of one panel each. */
export function panelFeatures<T>(x: usize, out: usize, families: i32, familyTable: usize, variable: usize): void {
	// unroll v: TILE_VECTORS
	v128.store(out, v128.splat<T>(<T>1), $v * 16);
	let child = out + panelBytes();
	variable += 4;
	for (const last = familyTable + (<usize>families << 3); familyTable < last; familyTable += 8) {
		const parent = out + <usize>load<i32>(familyTable) * panelBytes();
		// unroll v: TILE_VECTORS
		const f$v = v128.load(parent, $v * 16);
		for (const end = variable + (<usize>load<i32>(familyTable, 4) << 2); variable < end; variable += 4, child += panelBytes()) {
			const z = x + <usize>load<u32>(variable);
			// unroll v: TILE_VECTORS
			const g$v = v128.mul<T>(f$v, v128.load(z, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(child, g$v, $v * 16);
		}
	}
}

/** The same for rows of `row` bytes, several panels. */
export function blockFeatures<T>(x: usize, out: usize, families: i32, familyTable: usize, variable: usize, row: usize): void {
	for (let at = out; at < out + row; at += 16) v128.store(at, v128.splat<T>(<T>1));
	let child = out + row;
	variable += 4;
	for (const last = familyTable + (<usize>families << 3); familyTable < last; familyTable += 8) {
		const parent = out + <usize>load<i32>(familyTable) * row;
		for (const end = variable + (<usize>load<i32>(familyTable, 4) << 2); variable < end; variable += 4) {
			let z = x + <usize>load<u32>(variable);
			for (let from = parent; from < parent + row; from += panelBytes(), z += panelBytes(), child += panelBytes()) {
				// unroll v: TILE_VECTORS
				const g$v = v128.mul<T>(v128.load(from, $v * 16), v128.load(z, $v * 16));
				// unroll v: TILE_VECTORS
				v128.store(child, g$v, $v * 16);
			}
		}
	}
}
