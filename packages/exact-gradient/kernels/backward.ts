// The kernels of the operator's forward and backward pass: dO (softmax(scale · Q K^T over visible keys) V)' with masks, heads apart.

import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { scratchBytes } from "./backward/block";
import { backwardStripe, forwardStripe } from "./backward/gradients";
import { BackwardJob, paddedWidth } from "./backward/job";
import { joinStripes } from "./backward/join";
import { packHead } from "./backward/pack";

// each BITS: 64, 32
export function panelRows$BITS(_scratch: usize): i32 {
	return tileColumns<f$BITS>();
}

// each BITS: 64, 32
export function paddedWidth$BITS(_scratch: usize, count: i32): i32 {
	return paddedWidth<f$BITS>(count);
}

// each BITS: 64, 32
export function scratchBytes$BITS(_scratch: usize, job: usize, keys: i32): f64 {
	return <f64>scratchBytes<f$BITS>(changetype<BackwardJob>(job), keys);
}

// each BITS: 64, 32
export function packHead$BITS(_scratch: usize, job: usize, K: usize, V: usize, from: i32, to: i32): f64 {
	return packHead<f$BITS>(changetype<BackwardJob>(job), K, V, from, to);
}

// each BITS: 64, 32
export function backwardStripe$BITS(
	scratch: usize, job: usize, Q: usize, dO: usize, first: i32, rows: i32,
	dQ: usize, outputs: usize, rowSums: usize, part: usize, from: i32, to: i32,
): f64 {
	return backwardStripe<f$BITS>(scratch, changetype<BackwardJob>(job), Q, dO, first, rows, dQ, outputs, rowSums, part, from, to);
}

// each BITS: 64, 32
export function forwardStripe$BITS(
	scratch: usize, job: usize, Q: usize, first: i32, rows: i32, outputs: usize, rowSums: usize,
): void {
	forwardStripe<f$BITS>(scratch, changetype<BackwardJob>(job), Q, first, rows, outputs, rowSums);
}

// each BITS: 64, 32
export function joinStripes$BITS(
	_scratch: usize, table: usize, count: i32, from: i32, to: i32, d: i32, dv: i32, dK: usize, dV: usize,
): void {
	joinStripes<f$BITS>(table, count, from, to, d, dv, dK, dV);
}
