// The kernels of the operator's forward and backward pass: dO (softmax(scale · Q K^T over visible keys) V)' with masks, heads apart.

import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { scratchBytes } from "./backward/block";
import { backwardStripe, forwardStripe } from "./backward/gradients";
import { BackwardJob, paddedWidth } from "./backward/job";
import { joinStripes } from "./backward/join";
import { packHead } from "./backward/pack";

export function panelRows64(_scratch: usize): i32 {
	return tileColumns<f64>();
}
export function panelRows32(_scratch: usize): i32 {
	return tileColumns<f32>();
}
export function paddedWidth64(_scratch: usize, count: i32): i32 {
	return paddedWidth<f64>(count);
}
export function paddedWidth32(_scratch: usize, count: i32): i32 {
	return paddedWidth<f32>(count);
}
export function scratchBytes64(_scratch: usize, job: usize, keys: i32): f64 {
	return <f64>scratchBytes<f64>(changetype<BackwardJob>(job), keys);
}
export function scratchBytes32(_scratch: usize, job: usize, keys: i32): f64 {
	return <f64>scratchBytes<f32>(changetype<BackwardJob>(job), keys);
}
export function packHead64(_scratch: usize, job: usize, K: usize, V: usize, from: i32, to: i32): f64 {
	return packHead<f64>(changetype<BackwardJob>(job), K, V, from, to);
}
export function packHead32(_scratch: usize, job: usize, K: usize, V: usize, from: i32, to: i32): f64 {
	return packHead<f32>(changetype<BackwardJob>(job), K, V, from, to);
}
export function backwardStripe64(
	scratch: usize, job: usize, Q: usize, dO: usize, first: i32, rows: i32,
	dQ: usize, outputs: usize, rowSums: usize, part: usize, from: i32, to: i32,
): f64 {
	return backwardStripe<f64>(scratch, changetype<BackwardJob>(job), Q, dO, first, rows, dQ, outputs, rowSums, part, from, to);
}
export function backwardStripe32(
	scratch: usize, job: usize, Q: usize, dO: usize, first: i32, rows: i32,
	dQ: usize, outputs: usize, rowSums: usize, part: usize, from: i32, to: i32,
): f64 {
	return backwardStripe<f32>(scratch, changetype<BackwardJob>(job), Q, dO, first, rows, dQ, outputs, rowSums, part, from, to);
}
export function forwardStripe64(
	scratch: usize, job: usize, Q: usize, first: i32, rows: i32, outputs: usize, rowSums: usize,
): void {
	forwardStripe<f64>(scratch, changetype<BackwardJob>(job), Q, first, rows, outputs, rowSums);
}
export function forwardStripe32(
	scratch: usize, job: usize, Q: usize, first: i32, rows: i32, outputs: usize, rowSums: usize,
): void {
	forwardStripe<f32>(scratch, changetype<BackwardJob>(job), Q, first, rows, outputs, rowSums);
}
export function joinStripes64(
	_scratch: usize, table: usize, count: i32, from: i32, to: i32, d: i32, dv: i32, dK: usize, dV: usize,
): void {
	joinStripes<f64>(table, count, from, to, d, dv, dK, dV);
}
export function joinStripes32(
	_scratch: usize, table: usize, count: i32, from: i32, to: i32, d: i32, dv: i32, dK: usize, dV: usize,
): void {
	joinStripes<f32>(table, count, from, to, d, dv, dK, dV);
}
