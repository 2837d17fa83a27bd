// Sums over a window of chunks whose both ends only move forward, by additions alone (`src/backward/sliding-fold.ts`).

import { addKeyChunk, addQueryChunk } from "./moments";
import { OperatorPart } from "./part";

/** The window of chunks first..last - 1 in the order in which they come: of keys from the first to the last, of queries the other way. */
@unmanaged
export class Window {
	part: usize;
	/** 1: of queries, from the last chunk to the first. */
	ofQueries: i32;
	chunks: i32;
	/** Numbers of a state. */
	length: i32;
	/** Sum over the window. */
	value: usize;
	/** Sum of what came in after the last turn; the same as `value` where the window begins with the first chunk throughout. */
	running: usize;
	/** States by chunk, in turn: before `turned` each with all after it up to there, from there on each by itself. */
	states: usize;
	capacity: i32;
	first: i32;
	turned: i32;
	last: i32;
	scratch: usize;
}

/** Bytes of a window, and of a table of addresses, in the scratch. */
// @ts-ignore: decorator
@inline
export function roomBytes(): usize {
	return ROOM_BYTES;
}

/** to += from, doubles. */
export function addNumbers(from: usize, length: i32, to: usize): void {
	let left = length;
	for (; left >= 2; left -= 2, from += 16, to += 16) v128.store(to, f64x2.add(v128.load(to), v128.load(from)));
	if (left > 0) store<f64>(to, load<f64>(to) + load<f64>(from));
}

/** Address of the state of a chunk that is kept. */
// @ts-ignore: decorator
@inline
function stateOf(window: Window, at: i32): usize {
	return window.states + (<usize>(at % window.capacity) * <usize>window.length << 3);
}

/** to += the sums of the chunk that comes `at`-th. */
function addChunk(window: Window, at: i32, to: usize): void {
	const part = changetype<OperatorPart>(window.part);
	if (window.ofQueries) addQueryChunk(part, window.chunks - 1 - at, to, window.scratch);
	else addKeyChunk(part, at, to, window.scratch);
}

/** An empty window that begins at `at`, or one that holds the chunks before `at`, whose sum is `start`. */
export function beginWindow(window: Window, at: i32, start: usize): void {
	const bytes = <usize>window.length << 3;
	if (start) memory.copy(window.running, start, bytes);
	else memory.fill(window.running, 0, bytes);
	window.first = at;
	window.turned = at;
	window.last = at;
}

/** Moves the window to first..last - 1. Where no states are kept its beginning does not count. Gives whether anything has changed. */
export function moveWindow(window: Window, first: i32, last: i32): bool {
	const bytes = <usize>window.length << 3;
	if (window.capacity == 0) {
		if (window.last >= last) return false;
		for (; window.last < last; window.last++) addChunk(window, window.last, window.running);
		return true;
	}
	if (first == window.first && last == window.last) return false;
	if (first >= window.last) beginWindow(window, first, 0);
	for (; window.last < last; window.last++) {
		const state = stateOf(window, window.last);
		memory.fill(state, 0, bytes);
		addChunk(window, window.last, state);
		addNumbers(state, window.length, window.running);
	}
	for (; window.first < first; window.first++) {
		if (window.first < window.turned) continue;
		for (let at = window.last - 2; at >= window.first; at--) addNumbers(stateOf(window, at + 1), window.length, stateOf(window, at));
		window.turned = window.last;
		memory.fill(window.running, 0, bytes);
	}
	memory.copy(window.value, window.running, bytes);
	if (window.first < window.turned) addNumbers(stateOf(window, window.first), window.length, window.value);
	return true;
}
