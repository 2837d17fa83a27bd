// Kernels of polynomials by row for f64 and f32, with the scratch of the thread first.

import { gaussPass } from "./gauss/gauss-pass";
import { splitRows } from "./gauss/split-rows";
import { sortKeys } from "./gauss/pairs/sorted-keys";
import { keyMoments } from "./features/key-moments";
import { momentsInTwo } from "./gauss/precisions/moments-in-two";
import { queriesInTwo } from "./gauss/precisions/two-precisions";

// each BITS: 64, 32
export function gaussMoments$BITS(
	scratch: usize, rows: i32, d: i32, nodes: i32, made: i32, runs: i32, runTable: usize, panels: i32, keys: usize, inputs: usize,
	keyMap: usize, centre: usize, Y: usize, valueCentre: usize, none: usize, tilt: usize, S: usize, extra: i32,
): void {
	keyMoments<f$BITS>(scratch, rows, d, nodes, made, runs, runTable, panels, keys, inputs, keyMap, centre, Y, valueCentre, none, tilt, S, extra);
}

// each BITS: 64, 32
export function gaussQueries$BITS(
	scratch: usize, rows: i32, d: i32, degree: i32, extra: i32, terms: i32, levels: usize, runs: i32, tops: i32, runTable: usize,
	A1: usize, E: usize, valueCentre: usize, queryMap: usize, none: usize, queryShift: usize, byDegree: usize, integrals: usize,
	backRuns: i32, backTable: usize, pilot: usize, pilotNodes: i32, products: usize, constants: usize, bounds: usize, flags: usize, totals: usize,
	records: usize, pairConstants: usize, choices: usize, pairTable: usize, seed: usize, pairTotals: usize, first: i32,
	boundaryStarts: usize, boundaryNodes: usize, boundaryMoments: usize, boundaryFactors: usize,
): f64 {
	return gaussPass<f$BITS>(
		scratch, rows, d, degree, extra, terms, levels, runs, tops, runTable, A1, E, valueCentre, queryMap, none, queryShift, byDegree, integrals,
		backRuns, backTable, pilot, pilotNodes, products, constants, bounds, flags, totals, records, pairConstants, choices, pairTable, seed, pairTotals, first,
		boundaryStarts, boundaryNodes, boundaryMoments, boundaryFactors,
	);
}

// each BITS: 64, 32
export function gaussSplit$BITS(
	scratch: usize, rows: i32, d: i32, A1: usize, E: usize, queryMap: usize, none: usize, queryShift: usize, bounds: usize, most: usize,
	newA1: usize, newE: usize, order: usize,
): f64 {
	return splitRows<f$BITS>(scratch, rows, d, A1, E, queryMap, none, queryShift, bounds, most, newA1, newE, order);
}

// each BITS: 64, 32
export function gaussKeys$BITS(
	scratch: usize, rows: i32, d: i32, keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize, valueCentre: usize, none: usize,
	tilt: usize, perNorm: usize, bins: usize, table: usize,
): void {
	sortKeys<f$BITS>(scratch, rows, d, keys, inputs, keyMap, centre, Y, valueCentre, none, tilt, perNorm, bins, table);
}

export function gaussMomentsInTwo(
	scratch: usize, rows: i32, d: i32, lowNodes: i32, lowMade: i32, lowRuns: i32, lowTable: usize, lowS: usize, nodes: i32, firstMade: i32, made: i32,
	runs: i32, products: i32, runTable: usize, skipped: usize, panels: i32, keys: usize, inputs: usize, keyMap: usize, centre: usize, Y: usize,
	valueCentre: usize, none: usize, tilt: usize, S: usize, power: i32, sizes: usize,
): void {
	momentsInTwo(
		scratch, rows, d, lowNodes, lowMade, lowRuns, lowTable, lowS, nodes, firstMade, made, runs, products, runTable, skipped, panels, keys, inputs,
		keyMap, centre, Y, valueCentre, none, tilt, S, power, sizes,
	);
}

export function gaussQueriesInTwo(
	scratch: usize, rows: i32, d: i32, degree: i32, split: i32, terms: i32, levels: usize, lowRuns: i32, runs: i32, tops: i32, runTable: usize,
	A1: usize, E: usize, valueCentre: usize, queryMap: usize, none: usize, queryShift: usize, byDegree: usize, highByDegree: usize,
	integrals: usize, highIntegrals: usize, backRuns: i32, backTable: usize, products: usize, constants: usize, bounds: usize, flags: usize, totals: usize,
): f64 {
	return queriesInTwo(
		scratch, rows, d, degree, split, terms, levels, lowRuns, runs, tops, runTable, A1, E, valueCentre, queryMap, none, queryShift, byDegree,
		highByDegree, integrals, highIntegrals, backRuns, backTable, products, constants, bounds, flags, totals,
	);
}
