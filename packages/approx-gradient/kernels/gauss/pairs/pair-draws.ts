// Pairs of queries and keys that are drawn for a probabilistic certificate, from the records of rows: `pairs/pair-sums.ts` in TypeScript is
// the same in plain form, with the same coins. All in double precision.

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, exponentialInRange, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { laneSum, panelBytes } from "../../panels/panel";
import { ACCEPTED, NORMALISER } from "../acceptance";
import { mixed, uniform } from "./coins";
import { coefficientsPlace, factorPlace, factsPlace, outputPlace, squarePlace } from "./record-places";
import { weighRows } from "./row-weights";
import { copyKeys, RUN_BYTES_OF_COLUMN } from "./run-keys";
import { addRun, ALL_CENTRES, BY_INPUT, DRAWN, KNOWN, LARGEST_CENTRE, SHARES } from "./run-sums";
import {
	A, A2, A3, ADDED, B, B2, B3, C, C2, CENTRE, FACTOR, MEAN, MEAN_PAIRS, MOST_OF_ROW, MOST_OF_SLOT, MOVED, RATE, REMAINDER, ROWS, UNIT,
} from "./weight-places";

/** Bytes of what a row is read from, at most. */
const ROW_BYTES: usize = 12 * sizeof<f64>();

/** Sizes beyond which nothing is claimed. */
const LARGEST: f64 = 1.2676506002282294e30;

/** Addresses of the keys and sums of the row at work. */
@unmanaged
class Row {
	/** Record and weights, at the row's lane. */
	record: usize;
	weights: usize;
	/** The keys of a run, column by column. */
	keys: usize;
	/** Σ of the values of drawn pairs, d, and of the errors times values. */
	z: usize;
	/** Coins. */
	state: u64;
	/** The weights of the panel. */
	first: usize;
	/** Numbers of the draw of keys. */
	choices: usize;
	table: usize;
	totals: usize;
	exponential: usize;
	d: i32;
	degree: i32;
	/** ω is scaled by this for the key that was drawn last. */
	weight: f64;
}

// @ts-ignore: decorator
@inline
function next(row: Row): u64 {
	row.state += 0x9e3779b97f4a7c15;
	return mixed(row.state);
}

/** Draws a key: a bin by the low bits of a coin, a place in it by the rest. Gives its address. */
// @ts-ignore: decorator
@inline
function drawKey(row: Row): usize {
	const coin = next(row), choice = row.choices + (<usize>(coin & (KEY_CHOICES - 1)) << 4);
	row.weight = load<f64>(choice, 8);
	const place = load<i32>(choice) + <i32>(uniform(coin) * <f64>load<i32>(choice, 4));
	return row.table + <usize>place * (<usize>(2 * row.d + 3) << 3);
}

/** A number of the record, or of the weights, of the row at work. */
// @ts-ignore: decorator
@inline
function number(from: usize, place: usize): f64 {
	return load<f64>(from + place * panelBytes());
}

/** Bytes of scratch of `preparePairs`. */
export function pairScratch(d: i32): usize {
	return EXPONENTIAL_TABLE + <usize>(2 * d + 3) * RUN_BYTES_OF_COLUMN + (<usize>(2 * d) << 3) + 16 + (CENTRE + <usize>d) * panelBytes() + ROW_BYTES;
}

/**
 * Makes ready to draw pairs, in scratch of `pairScratch` bytes, and gives the address to draw them with.
 * @param choices KEY_CHOICES times the first place of a bin and its number of places (whole numbers), and one over the chance of a place
 * @param table of keys, 2 d + 3 doubles each: k, v, ω, ‖v‖², ‖k‖²
 * @param totals the slot's sums
 */
export function preparePairs(scratch: usize, d: i32, degree: i32, choices: usize, table: usize, totals: usize): usize {
	const keys = scratch + EXPONENTIAL_TABLE, z = keys + <usize>(2 * d + 3) * RUN_BYTES_OF_COLUMN;
	const weights = (z + (<usize>(2 * d) << 3) + 15) & ~15, row = changetype<Row>(weights + (CENTRE + <usize>d) * panelBytes());
	prepareExponential<f64>(scratch);
	row.keys = keys;
	row.z = z;
	row.first = weights;
	row.choices = choices;
	row.table = table;
	row.totals = totals;
	row.exponential = scratch;
	row.d = d;
	row.degree = degree;
	return changetype<usize>(row);
}

/**
 * Draws the pairs of a panel of rows that has a record, and adds them to the sums of the slot.
 * @param pairs as `preparePairs` gives it
 * @param first the index of the first row among all, which its coins are made of
 * @param seed two words
 */
export function drawPairs(pairs: usize, first: i32, record: usize, constants: usize, seed: usize): void {
	const P = panelBytes(), row = changetype<Row>(pairs), weights = row.first, d = row.d, degree = row.degree;
	const accepted = record + (factsPlace(d, degree) + ACCEPTED) * P, start = load<u64>(seed);
	for (let part: usize = 0; part < P; part += 16) weighRows(d, degree, record + part, constants, weights + part);
	for (let lane: usize = 0; lane < P; lane += 8) {
		if (load<u64>(accepted + lane) == 0) continue;
		row.record = record + lane;
		row.weights = weights + lane;
		row.state = mixed(start + <u64>(first + <i32>(lane >> 3) + 1) * 0xd1342543de82ef95);
		addRow(row, constants);
	}
}

/** Adds the part of a row that is computed for all keys, then its drawn pairs. */
function addRow(row: Row, constants: usize): void {
	const P = panelBytes(), d = row.d, totals = row.totals, input = row.record + <usize>d * P;
	const mean = number(row.weights, MEAN), moved = number(row.weights, MOVED);
	let remainder = number(row.weights, REMAINDER), size: f64 = 0, against: f64 = 0, largest: f64 = 0;
	const residual = row.record + (outputPlace(d, row.degree) + <usize>d) * P;
	const halves = constants + ROWS + (<usize>(4 * d) << 3);
	for (let i = 0; i < d; i++) {
		const c = abs<f64>(number(residual, i)), half = load<f64>(halves + (<usize>i << 3));
		largest = max<f64>(largest, c);
		against += 1.1 * half * (4.0 * c + 2.0 * half);
		size = max<f64>(size, abs<f64>(number(input, i)));
	}
	if (!(largest < LARGEST && moved < 0.05)) remainder = Infinity;
	const rest = totals + BY_INPUT, movedTo = rest + (<usize>d << 3), movedBy = moved * against;
	for (let i = 0; i < d; i++) {
		const a = abs<f64>(number(input, i)), at = <usize>i << 3;
		store<f64>(rest + at, load<f64>(rest + at) + a * remainder);
		store<f64>(movedTo + at, load<f64>(movedTo + at) + a * movedBy);
	}
	const factor = load<f64>(constants, FACTOR), known = size * factor * mean, average = load<f64>(constants, MEAN_PAIRS);
	store<f64>(totals + KNOWN, load<f64>(totals + KNOWN) + known);
	const shares = load<f64>(totals + SHARES);
	let share = 0.1 * average;
	if (shares <= load<f64>(constants, MOST_OF_SLOT))
		share += min<f64>(load<f64>(constants, RATE) * known, load<f64>(constants, MOST_OF_ROW));
	store<f64>(totals + SHARES, shares + share);
	const runs = max<i32>(1, <i32>floor<f64>(share / <f64>PAIRS_OF_RUN + 0.5)), centre = known / <f64>runs;
	store<f64>(totals + LARGEST_CENTRE, max<f64>(load<f64>(totals + LARGEST_CENTRE), centre));
	store<f64>(totals + ALL_CENTRES, load<f64>(totals + ALL_CENTRES) + <f64>runs * centre * centre);
	if (share < <f64>PAIRS_OF_RUN && uniform(next(row)) * <f64>PAIRS_OF_RUN >= share) return;
	const each = share < <f64>PAIRS_OF_RUN ? 1.0 / share : 1.0 / <f64>(runs * PAIRS_OF_RUN);
	const inverse = 1.0 / number(row.record, factsPlace(d, row.degree) + NORMALISER);
	for (let run = 0; run < runs; run++) {
		const bound = drawRun(row) * inverse;
		addRun(d, totals, input, row.z, size * factor * each * bound, factor * each * inverse, centre, load<f64>(constants, UNIT));
	}
	store<f64>(totals + DRAWN, load<f64>(totals + DRAWN) + <f64>(runs * PAIRS_OF_RUN));
}

/** Sets z to Σ of the pairs of a run, and gives Σ of the bounds on them; both without the row's own factors. */
function drawRun(row: Row): f64 {
	const P = panelBytes(), d = row.d, degree = row.degree, record = row.record, weights = row.weights, keys = row.keys, z = row.z;
	const block = <usize>d << 3;
	const from = drawKey(row), ofFirst = row.weight, second = drawKey(row), ofSecond = row.weight;
	copyKeys(from, <usize>(2 * d + 3) << 3, keys);
	const square = record + squarePlace(d, degree) * P, factor = record + factorPlace(d, degree) * P;
	const output = record + outputPlace(d, degree) * P, residual = output + <usize>d * P, gradient = residual + <usize>d * P;
	const values = keys + <usize>d * RUN_BYTES_OF_COLUMN, facts = values + <usize>d * RUN_BYTES_OF_COLUMN;
	// unroll v: PAIR_VECTORS
	let s$v = zero();
	// unroll v: PAIR_VECTORS
	let y$v = zero();
	let otherScore: f64 = 0;
	for (let i = 0, at: usize = 0, key = keys; i < d; i++, at += P, key += RUN_BYTES_OF_COLUMN) {
		const q = v128.load_splat<f64>(record + at), o = v128.load_splat<f64>(output + at), c = v128.load_splat<f64>(residual + at);
		const value = key + <usize>d * RUN_BYTES_OF_COLUMN;
		// unroll v: PAIR_VECTORS
		const h$v = v128.sub<f64>(v128.load(value, $v * 16), o);
		// unroll v: PAIR_VECTORS
		s$v = multiplyAdd<f64>(q, v128.load(key, $v * 16), s$v);
		// unroll v: PAIR_VECTORS
		y$v = multiplyAdd<f64>(c, h$v, y$v);
		// unroll v: PAIR_VECTORS
		v128.store(value, h$v, $v * 16);
		otherScore += load<f64>(record + at) * load<f64>(second + (<usize>i << 3));
	}
	// unroll v: PAIR_VECTORS
	let p$v = zero();
	let otherValues = zero();
	const otherScores = v128.splat<f64>(otherScore);
	for (let at = square - P, last = record + coefficientsPlace(d) * P; at >= last; at -= P) {
		const a = v128.load_splat<f64>(at);
		// unroll v: PAIR_VECTORS
		p$v = multiplyAdd<f64>(p$v, s$v, a);
		otherValues = multiplyAdd<f64>(otherValues, otherScores, a);
	}
	// unroll v: PAIR_VECTORS
	let w$v = zero();
	let otherSquares = zero();
	for (let at = factor - P; at >= square; at -= P) {
		const a = v128.load_splat<f64>(at);
		// unroll v: PAIR_VECTORS
		w$v = multiplyAdd<f64>(w$v, s$v, a);
		otherSquares = multiplyAdd<f64>(otherSquares, otherScores, a);
	}
	const otherValue = f64x2.extract_lane(otherValues, 0), otherSquare = f64x2.extract_lane(otherSquares, 0);
	const inverse = 1.0 / number(record, factsPlace(d, degree) + NORMALISER), added = number(weights, ADDED), quotient = load<f64>(factor), otherFacts = second + 2 * block;
	const share = ofSecond * load<f64>(otherFacts) * inverse, mass = share * (otherValue + 2.0 * (quotient * otherSquare + added));
	const otherBracket = number(weights, A2) + number(weights, B2) * load<f64>(otherFacts, 8) + number(weights, C2) * load<f64>(otherFacts, 16);
	const product = mass * otherBracket;
	const a = v128.splat<f64>(number(weights, A) + number(weights, A3) * product), c = v128.splat<f64>(number(weights, C));
	const b = v128.splat<f64>(number(weights, B) + number(weights, B3) * product);
	const C$ = v128.splat<f64>(quotient), more = v128.splat<f64>(added), scale = v128.splat<f64>(ofFirst);
	// unroll v: PAIR_VECTORS
	const omega$v = v128.mul<f64>(scale, v128.load(facts, $v * 16));
	// unroll v: PAIR_VECTORS
	const bracket$v = multiplyAdd<f64>(b, v128.load(facts, $v * 16 + PAIRS_OF_RUN * 8), multiplyAdd<f64>(c, v128.load(facts, $v * 16 + PAIRS_OF_RUN * 16), a));
	// unroll v: PAIR_VECTORS
	w$v = v128.mul<f64>(v128.mul<f64>(omega$v, multiplyAdd<f64>(C$, w$v, more)), bracket$v);
	let bounds = zero();
	// unroll v: PAIR_VECTORS
	bounds = v128.add<f64>(bounds, w$v);
	// unroll v: PAIR_VECTORS
	const error$v = v128.mul<f64>(omega$v, v128.sub<f64>(exponentialInRange<f64>(s$v, row.exponential), p$v));
	// unroll v: PAIR_VECTORS
	y$v = v128.mul<f64>(y$v, error$v);
	let errors = zero();
	// unroll v: PAIR_VECTORS
	errors = v128.add<f64>(errors, error$v);
	const error = laneSum<f64>(errors);
	let third: f64 = 0;
	for (let i = 0, value = values; i < d; i++, value += RUN_BYTES_OF_COLUMN) {
		let moved = zero();
		// unroll v: PAIR_VECTORS
		moved = multiplyAdd<f64>(error$v, v128.load(value, $v * 16), moved);
		third += laneSum<f64>(moved) * (load<f64>(second + block + (<usize>i << 3)) - number(output, i));
	}
	third *= share * otherValue;
	for (let i = 0, key = keys; i < d; i++, key += RUN_BYTES_OF_COLUMN) {
		const about = number(weights, CENTRE + <usize>i), from = v128.splat<f64>(about);
		let first = zero();
		// unroll v: PAIR_VECTORS
		first = multiplyAdd<f64>(y$v, v128.sub<f64>(v128.load(key, $v * 16), from), first);
		const at = <usize>i << 3;
		store<f64>(z + at, laneSum<f64>(first) - error * number(gradient, i) + third * (load<f64>(second + at) - about));
	}
	return laneSum<f64>(bounds) * (1.0 + 1e-9);
}
