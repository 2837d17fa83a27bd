// Pairs and triples that are drawn of rows, and sums over them.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { mixed, uniform } from "../../gauss/pairs/coins";
import { kernelsOf, prepareKernels } from "../entries";
import { stepOf } from "../products";
import { addPair, addTriple, endRow, sumScratch } from "./draw-sums";
import { DrawnKeys, ENVELOPES, HybridPairs, keyBytes, PairRow, placeRow, readRow, rowBytes, TERMS, wide } from "./pair-rows";
import { proposalOfKeys, proposalOfOnes, proposalOfValues } from "./ranges";

/** Bytes of the lists of drawn keys. */
const LISTS: usize = 6 * (HYBRID_PAIR_BATCH << 3);

/** Step of the state of coins (SplitMix64). */
const STEP: u64 = 0x9e3779b97f4a7c15;

/** Bytes of scratch that draws take. */
export function drawScratchBytes(d: i32, dv: i32): usize {
	return 512 + 128 + LISTS + 2 * wide(dv) + wide(d + 2) + rowBytes(d, dv) + sumScratch(d, dv);
}

/** Draws pairs of the rows from..to-1 and adds them to the sums of a slot (`draw-sums.ts`). */
export function drawRows(scratch: usize, rows: HybridPairs, from: i32, to: i32, slot: usize): void {
	const d = rows.d, dv = rows.dv, start = load<u64>(rows.coins, 8), rate = load<f64>(rows.coins);
	const drawn = changetype<DrawnKeys>(scratch + 512), lists = scratch + 640;
	prepareKernels(scratch);
	drawn.exponential = scratch;
	drawn.numbers = scratch + 608;
	drawn.keys = lists;
	drawn.weights = lists + (HYBRID_PAIR_BATCH << 3);
	drawn.cotangents = lists + 2 * (HYBRID_PAIR_BATCH << 3);
	drawn.parts = lists + 3 * (HYBRID_PAIR_BATCH << 3);
	drawn.entries = lists + 4 * (HYBRID_PAIR_BATCH << 3);
	drawn.tried = lists + 5 * (HYBRID_PAIR_BATCH << 3);
	drawn.cotangent = lists + LISTS;
	drawn.value = drawn.cotangent + wide(dv);
	drawn.left = drawn.value + wide(dv);
	memory.fill(drawn.cotangent, 0, 2 * wide(dv) + wide(d + 2));
	const row = placeRow(drawn.left + wide(d + 2), d, dv), sums = drawn.left + wide(d + 2) + rowBytes(d, dv);
	memory.fill(sums, 0, sumScratch(d, dv));
	for (let j = from; j < to; j++) {
		const record = rows.records + <usize>j * (HYBRID_PAIR_RECORD << 3);
		store<u64>(drawn.numbers, mixed(start + <u64>(j + 1) * 0xd1342543de82ef95), 8);
		let isRead = false, found = 0;
		for (let kind = 0; kind <= HYBRID_PAIR_KINDS; kind++) {
			let left = countOf(drawn, load<f64>(record + TERMS + (<usize>kind << 3)) * rate);
			if (left == 0) continue;
			if (!isRead) begin(rows, <usize>j, row, drawn);
			isRead = true;
			const each = kind == HYBRID_PAIR_KINDS ? 1 : 2, envelope = kind == HYBRID_PAIR_KINDS ? 0 : kind;
			while (left > 0) {
				const own = min(left, (HYBRID_PAIR_BATCH - found) / each);
				if (own > 0) drawKeys(rows, record, envelope, kind, found, own * each, row, drawn);
				found += own * each;
				left -= own;
				if (left == 0) continue;
				addDrawn(rows, <usize>j, found, row, drawn, sums, slot);
				found = 0;
			}
		}
		if (!isRead) continue;
		addDrawn(rows, <usize>j, found, row, drawn, sums, slot);
		endRow(rows, <usize>j, load<f64>(rows.reach + <usize>j * (HYBRID_PAIR_REACH << 3), 40), sums, slot);
	}
}

// @ts-ignore: decorator
@inline
function coin(drawn: DrawnKeys): f64 {
	const state = load<u64>(drawn.numbers, 8) + STEP;
	store<u64>(drawn.numbers, state, 8);
	return uniform(mixed(state));
}

/** The whole part of a number of draws, and one more with the chance of the rest. */
function countOf(drawn: DrawnKeys, expected: f64): i32 {
	if (expected == 0) return 0;
	const whole = floor<f64>(expected);
	return <i32>whole + <i32>(coin(drawn) < expected - whole);
}

/** Reads a row. */
function begin(rows: HybridPairs, j: usize, row: PairRow, drawn: DrawnKeys): void {
	const d = rows.d, dv = rows.dv;
	readRow(rows, j, row);
	memory.copy(drawn.cotangent, rows.cotangents + j * (<usize>(dv + 1) << 3), <usize>dv << 3);
	memory.copy(drawn.left, rows.left + j * (<usize>(d + 2) << 3), <usize>(d + 2) << 3);
	store<f64>(drawn.numbers, load<f64>(rows.reach + j * (HYBRID_PAIR_REACH << 3)));
	drawn.features = rows.features + j * stepOf(rows.rank);
}

/** Adds the keys that were drawn to the sums of their terms. */
function addDrawn(rows: HybridPairs, j: usize, count: i32, row: PairRow, drawn: DrawnKeys, sums: usize, slot: usize): void {
	findParts(rows, count, drawn);
	for (let i = 0; i < count; ) {
		const at = <usize>i << 3, kind = load<i32>(drawn.keys + at, 4);
		if (kind == HYBRID_PAIR_KINDS) {
			addPair(rows, j, at, row, drawn, sums);
			i += 1;
		} else {
			addTriple(rows, j, kind, at, row, drawn, sums, slot);
			i += 2;
		}
	}
	store<f64>(slot, load<f64>(slot) + <f64>count);
}

/** The first `count` keys of independent ones that are taken with the chance that makes up for their proposal, from a place of the lists on. */
function drawKeys(
	rows: HybridPairs, record: usize, kind: usize, term: i32, place: i32, count: i32, row: PairRow, drawn: DrawnKeys,
): void {
	const ofOnes = proposalOfOnes(record, kind), ofValues = proposalOfValues(record, kind), ofKeys = proposalOfKeys(record, kind);
	const first = ofOnes * load<f64>(rows.known), second = first + ofValues * load<f64>(rows.known, 8);
	const total = second + ofKeys * load<f64>(rows.known, 16), bytes = keyBytes(rows.d, rows.dv), all = <f64>rows.keys;
	const records = rows.keyRecords, values = wide(rows.d), numbers = bytes - 64, width = wide(rows.dv), tables = rows.tables;
	const envelope = record + ENVELOPES + (kind << 5), table = <usize>rows.keys << 4, output = row.output, cotangent = drawn.cotangent;
	const A = load<f64>(envelope), B = load<f64>(envelope, 8), K = load<f64>(envelope, 16), E = load<f64>(envelope, 24);
	const p = K * load<f64>(record), q = A + K * load<f64>(record, 8), tried = drawn.tried;
	const keys = drawn.keys, weights = drawn.weights, cotangents = drawn.cotangents, end = place + count;
	let state = load<u64>(drawn.numbers, 8), seen: i64 = 0;
	while (place < end) {
		const tries = <usize>min(HYBRID_PAIR_BATCH, 4 * (end - place)) << 2;
		for (let i: usize = 0; i < tries; i += 4) {
			const at = uniform(mixed(state += STEP)) * total, own = table * (<usize>(at >= first) + <usize>(at >= second));
			const u = uniform(mixed(state += STEP)) * all, l = <i32>u, entry = tables + own + (<usize>l << 4);
			const drawnKey = select<i32>(l, load<i32>(entry, 8), u - <f64>l < load<f64>(entry)), touched = records + <usize>drawnKey * bytes + values;
			store<i32>(tried + i, drawnKey);
			// Brings the numbers that are read below into the cache.
			seen += load<i64>(touched) + load<i64>(touched, 64) + load<i64>(touched + numbers - values);
		}
		for (let i: usize = 0; i < tries && place < end; i += 4) {
			const l = load<i32>(tried + i), key = records + <usize>l * bytes;
			// unroll v: 2
			let inner$v = zero();
			// unroll v: 2
			let norm$v = zero();
			for (let at: usize = 0; at < width; at += 32) {
				// unroll v: 2
				const away$v = v128.sub<f64>(v128.load(key + values + at, $v * 16), v128.load(output + at, $v * 16));
				// unroll v: 2
				inner$v = multiplyAdd<f64>(away$v, v128.load(cotangent + at, $v * 16), inner$v);
				// unroll v: 2
				norm$v = multiplyAdd<f64>(away$v, away$v, norm$v);
			}
			const g = both(v128.add<f64>(inner0, inner1)), square = both(v128.add<f64>(norm0, norm1)), reach = load<f64>(key + numbers, 16);
			const w = q + B * g * g + p * reach + E * square, to = <usize>place << 3;
			store<i32>(keys + to, l);
			store<i32>(keys + to, term, 4);
			store<f64>(weights + to, w);
			store<f64>(cotangents + to, g);
			place += <i32>(uniform(mixed(state += STEP)) * (ofOnes + ofValues * load<f64>(key + numbers, 8) + ofKeys * reach) < w);
		}
	}
	store<u64>(drawn.numbers, state, 8);
	store<i64>(drawn.numbers, seen, 16);
}

// @ts-ignore: decorator
@inline
function both(x: v128): f64 {
	return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** e_jl / (α_j β_l w_l) of the keys that were drawn, cut off at ±1 / w_l. */
function findParts(rows: HybridPairs, count: i32, drawn: DrawnKeys): void {
	const step = stepOf(rows.rank), bytes = keyBytes(rows.d, rows.dv), right = wide(rows.d) + wide(rows.dv), numbers = bytes - 64;
	const lists = drawn.keys, parts = drawn.parts, entries = drawn.entries, alpha = load<f64>(drawn.numbers);
	// Four at a time; those behind the last are the last again.
	for (let i = count; (i & 3) != 0; i++) store<i32>(lists + (<usize>i << 3), load<i32>(lists + (<usize>(count - 1) << 3)));
	for (let i = 0; i < count; i += 4) {
		const at = <usize>i << 3;
		// unroll r: 4
		const l$r = <usize>load<i32>(lists + at, $r * 8);
		products(drawn.left, rows.keyRecords + right, bytes, l0, l1, l2, l3, wide(rows.d + 2), entries + at);
		products(drawn.features, rows.keyFeatures, step, l0, l1, l2, l3, step, parts + at);
	}
	kernelsOf(drawn.exponential, entries, wide(count));
	for (let at: usize = 0; at < <usize>count << 3; at += 8) {
		const key = rows.keyRecords + <usize>load<i32>(lists + at) * bytes + numbers;
		const error = load<f64>(parts + at) - load<f64>(entries + at) * load<f64>(key, 24);
		const part = error / (alpha * load<f64>(key));
		store<f64>(parts + at, max<f64>(-1, min<f64>(1, part)) / load<f64>(drawn.weights + at));
	}
}

/** Products of a vector with four of `step` bytes each, of `bytes` that are whole tiles. */
// @ts-ignore: decorator
@inline
function products(x: usize, rows: usize, step: usize, l0: usize, l1: usize, l2: usize, l3: usize, bytes: usize, to: usize): void {
	// unroll r: 4
	let y$r = rows + l$r * step;
	// unroll r: 4, v: 2
	let c$r$v = zero();
	for (const end = x + bytes; x < end; x += 32) {
		// unroll v: 2
		const x$v = v128.load(x, $v * 16);
		// unroll r: 4, v: 2
		const y$r$v = v128.load(y$r, $v * 16);
		// unroll r: 4, v: 2
		c$r$v = multiplyAdd<f64>(x$v, y$r$v, c$r$v);
		// unroll r: 4
		y$r += 32;
	}
	// unroll r: 4
	const sum$r = v128.add<f64>(c$r0, c$r1);
	// unroll r: 4
	store<f64>(to, f64x2.extract_lane(sum$r, 0) + f64x2.extract_lane(sum$r, 1), $r * 8);
}
