// The module "polynomial": every kernel of the polynomial method for f64 and f32, with the scratch of the thread first.

import { forwardPass } from "./polynomial/forward-pass";
import { blockFeatures } from "./features/features";
import { keyMoments } from "./features/key-moments";
import { centredKeys, centredQueries, keyRanges, queryRanges } from "./profile/profile";
import { MOMENT, queryPass, REVERSE } from "./polynomial/query-pass";

export { centredKeysSingle, centredQueriesSingle, keyRangesSingle, queryRangesSingle } from "./profile/single-profile";

// each BITS: 64, 32
export function keyMoments$BITS(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, panels: i32,
	keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize, valueCentre: usize, none: usize, tilt: usize, S: usize,
): void {
	keyMoments<f$BITS>(scratch, rows, d, nodes, made, runs, runTable, panels, keys, inputs, keyMap, centre, Y, valueCentre, none, tilt, S, 0);
}

// each BITS: 64, 32
export function queryMoment$BITS(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, A1: usize, E: usize, valueCentre: usize,
	queryMap: usize, none: usize, queryShift: usize, weighted: usize, raisedNodes: i32, moments: usize, weight: usize, raised: usize, totals: usize,
): f64 {
	return queryPass<f$BITS>(
		MOMENT, scratch, rows, d, nodes, made, runs, runTable, A1, E, valueCentre, queryMap, none, queryShift, weighted,
		raisedNodes, moments, weight, raised, totals,
	);
}

// each BITS: 64, 32
export function queryReverse$BITS(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, A1: usize, E: usize, valueCentre: usize,
	queryMap: usize, none: usize, queryShift: usize, weighted: usize, totals: usize,
): f64 {
	return queryPass<f$BITS>(
		REVERSE, scratch, rows, d, nodes, made, runs, runTable, A1, E, valueCentre, queryMap, none, queryShift, weighted,
		0, 0, 0, 0, totals,
	);
}

// each BITS: 64, 32
export function forwardPass$BITS(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize,
	A1: usize, queryMap: usize, none: usize, queryShift: usize, weighted: usize, outputs: usize, range: usize,
): f64 {
	return forwardPass<f$BITS>(scratch, rows, d, nodes, made, runs, runTable, A1, queryMap, none, queryShift, weighted, outputs, range);
}

// each BITS: 64, 32
export function keyRanges$BITS(scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, out: usize): void {
	keyRanges<f$BITS>(scratch, rows, d, keys, inputs, Y, out);
}

// each BITS: 64, 32
export function queryRanges$BITS(scratch: usize, rows: i32, d: i32, inputs: usize, X: usize, out: usize): void {
	queryRanges<f$BITS>(scratch, rows, d, inputs, X, out);
}

// each BITS: 64, 32
export function centredQueries$BITS(
	scratch: usize, rows: i32, d: i32, inputs: usize, targets: usize, X: usize, centre: usize, middle: usize, out: usize,
): void {
	centredQueries<f$BITS>(scratch, rows, d, inputs, targets, X, centre, middle, out);
}

// each BITS: 64, 32
export function centredKeys$BITS(
	scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, middle: usize, tilt: usize, valueCentre: usize, out: usize,
): void {
	centredKeys<f$BITS>(scratch, rows, d, keys, inputs, Y, middle, tilt, valueCentre, out);
}

/**
 * Features of a block of keys whose d variables are all ½, `times` over, into the scratch behind the rows of the variables: what pass 1
 * does of them, by itself, to be timed.
 */
// @ts-ignore: decorator
@inline
function features<T>(scratch: usize, d: i32, runs: i32, runTable: usize, row: usize, times: i32): void {
	const out = scratch + <usize>d * row;
	for (let at = scratch; at < out; at += 16) v128.store(at, v128.splat<T>(<T>0.5));
	for (let i = 0; i < times; i++) blockFeatures<T>(out, runs, runTable, row, row);
}

// each BITS: 64, 32
export function features$BITS(scratch: usize, d: i32, runs: i32, runTable: usize, row: usize, times: i32): void {
	features<f$BITS>(scratch, d, runs, runTable, row, times);
}
