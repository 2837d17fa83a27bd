// Pairs and triples that are drawn of rows, and sums over them.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { mixed, uniform } from "../../gauss/pairs/coins";
import { kernelsOf, prepareKernels } from "../entries";
import { stepOf } from "../products";
import { addPairs, addTriples, endRow, sumScratch } from "./draw-sums";
import { DrawnKeys, ENVELOPES, HybridPairs, keyBytes, KINDS, PairRow, placeRow, readRow, rowBytes, TERMS, wide } from "./pair-rows";
import { proposalOfKeys, proposalOfOnes, proposalOfValues } from "./ranges";

/** Bytes of the lists of drawn keys. */
const LISTS: usize = 6 * (HYBRID_PAIR_BATCH << 3);

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
	drawn.numbers = scratch + 624;
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
		let isRead = false;
		for (let kind = 0; kind <= KINDS; kind++) {
			const count = countOf(drawn, load<f64>(record + TERMS + (<usize>kind << 3)) * rate);
			if (count == 0) continue;
			if (!isRead) begin(rows, <usize>j, row, drawn);
			isRead = true;
			drawTerm(rows, <usize>j, record, kind, count, row, drawn, sums, slot);
		}
		if (isRead) endRow(rows, <usize>j, load<f64>(rows.reach + <usize>j * (HYBRID_PAIR_REACH << 3), 40), sums, slot);
	}
}

// @ts-ignore: decorator
@inline
function coin(drawn: DrawnKeys): f64 {
	const state = load<u64>(drawn.numbers, 8) + 0x9e3779b97f4a7c15;
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

/** Draws `count` times for a term: pairs of first order, or triples of a kind. */
function drawTerm(
	rows: HybridPairs, j: usize, record: usize, kind: i32, count: i32, row: PairRow, drawn: DrawnKeys, sums: usize, slot: usize,
): void {
	const isFirst = kind == KINDS, each = isFirst ? 1 : 2, most = HYBRID_PAIR_BATCH / each;
	while (count > 0) {
		const own = min(count, most), keys = own * each;
		drawKeys(rows, record, isFirst ? 0 : kind, keys, row, drawn);
		findParts(rows, keys, drawn);
		if (isFirst) addPairs(rows, j, keys, row, drawn, sums);
		else addTriples(rows, j, kind, keys, row, drawn, sums, slot);
		store<f64>(slot, load<f64>(slot) + <f64>keys);
		count -= own;
	}
}

/** The first `count` keys of independent ones that are taken with the chance that makes up for their proposal. */
function drawKeys(rows: HybridPairs, record: usize, kind: usize, count: i32, row: PairRow, drawn: DrawnKeys): void {
	const ofOnes = proposalOfOnes(record, kind), ofValues = proposalOfValues(record, kind), ofKeys = proposalOfKeys(record, kind);
	const first = ofOnes * load<f64>(rows.known), second = first + ofValues * load<f64>(rows.known, 8);
	const total = second + ofKeys * load<f64>(rows.known, 16), bytes = keyBytes(rows.d, rows.dv), all = <f64>rows.keys;
	const values = wide(rows.d), numbers = bytes - 64, envelope = record + ENVELOPES + (kind << 5), table = <usize>rows.keys << 4;
	const A = load<f64>(envelope), B = load<f64>(envelope, 8), K = load<f64>(envelope, 16), E = load<f64>(envelope, 24), p = load<f64>(record), q = load<f64>(record, 8);
	let found = 0;
	while (found < count) {
		const tries = min(HYBRID_PAIR_BATCH, 4 * (count - found));
		for (let i = 0; i < tries; i++) {
			const at = coin(drawn) * total, own = at < first ? 0 : at < second ? table : 2 * table;
			const u = coin(drawn) * all, place = <i32>u, entry = rows.tables + own + (<usize>place << 4);
			store<i32>(drawn.tried + (<usize>i << 2), u - <f64>place < load<f64>(entry) ? place : load<i32>(entry, 8));
		}
		for (let i = 0; i < tries && found < count; i++) {
			const l = load<i32>(drawn.tried + (<usize>i << 2)), key = rows.keyRecords + <usize>l * bytes;
			let dot$ = zero(), norm = zero();
			for (let at: usize = 0; at < wide(rows.dv); at += 16) {
				const away = v128.sub<f64>(v128.load(key + values + at), v128.load(row.output + at));
				dot$ = multiplyAdd<f64>(away, v128.load(drawn.cotangent + at), dot$);
				norm = multiplyAdd<f64>(away, away, norm);
			}
			const g = f64x2.extract_lane(dot$, 0) + f64x2.extract_lane(dot$, 1), square = f64x2.extract_lane(norm, 0) + f64x2.extract_lane(norm, 1);
			const w = A + B * g * g + K * (p * load<f64>(key + numbers, 16) + q) + E * square;
			store<i32>(drawn.keys + (<usize>found << 3), l);
			store<f64>(drawn.weights + (<usize>found << 3), w);
			store<f64>(drawn.cotangents + (<usize>found << 3), g);
			const proposal = ofOnes + ofValues * load<f64>(key + numbers, 8) + ofKeys * load<f64>(key + numbers, 16);
			found += <i32>(coin(drawn) * proposal < w);
		}
	}
}

/** e_jl / (α_j β_l w_l) of the keys that were drawn, cut off at ±1 / w_l. */
function findParts(rows: HybridPairs, count: i32, drawn: DrawnKeys): void {
	const step = stepOf(rows.rank), bytes = keyBytes(rows.d, rows.dv), right = wide(rows.d) + wide(rows.dv), numbers = bytes - 64;
	const lists = drawn.keys;
	// Four at a time; those behind the last are the last again.
	for (let i = count; (i & 3) != 0; i++) store<i32>(lists + (<usize>i << 3), load<i32>(lists + (<usize>(count - 1) << 3)));
	for (let i = 0; i < count; i += 4) {
		const at = <usize>i << 3;
		// unroll r: 4
		const l$r = <usize>load<i32>(lists + at, $r * 8);
		products(drawn.left, rows.keyRecords + right, bytes, l0, l1, l2, l3, wide(rows.d + 2), drawn.entries + at);
		products(drawn.features, rows.keyFeatures, step, l0, l1, l2, l3, step, drawn.parts + at);
	}
	kernelsOf(drawn.exponential, drawn.entries, wide(count));
	for (let at: usize = 0; at < <usize>count << 3; at += 8) {
		const key = rows.keyRecords + <usize>load<i32>(lists + at) * bytes + numbers;
		const error = load<f64>(drawn.parts + at) - load<f64>(drawn.entries + at) * load<f64>(key, 24);
		const part = error / (load<f64>(drawn.numbers) * load<f64>(key));
		store<f64>(drawn.parts + at, max<f64>(-1, min<f64>(1, part)) / load<f64>(drawn.weights + at));
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
