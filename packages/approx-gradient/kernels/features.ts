// Monomial features by the feature tree. The tree is two tables in breadth-first order: childCount of the first `parents`
// nodes, and for every node the variable that makes it out of its parent, as the offset in bytes of that variable's
// row. Children of a node are contiguous and follow each other in the order of their parents, so that a running
// pointer finds them and any downward-closed set of monomials fits. Node 0 is the constant 1.

import { panelBytes } from "./panel";

/** out[node] = out[parent] · x[variable], rows of one panel each. */
export function panelFeatures<T>(x: usize, out: usize, parents: i32, childCount: usize, variable: usize): void {
	// unroll v: TILE_VECTORS
	v128.store(out, v128.splat<T>(<T>1), $v * 16);
	let child = out + panelBytes();
	variable += 4;
	for (const last = childCount + (<usize>parents << 2); childCount < last; childCount += 4, out += panelBytes()) {
		// unroll v: TILE_VECTORS
		const f$v = v128.load(out, $v * 16);
		for (const end = variable + (<usize>load<i32>(childCount) << 2); variable < end; variable += 4, child += panelBytes()) {
			const z = x + <usize>load<u32>(variable);
			// unroll v: TILE_VECTORS
			const g$v = v128.mul<T>(f$v, v128.load(z, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(child, g$v, $v * 16);
		}
	}
}

/** The same for rows of `row` bytes, several panels. */
export function blockFeatures<T>(x: usize, out: usize, parents: i32, childCount: usize, variable: usize, row: usize): void {
	for (let at = out; at < out + row; at += 16) v128.store(at, v128.splat<T>(<T>1));
	let child = out + row;
	variable += 4;
	for (const last = childCount + (<usize>parents << 2); childCount < last; childCount += 4, out += row)
		for (const end = variable + (<usize>load<i32>(childCount) << 2); variable < end; variable += 4) {
			let z = x + <usize>load<u32>(variable);
			for (let from = out; from < out + row; from += panelBytes(), z += panelBytes(), child += panelBytes()) {
				// unroll v: TILE_VECTORS
				const g$v = v128.mul<T>(v128.load(from, $v * 16), v128.load(z, $v * 16));
				// unroll v: TILE_VECTORS
				v128.store(child, g$v, $v * 16);
			}
		}
}
