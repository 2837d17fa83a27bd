// The module "polynomial": every kernel of the polynomial method for f64 and f32, with the scratch of the thread first.

import { forwardPass } from "./forward-pass";
import { blockFeatures } from "./features";
import { keyMoments } from "./key-moments";
import { centredKeys, centredQueries, keyRanges, queryRanges } from "./profile/profile";
import { MOMENT, queryPass, REVERSE } from "./query-pass";

export { gaussMoments32, gaussMoments64, gaussQueries32, gaussQueries64 } from "./gauss";
export { centredKeysSingle, centredQueriesSingle, keyRangesSingle, queryRangesSingle } from "./profile/single-profile";

export function keyMoments64(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, panels: i32,
	keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize, valueCentre: usize, none: usize, tilt: usize, S: usize,
): void {
	keyMoments<f64>(scratch, rows, d, nodes, made, runs, runTable, panels, keys, inputs, keyMap, centre, Y, valueCentre, none, tilt, S, 0);
}

export function queryMoment64(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, A1: usize, E: usize, valueCentre: usize,
	queryMap: usize, none: usize, queryShift: usize, weighted: usize, raisedNodes: i32, moments: usize, weight: usize, raised: usize, totals: usize,
): f64 {
	return queryPass<f64>(
		MOMENT, scratch, rows, d, nodes, made, runs, runTable, A1, E, valueCentre, queryMap, none, queryShift, weighted,
		raisedNodes, moments, weight, raised, totals,
	);
}

export function queryReverse64(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, A1: usize, E: usize, valueCentre: usize,
	queryMap: usize, none: usize, queryShift: usize, weighted: usize, totals: usize,
): f64 {
	return queryPass<f64>(
		REVERSE, scratch, rows, d, nodes, made, runs, runTable, A1, E, valueCentre, queryMap, none, queryShift, weighted,
		0, 0, 0, 0, totals,
	);
}

export function keyMoments32(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, panels: i32,
	keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize, valueCentre: usize, none: usize, tilt: usize, S: usize,
): void {
	keyMoments<f32>(scratch, rows, d, nodes, made, runs, runTable, panels, keys, inputs, keyMap, centre, Y, valueCentre, none, tilt, S, 0);
}

export function queryMoment32(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, A1: usize, E: usize, valueCentre: usize,
	queryMap: usize, none: usize, queryShift: usize, weighted: usize, raisedNodes: i32, moments: usize, weight: usize, raised: usize, totals: usize,
): f64 {
	return queryPass<f32>(
		MOMENT, scratch, rows, d, nodes, made, runs, runTable, A1, E, valueCentre, queryMap, none, queryShift, weighted,
		raisedNodes, moments, weight, raised, totals,
	);
}

export function queryReverse32(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, A1: usize, E: usize, valueCentre: usize,
	queryMap: usize, none: usize, queryShift: usize, weighted: usize, totals: usize,
): f64 {
	return queryPass<f32>(
		REVERSE, scratch, rows, d, nodes, made, runs, runTable, A1, E, valueCentre, queryMap, none, queryShift, weighted,
		0, 0, 0, 0, totals,
	);
}

export function forwardPass64(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize,
	A1: usize, queryMap: usize, none: usize, queryShift: usize, weighted: usize, outputs: usize, range: usize,
): f64 {
	return forwardPass<f64>(scratch, rows, d, nodes, made, runs, runTable, A1, queryMap, none, queryShift, weighted, outputs, range);
}

export function forwardPass32(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize,
	A1: usize, queryMap: usize, none: usize, queryShift: usize, weighted: usize, outputs: usize, range: usize,
): f64 {
	return forwardPass<f32>(scratch, rows, d, nodes, made, runs, runTable, A1, queryMap, none, queryShift, weighted, outputs, range);
}

export function keyRanges64(scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, out: usize): void {
	keyRanges<f64>(scratch, rows, d, keys, inputs, Y, out);
}

export function queryRanges64(scratch: usize, rows: i32, d: i32, inputs: usize, X: usize, out: usize): void {
	queryRanges<f64>(scratch, rows, d, inputs, X, out);
}

export function centredQueries64(
	scratch: usize, rows: i32, d: i32, inputs: usize, targets: usize, X: usize, centre: usize, middle: usize, out: usize,
): void {
	centredQueries<f64>(scratch, rows, d, inputs, targets, X, centre, middle, out);
}

export function centredKeys64(
	scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, middle: usize, tilt: usize, valueCentre: usize, out: usize,
): void {
	centredKeys<f64>(scratch, rows, d, keys, inputs, Y, middle, tilt, valueCentre, out);
}

export function keyRanges32(scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, out: usize): void {
	keyRanges<f32>(scratch, rows, d, keys, inputs, Y, out);
}

export function queryRanges32(scratch: usize, rows: i32, d: i32, inputs: usize, X: usize, out: usize): void {
	queryRanges<f32>(scratch, rows, d, inputs, X, out);
}

export function centredQueries32(
	scratch: usize, rows: i32, d: i32, inputs: usize, targets: usize, X: usize, centre: usize, middle: usize, out: usize,
): void {
	centredQueries<f32>(scratch, rows, d, inputs, targets, X, centre, middle, out);
}

export function centredKeys32(
	scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, Y: usize, middle: usize, tilt: usize, valueCentre: usize, out: usize,
): void {
	centredKeys<f32>(scratch, rows, d, keys, inputs, Y, middle, tilt, valueCentre, out);
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

export function features64(scratch: usize, d: i32, runs: i32, runTable: usize, row: usize, times: i32): void {
	features<f64>(scratch, d, runs, runTable, row, times);
}

export function features32(scratch: usize, d: i32, runs: i32, runTable: usize, row: usize, times: i32): void {
	features<f32>(scratch, d, runs, runTable, row, times);
}
