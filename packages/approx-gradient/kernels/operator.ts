// The module "operator": the kernels of the polynomial backward pass of the operator, in double precision, with the scratch of the thread first.

import { finishQueries as finish, QueryResults } from "./operator/finish";
import { keyBytes, sweepKeys } from "./operator/keys";
import { addKeyChunk, addQueryChunk } from "./operator/moments";
import { keyStateBytes, OperatorPart, queryStateBytes } from "./operator/part";
import { KeyRows, largestDistance as distance, prepareKeys as prepare, shiftRows as shiftBy } from "./operator/prepare";
import { queryBytes, sweepQueries } from "./operator/queries";
import { addNumbers } from "./operator/window";

/** Bytes of scratch that every kernel here takes for a part; scratch itself: 256 bytes. */
export function scratchBytes(scratch: usize, part: usize): f64 {
	const own = changetype<OperatorPart>(part);
	return <f64>max(queryBytes(scratch, own), keyBytes(scratch, own));
}

/** The largest |x - centre| of `count` rows of `width` doubles. centre: that of two rows. */
export function largestDistance(_scratch: usize, rows: usize, count: i32, width: i32, centre: usize): f64 {
	return distance(rows, count, width, centre);
}

/** `count` queries x of d doubles become x · factor - ν; gives the largest size of an entry. shift: ν of two rows, then the factor. */
export function shiftRows(_scratch: usize, rows: usize, count: i32, d: i32, shift: usize): f64 {
	return shiftBy(rows, count, d, shift);
}

/** Makes the keys and values of the chunks from..to-1 ready, see `KeyRows`; gives the largest |<ν, k>|. */
export function prepareKeys(scratch: usize, rows: usize, from: i32, to: i32): f64 {
	return prepare(scratch, changetype<KeyRows>(rows), from, to);
}

/** Brings results of the queries from..to-1 into the units of the problem, see `QueryResults`; out: 2 (d + dv) + 6 doubles. */
export function finishQueries(scratch: usize, results: usize, from: i32, to: i32, out: usize): void {
	finish(scratch, changetype<QueryResults>(results), from, to, out);
}

/** Sums over the key chunks from..to-1, (dv + 3) x nodes, into `sums`; each: 1 for those of every chunk, one behind the other. */
export function sumKeys(scratch: usize, part: usize, from: i32, to: i32, sums: usize, each: i32): void {
	const own = changetype<OperatorPart>(part), bytes = keyStateBytes(own);
	for (let chunk = from; chunk < to; chunk++) {
		if (each == 0 && chunk > from) sums -= bytes;
		else memory.fill(sums, 0, bytes);
		addKeyChunk(own, chunk, sums, scratch);
		sums += bytes;
	}
}

/** Sums over the query chunks from..to-1, from the last to the first, twice (dv + 1) x nodes, into `sums`; each: 1 for those of every chunk. */
export function sumQueries(scratch: usize, part: usize, from: i32, to: i32, sums: usize, each: i32): void {
	const own = changetype<OperatorPart>(part), bytes = queryStateBytes(own);
	for (let chunk = to - 1; chunk >= from; chunk--) {
		if (each == 0 && chunk < to - 1) sums -= bytes;
		else memory.fill(sums, 0, bytes);
		addQueryChunk(own, chunk, sums, scratch);
		sums += bytes;
	}
}

/** Each of `count` states of `length` doubles, `step` bytes apart (which may be negative), becomes the sum of itself and all before it. */
export function accumulate(_scratch: usize, states: usize, count: i32, length: i32, step: i32): void {
	for (let i = 1; i < count; i++, states += <usize>step) addNumbers(states, length, states + <usize>step);
}

/**
 * Outputs, dQ, cotangents and bounds of the query chunks from..to-1 of all heads. start: 0, or sums over the key chunks before `startChunk`, or where
 * that is -1 the sums up to each key chunk, one behind the other. Gives the number of queries that no polynomial serves.
 */
export function queryChunks(scratch: usize, part: usize, from: i32, to: i32, start: usize, startChunk: i32): f64 {
	return <f64>sweepQueries(scratch, changetype<OperatorPart>(part), from, to, start, startChunk);
}

/**
 * dK and dV of the key chunks from..to-1, without rows that no polynomial serves. start: 0, or sums over the query chunks from `startChunk` on, or
 * where that is -1 the sums from each query chunk on, the last first.
 */
export function keyChunks(scratch: usize, part: usize, from: i32, to: i32, start: usize, startChunk: i32): void {
	sweepKeys(scratch, changetype<OperatorPart>(part), from, to, start, startChunk);
}
