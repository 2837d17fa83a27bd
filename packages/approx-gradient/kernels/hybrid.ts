// The module "hybrid": features of trained heads, sums over their rows and forms of residual matrices, in double precision.

import { tileColumns } from "@attgrad/matrix-core/kernels/tile";
import { boundRows, HybridBounds } from "./hybrid/bounds";
import { featureBytes, HybridFeatures, makeFeatures } from "./hybrid/features";
import { addGroups, groupBytes, slotBytes } from "./hybrid/forms";
import { addSums, HybridRows, joinSlots, sumScratchBytes } from "./hybrid/groups";
import { pairSlotBytes } from "./hybrid/pairs/draw-sums";
import { drawRows, drawScratchBytes } from "./hybrid/pairs/draws";
import { HybridPairs } from "./hybrid/pairs/pair-rows";
import { makeRanges, rangeScratchBytes } from "./hybrid/pairs/ranges";
import { pack } from "./hybrid/products";
import { finishKeyRows, finishQueryRows, HybridResults, resultBytes } from "./hybrid/results";
import { HybridWeights, weighQueries } from "./hybrid/weights";

/** Numbers that a row of a product is padded to a multiple of. */
export function panelColumns(_scratch: usize): i32 {
	return tileColumns<f64>();
}

/** Columns of a row-major matrix, depth x cols, or of its transpose, in panels; steps are bytes. */
export function packMatrix(_scratch: usize, b: usize, rowStep: usize, columnStep: usize, depth: i32, cols: i32, panels: usize): void {
	pack(b, rowStep, columnStep, depth, cols, panels);
}

/** Bytes of scratch that `rowFeatures` takes. */
export function featureScratch(_scratch: usize, map: usize): f64 {
	return <f64>featureBytes(changetype<HybridFeatures>(map));
}

/** Features of the rows from..to-1 of a `HybridFeatures`; both are multiples of 6, or `to` is the end. */
export function rowFeatures(scratch: usize, map: usize, from: i32, to: i32): void {
	makeFeatures(scratch, changetype<HybridFeatures>(map), from, to);
}

/** Bytes of scratch that `sumRows` takes. */
export function sumScratch(_scratch: usize, rows: usize): f64 {
	return <f64>sumScratchBytes(changetype<HybridRows>(rows));
}

/** Adds the sums of the rows from..to-1 of a `HybridRows` to a slot. */
export function sumRows(scratch: usize, rows: usize, from: i32, to: i32, slot: usize): void {
	addSums(scratch, changetype<HybridRows>(rows), from, to, slot);
}

/** Bytes of scratch that `formGroups` takes. */
export function groupScratch(_scratch: usize, rows: usize): f64 {
	return <f64>groupBytes(changetype<HybridRows>(rows));
}

/** Bytes of a slot of `sumRows` and `formGroups`. */
export function groupSlot(_scratch: usize, rows: usize): f64 {
	return <f64>slotBytes(changetype<HybridRows>(rows));
}

/** Adds the forms of the groups from..to-1 of a `HybridRows` to a slot. */
export function formGroups(scratch: usize, rows: usize, from: i32, to: i32, slot: usize): void {
	addGroups(scratch, changetype<HybridRows>(rows), from, to, slot);
}

/** Adds the numbers of all of `count` slots, `bytes` each, to the first. */
export function addSlots(_scratch: usize, slots: usize, count: i32, bytes: usize): void {
	joinSlots(slots, count, bytes);
}

/** Bytes of scratch that `queryResults` and `keyResults` take. */
export function resultScratch(_scratch: usize, rows: usize): f64 {
	return <f64>resultBytes(changetype<HybridResults>(rows));
}

/** Results of the queries from..to-1 of a `HybridResults`. */
export function queryResults(scratch: usize, rows: usize, from: i32, to: i32): void {
	finishQueryRows(scratch, changetype<HybridResults>(rows), from, to);
}

/** Results of the keys from..to-1 of a `HybridResults`. */
export function keyResults(scratch: usize, rows: usize, from: i32, to: i32): void {
	finishKeyRows(scratch, changetype<HybridResults>(rows), from, to);
}

/** Writes the columns of the queries from..to-1 of a `HybridWeights`, and adds to 3 (d_v + d) sums. */
export function queryWeights(_scratch: usize, rows: usize, from: i32, to: i32, sums: usize): void {
	weighQueries(changetype<HybridWeights>(rows), from, to, sums);
}

/** Writes bounds of the queries from..to-1 of a `HybridBounds`. */
export function boundQueries(_scratch: usize, rows: usize, from: i32, to: i32): void {
	boundRows(changetype<HybridBounds>(rows), from, to);
}

/** Bytes of scratch that `pairRanges` takes. */
export function pairRangeScratch(_scratch: usize, d: i32, dv: i32): f64 {
	return <f64>rangeScratchBytes(d, dv);
}

/** Envelopes and ranges of the rows from..to-1 of a `HybridPairs`. */
export function pairRanges(scratch: usize, rows: usize, from: i32, to: i32): void {
	makeRanges(scratch, changetype<HybridPairs>(rows), from, to);
}

/** Bytes of scratch that `drawPairs` takes. */
export function pairDrawScratch(_scratch: usize, d: i32, dv: i32): f64 {
	return <f64>drawScratchBytes(d, dv);
}

/** Bytes of a slot of `drawPairs`. */
export function pairSlot(_scratch: usize, d: i32): f64 {
	return <f64>pairSlotBytes(d);
}

/** Draws pairs of the rows from..to-1 of a `HybridPairs`, and adds them to a slot. */
export function drawPairs(scratch: usize, rows: usize, from: i32, to: i32, slot: usize): void {
	drawRows(scratch, changetype<HybridPairs>(rows), from, to, slot);
}
