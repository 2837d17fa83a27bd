// The test product of a build: a small one of the kind that all kernels consist of, run before a build is chosen.

import { multiplyAdd } from "./arithmetic";
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
export function probeColumns(_scratch: usize): i32 {
	return tileColumns<f64>();
}

/** Fills the scratch of the thread it runs on; gives its address. */
export function probeScratch(scratch: usize, bytes: i32): f64 {
	memory.fill(scratch, 1, bytes);
	return <f64>scratch;
}

/** 12 · `times` multiply-adds of 128-bit vectors that touch no memory, 12 independent ones at a time; gives a sum of them. */
// @ts-ignore: decorator
@inline
function registers<T>(scratch: usize, times: i32): f64 {
	// through memory: V8 makes a vector constant anew wherever it is used
	v128.store(scratch, v128.splat<T>(<T>0.5));
	v128.store(scratch, v128.splat<T>(<T>1), 16);
	const x = v128.load(scratch), y = v128.load(scratch, 16);
	// unroll i: 12
	let c$i = v128.splat<T>(<T>$i);
	for (let i = 0; i < times; i++) {
		// unroll i: 12
		c$i = multiplyAdd<T>(c$i, x, y);
	}
	let sum = x;
	// unroll i: 12
	sum = v128.add<T>(sum, c$i);
	return <f64>v128.extract_lane<T>(sum, 0);
}

// each BITS: 64, 32
/** `registers`, and so the flops of a core; scratch: 32 bytes. */
export function registers$BITS(scratch: usize, times: i32): f64 {
	return registers<f$BITS>(scratch, times);
}
