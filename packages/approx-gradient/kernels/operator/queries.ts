// The sweep over queries: polynomials, outputs, dQ, cotangents for the sweep over keys, and bounds (`src/backward/query-sweep.ts`).

import { multiplyAdd, multiplySubtract, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { cotangents } from "../features/cotangents";
import { panelFeatures } from "../features/features";
import { combine } from "../gauss/panel-sums";
import { addEvaluated } from "../features/outputs";
import { clearPanels, panelBytes, panelRows } from "../panels/panel";
import { addRaised } from "../features/raised-gradient";
import { solutionPanels, solvePanels, solveRows } from "../gauss/row-polynomials";
import { acceptRows } from "./acceptance";
import { boundRows } from "./bounds";
import { addEdgeGradients, addEdgeSums } from "./edges";
import { momentBytes } from "./moments";
import { headPanels, keyStateBytes, levelOf, OperatorPart, rowAt, wholePanels } from "./part";
import { acceptedIn, reachIn, reachOf } from "./row-facts";
import { loadColumns, storeLogarithms, storeRows } from "./rows";
import { keyTables } from "./tables";
import { beginWindow, moveWindow, roomBytes, Window } from "./window";

/** Room of a thread for the sweep: addresses of panels. */
@unmanaged
class QueryRoom {
	table: usize;
	weighted: usize;
	plain: usize;
	q: usize;
	feature: usize;
	t: usize;
	dO: usize;
	byDegree: usize;
	sums: usize;
	N: usize;
	output: usize;
	cotangent: usize;
	solution: usize;
	solving: usize;
	facts: usize;
	edge: usize;
	low: usize;
	weights: usize;
	gradient: usize;
	ofDegree: usize;
	total: usize;
	end: usize;
}

/** Sets the addresses of a room that begins at `at`. */
function layRoom(part: OperatorPart, room: QueryRoom, at: usize): void {
	const P = panelBytes(), d = <usize>part.d * P, width = <usize>(part.dv + 1) * P, columns = width + 2 * P, nodes = <usize>part.nodes;
	const g = part.degree, r = part.roots;
	room.table = at;
	room.weighted = room.table + EXPONENTIAL_TABLE;
	room.plain = room.weighted + wholePanels(keyStateBytes(part));
	room.q = room.plain + wholePanels(keyStateBytes(part));
	room.feature = room.q + d;
	room.t = room.feature + nodes * P;
	room.dO = room.t + nodes * P;
	room.byDegree = room.dO + width;
	room.sums = room.byDegree + <usize>(g + 2) * columns;
	room.N = room.sums + 3 * <usize>(2 * r + 1) * P;
	room.output = room.N + width;
	room.cotangent = room.output + width;
	room.solution = room.cotangent + width;
	room.solving = room.solution + <usize>solutionPanels(g, r) * P;
	room.facts = room.solving + <usize>solvePanels(r, part.terms) * P;
	room.edge = room.facts + ROW_PANELS * P;
	room.low = room.edge + columns + EDGE_PANELS * P;
	room.weights = room.low + 2 * P;
	room.gradient = room.weights + 2 * <usize>part.edge * P;
	room.ofDegree = room.gradient + d;
	room.total = room.ofDegree + d;
	room.end = room.total + P;
}

/** Bytes of scratch of `queryChunks`. */
export function queryBytes(scratch: usize, part: OperatorPart): usize {
	const room = changetype<QueryRoom>(scratch);
	layRoom(part, room, 0);
	return 2 * roomBytes() + room.end + (2 + <usize>part.keyStates) * wholePanels(keyStateBytes(part)) + momentBytes(part);
}

/** Sums by degree of a panel of queries, and its polynomials and sums N over the core. */
// @ts-ignore: decorator
@inline
function polynomials(part: OperatorPart, room: QueryRoom, largest: usize): void {
	const P = panelBytes(), dv = part.dv, columns = dv + 3, g = part.degree, r = part.roots, step = <usize>columns * P, row = <usize>columns << 3;
	clearPanels(room.byDegree, (2 * r + 1) * columns);
	for (let k = 0, to = room.byDegree; k <= 2 * r; k++, to += step) {
		const first = levelOf(part, k), count = levelOf(part, k + 1) - first;
		const f = room.feature + <usize>first * P, table = room.weighted + <usize>first * row;
		if (k <= g) addEvaluated<f64>(columns, f, count, table, row, to);
		else addEvaluated<f64>(3, f, count, table + (<usize>dv << 3), row, to + <usize>dv * P);
	}
	for (let x = 0, to = room.sums; x < 3; x++)
		for (let k = 0, from = room.byDegree + <usize>(dv + x) * P; k <= 2 * r; k++, from += step, to += P) {
			// unroll v: TILE_VECTORS
			v128.store(to, v128.load(from, $v * 16), $v * 16);
		}
	reachOf(part, room.q, largest, room.facts);
	solveRows(g, r, part.terms, part.solution, room.sums, reachIn(room.facts), room.table, room.solution, room.solving);
	combine<f64>(dv, g, columns, room.solution, room.byDegree, room.N);
}

/** Output o = N/D and cotangent (dO, -<dO, o>)/D, both 0 where no polynomial serves a row; D likewise. */
// @ts-ignore: decorator
@inline
function cotangentsOf(part: OperatorPart, room: QueryRoom): void {
	const P = panelBytes(), D = room.N + <usize>part.dv * P, accepted = acceptedIn(room.facts), one = v128.splat<f64>(1);
	// unroll v: TILE_VECTORS
	const a$v = v128.load(accepted, $v * 16);
	// unroll v: TILE_VECTORS
	const i$v = v128.and(a$v, v128.div<f64>(one, v128.load(D, $v * 16)));
	// unroll v: TILE_VECTORS
	let delta$v = zero();
	for (let n = room.N, dO = room.dO, o = room.output, c = room.cotangent; n < D; n += P, dO += P, o += P, c += P) {
		// unroll v: TILE_VECTORS
		const y$v = v128.load(dO, $v * 16);
		// unroll v: TILE_VECTORS
		const o$v = v128.and(a$v, v128.mul<f64>(v128.load(n, $v * 16), i$v));
		// unroll v: TILE_VECTORS
		delta$v = multiplyAdd<f64>(y$v, o$v, delta$v);
		// unroll v: TILE_VECTORS
		const c$v = v128.mul<f64>(y$v, i$v);
		// unroll v: TILE_VECTORS
		v128.store(o, o$v, $v * 16);
		// unroll v: TILE_VECTORS
		v128.store(c, c$v, $v * 16);
	}
	const none = zero(), last = room.cotangent + <usize>part.dv * P, D2 = room.output + <usize>part.dv * P;
	// unroll v: TILE_VECTORS
	v128.store(last, multiplySubtract<f64>(delta$v, i$v, none), $v * 16);
	// unroll v: TILE_VECTORS
	v128.store(D2, v128.and(a$v, v128.load(D, $v * 16)), $v * 16);
}

/** gradient = Σ_k a_k Σ_{|α| = k} |α|!/α! q^α t_(α + e_b) with t = S c', over the core. */
// @ts-ignore: decorator
@inline
function gradientOf(part: OperatorPart, room: QueryRoom): void {
	const P = panelBytes(), d = part.d;
	cotangents<f64>(part.dv + 1, part.nodes, room.plain, room.cotangent, room.t);
	clearPanels(room.gradient, d);
	for (let k = 0, a = room.solution; k <= part.degree; k++, a += P) {
		const first = levelOf(part, k), count = levelOf(part, k + 1) - first;
		clearPanels(room.ofDegree, d);
		addRaised<f64>(
			d, count, room.feature + <usize>first * P, part.multiplicity + (<usize>first << 3), part.raised + (<usize>(first * d) << 2),
			room.t, room.ofDegree,
		);
		// unroll v: TILE_VECTORS
		const a$v = v128.load(a, $v * 16);
		for (let to = room.gradient, from = room.ofDegree; from < room.ofDegree + <usize>d * P; to += P, from += P) {
			// unroll v: TILE_VECTORS
			const g$v = multiplyAdd<f64>(a$v, v128.load(from, $v * 16), v128.load(to, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(to, g$v, $v * 16);
		}
	}
}

/** panel = panel where the mask is set, otherwise 0, for `count` panels. */
function maskPanels(mask: usize, panels: usize, count: i32, out: usize): void {
	const P = panelBytes();
	for (const end = panels + <usize>count * P; panels < end; panels += P, out += P) {
		// unroll v: TILE_VECTORS
		const x$v = v128.and(v128.load(mask, $v * 16), v128.load(panels, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(out, x$v, $v * 16);
	}
}

/** A panel of `count` queries, from row `at` of a head on, of chunk c; gives how many no polynomial serves. */
function queryPanel(part: OperatorPart, room: QueryRoom, c: i32, head: i32, at: i32, count: i32): i32 {
	const P = panelBytes(), d = part.d, dv = part.dv, g = part.degree, j = head * part.queries + at;
	const largest = rowAt(part.largest, c, d + dv + 3), panel = head * headPanels(part) + at / panelRows<f64>();
	loadColumns(rowAt(part.q, j, d), count, d, room.q, P);
	loadColumns(rowAt(part.dO, j, dv), count, dv, room.dO, P);
	panelFeatures<f64>(room.feature, 2 * part.roots > g ? part.runs : part.innerRuns, part.runTable);
	polynomials(part, room, largest);
	const begin = load<i32>(part.first + (<usize>c << 2)) * part.size, end = min(part.keys, load<i32>(part.last + (<usize>c << 2)) * part.size);
	let low = begin, high = end;
	if (part.lo) {
		loadColumns(rowAt(part.lo, at, 1), count, 1, room.low, P);
		loadColumns(rowAt(part.hi, at, 1), count, 1, room.low + P, P);
		low = <i32>load<f64>(rowAt(part.lo, at, 1));
		high = <i32>load<f64>(rowAt(part.hi, at + count - 1, 1));
	}
	const weights = room.weights, after = weights + <usize>max(0, begin - low) * P, terms = weights + <usize>part.edge * P;
	clearPanels(room.edge, dv + 3 + EDGE_PANELS);
	addEdgeSums(part, low, begin, room.q, room.low, room.low + P, room.table, weights, room.edge);
	addEdgeSums(part, end, high, room.q, room.low, room.low + P, room.table, after, room.edge);
	acceptRows(part, room.solution, room.sums, largest, room.edge, room.N, room.facts);
	cotangentsOf(part, room);
	if (part.outputOnly) clearPanels(room.gradient, d);
	else {
		gradientOf(part, room);
		addEdgeGradients(part, low, begin, room.cotangent, weights, terms, room.total, room.gradient);
		addEdgeGradients(part, end, high, room.cotangent, after, terms, room.total, room.gradient);
	}
	const accepted = acceptedIn(room.facts);
	maskPanels(accepted, room.gradient, d, room.gradient);
	maskPanels(accepted, room.solution, g + 1, part.coefficients + <usize>(panel * (g + 1)) * P);
	storeRows(room.gradient, count, d, rowAt(part.dQ, j, d));
	storeRows(room.output, count, dv, rowAt(part.output, j, dv));
	const unserved = storeLogarithms(room.output + <usize>dv * P, count, rowAt(part.lse, j, 1));
	storeRows(room.cotangent, count, dv + 1, rowAt(part.cotangents, j, dv + 1));
	const bounds = room.byDegree, rows = part.group * part.queries;
	boundRows(part, room.solution, room.sums, largest, room.edge, room.N, room.dO, room.output, room.gradient, room.facts, bounds);
	for (let x = 0; x < BOUND_PANELS; x++) storeRows(bounds + <usize>x * P, count, 1, rowAt(part.errors, x * rows + j, 1));
	return unserved;
}

/**
 * The query chunks from..to-1 of all heads of a part. start: sums over the key chunks before `startChunk`, where windows begin with the first
 * chunk throughout and are not empty at first; otherwise 0. startChunk -1: start has the sums up to each key chunk, one behind the other.
 * Gives the number of queries that no polynomial serves.
 */
export function sweepQueries(scratch: usize, part: OperatorPart, from: i32, to: i32, start: usize, startChunk: i32): i32 {
	const room = changetype<QueryRoom>(scratch), window = changetype<Window>(scratch + roomBytes());
	layRoom(part, room, scratch + 2 * roomBytes());
	const state = wholePanels(keyStateBytes(part));
	window.part = changetype<usize>(part);
	window.ofQueries = 0;
	window.chunks = 0;
	window.length = (part.dv + 3) * part.nodes;
	window.capacity = part.keyStates;
	window.running = room.end;
	window.value = part.keyStates ? room.end + state : room.end;
	window.states = room.end + 2 * state;
	window.scratch = window.states + <usize>part.keyStates * state;
	prepareExponential<f64>(room.table);
	clearPanels(room.total, 1);
	const ofEach = startChunk < 0;
	if (!ofEach) beginWindow(window, startChunk, start);
	let changed = start != 0, shown = -1, unserved = 0;
	for (let c = from; c < to; c++) {
		const first = load<i32>(part.first + (<usize>c << 2)), last = load<i32>(part.last + (<usize>c << 2));
		const end = min(part.queries, (c + 1) * part.size);
		if (first >= last) {
			unserved += part.group * (end - c * part.size);
			continue;
		}
		if (ofEach) {
			if (last != shown) keyTables(part, start + <usize>(last - 1) * keyStateBytes(part), room.weighted, room.plain);
			shown = last;
		} else if (moveWindow(window, first, last) || changed) keyTables(part, window.value, room.weighted, room.plain);
		changed = false;
		for (let head = 0; head < part.group; head++)
			for (let at = c * part.size; at < end; at += panelRows<f64>())
				unserved += queryPanel(part, room, c, head, at, min(panelRows<f64>(), end - at));
	}
	return unserved;
}
