// What the choice of a build runs before it trusts the build: a small product of the kind that all kernels consist of.

import { accumulate6, tileColumns } from "./tile";

/**
 * C (6 x tileColumns, rows cStep bytes apart) += Aᵀ B, `repeats` times over, for A (count x 6) and
 * B (count x tileColumns).
 */
export function probe(_scratch: usize, a: usize, b: usize, c: usize, cStep: usize, count: i32, repeats: i32): void {
	for (let i = 0; i < repeats; i++)
		accumulate6<f64>(a, 6 * 8, b, tileColumns<f64>() * 8, count, c, cStep);
}

/** Columns of the probe's product. */
export function probeColumns(): i32 {
	return tileColumns<f64>();
}

/** Fills the scratch of the thread it runs on; gives its address. */
export function probeScratch(scratch: usize, bytes: i32): f64 {
	memory.fill(scratch, 1, bytes);
	return <f64>scratch;
}
