// The sweep over keys from last to first: dK and dV (`src/backward/key-sweep.ts`).

import { multiplyAdd, zero } from "@attgrad/matrix-core/kernels/arithmetic";
import { EXPONENTIAL_TABLE, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { cotangents } from "../features/cotangents";
import { panelFeatures } from "../features/features";
import { addEvaluated } from "../features/outputs";
import { clearPanels, panelBytes, panelRows } from "../panels/panel";
import { addRaised } from "../features/raised-gradient";
import { addEdgeQueries } from "./edges";
import { momentBytes } from "./moments";
import { chunksOf, OperatorPart, queryStateBytes, rowAt, wholePanels } from "./part";
import { largestOf, loadColumns, scalePanel, storeRows } from "./rows";
import { queryTables } from "./tables";
import { beginWindow, moveWindow, roomBytes, Window } from "./window";

/** Room of a thread for the sweep: addresses of panels. */
@unmanaged
class KeyRoom {
	table: usize;
	weighted: usize;
	plain: usize;
	k: usize;
	feature: usize;
	t: usize;
	v: usize;
	omega: usize;
	low: usize;
	sums: usize;
	dK: usize;
	dV: usize;
	total: usize;
	sizes: usize;
	weights: usize;
	end: usize;
}

function layRoom(part: OperatorPart, room: KeyRoom, at: usize): void {
	const P = panelBytes(), d = <usize>part.d * P, width = <usize>(part.dv + 1) * P, nodes = <usize>part.nodes;
	room.table = at;
	room.weighted = room.table + EXPONENTIAL_TABLE;
	room.plain = room.weighted + wholePanels(queryStateBytes(part) >> 1);
	room.k = room.plain + wholePanels(queryStateBytes(part) >> 1);
	room.feature = room.k + d;
	room.t = room.feature + nodes * P;
	room.v = room.t + max(nodes, <usize>(part.d + part.dv)) * P;
	room.omega = room.v + width;
	room.low = room.omega + P;
	room.sums = room.low + 2 * P;
	room.dK = room.sums + width;
	room.dV = room.dK + d;
	room.total = room.dV + width;
	room.sizes = room.total + P;
	room.weights = room.sizes + 2 * P;
	room.end = room.weights + 2 * <usize>part.edge * P;
}

/** Bytes of scratch of `keyChunks`. */
export function keyBytes(scratch: usize, part: OperatorPart): usize {
	const room = changetype<KeyRoom>(scratch);
	layRoom(part, room, 0);
	return 2 * roomBytes() + room.end + (2 + <usize>part.queryStates) * wholePanels(queryStateBytes(part)) + momentBytes(part);
}

/** dV = ω sums, and dK = ω (dK + ν Σ_i v_i sums_i), from what the core gives; sums: against (dO, -Δ)/D. */
// @ts-ignore: decorator
@inline
function weighGradients(part: OperatorPart, room: KeyRoom): void {
	const P = panelBytes(), dv = part.dv;
	// unroll v: TILE_VECTORS
	let own$v = zero();
	for (let i: usize = 0; i <= <usize>dv * P; i += P) {
		// unroll v: TILE_VECTORS
		own$v = multiplyAdd<f64>(v128.load(room.v + i, $v * 16), v128.load(room.sums + i, $v * 16), own$v);
	}
	// unroll v: TILE_VECTORS
	const w$v = v128.load(room.omega, $v * 16);
	for (let to = room.dK, nu = part.nu; to < room.dV; to += P, nu += 8) {
		const x = v128.load_splat<f64>(nu);
		// unroll v: TILE_VECTORS
		const k$v = v128.mul<f64>(w$v, multiplyAdd<f64>(x, own$v, v128.load(to, $v * 16)));
		// unroll v: TILE_VECTORS
		v128.store(to, k$v, $v * 16);
	}
	for (let i: usize = 0; i < <usize>dv * P; i += P) scalePanel(room.omega, room.sums + i, room.dV + i);
}

/** Adds the parts of all queries whose core has chunk e to a panel of keys. */
// @ts-ignore: decorator
@inline
function coreGradients(part: OperatorPart, room: KeyRoom): void {
	const P = panelBytes(), d = part.d, width = part.dv + 1, row = <usize>width << 3;
	panelFeatures<f64>(room.feature, part.innerRuns, part.runTable);
	clearPanels(room.sums, width);
	addEvaluated<f64>(width, room.feature, part.inner, room.weighted, row, room.sums);
	cotangents<f64>(width, part.nodes, room.plain, room.v, room.t);
	clearPanels(room.dK, d);
	addRaised<f64>(d, part.inner, room.feature, part.multiplicity, part.raised, room.t, room.dK);
	weighGradients(part, room);
}

/** rows = (rows + panels) · factor, `columns` columns of `count` rows; size (a panel) gets their sizes where they are larger. */
// @ts-ignore: decorator
@inline
function addRows(room: KeyRoom, panels: usize, count: i32, columns: i32, factor: f64, rows: usize, size: usize): void {
	const P = panelBytes(), f = v128.splat<f64>(factor);
	loadColumns(rows, count, columns, room.t, P);
	for (let at: usize = 0; at < <usize>columns * P; at += P) {
		// unroll v: TILE_VECTORS
		const x$v = v128.mul<f64>(f, v128.add<f64>(v128.load(panels + at, $v * 16), v128.load(room.t + at, $v * 16)));
		// unroll v: TILE_VECTORS
		v128.store(room.t + at, x$v, $v * 16);
		for (let r = count; r < panelRows<f64>(); r++) store<f64>(room.t + at + (<usize>r << 3), 0);
		// unroll v: TILE_VECTORS
		const s$v = v128.max<f64>(v128.abs<f64>(v128.load(room.t + at, $v * 16)), v128.load(size, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(size, s$v, $v * 16);
	}
	storeRows(room.t, count, columns, rows);
}

/** A panel of `count` keys from key `at` on, of chunk e, which the query chunks first..last-1 have in their core. */
function keyPanel(part: OperatorPart, room: KeyRoom, at: i32, count: i32, first: i32, last: i32): void {
	const P = panelBytes(), d = part.d, dv = part.dv;
	loadColumns(rowAt(part.k, at, d), count, d, room.k, P);
	loadColumns(rowAt(part.v, at, dv + 1), count, dv + 1, room.v, P);
	loadColumns(rowAt(part.omega, at, 1), count, 1, room.omega, P);
	if (first < last) coreGradients(part, room);
	else clearPanels(room.dK, d + dv);
	const low = part.firstQuery ? <i32>load<f64>(rowAt(part.firstQuery, at, 1)) : 0;
	const high = part.lastQuery ? <i32>load<f64>(rowAt(part.lastQuery, at + count - 1, 1)) : part.queries;
	const begin = first < last ? first * part.size : high, end = first < last ? min(part.queries, last * part.size) : high;
	if (low < begin || end < high) {
		const terms = room.weights + <usize>part.edge * P;
		loadColumns(rowAt(part.firstQuery, at, 1), count, 1, room.low, P);
		loadColumns(rowAt(part.lastQuery, at, 1), count, 1, room.low + P, P);
		clearPanels(room.total, 1);
		for (let head = 0; head < part.group; head++) {
			addEdgeQueries(
				part, head, low, begin, room.k, room.v, room.omega, room.low, room.low + P, room.table, room.weights, terms, room.dK, room.dV, room.total,
			);
			addEdgeQueries(
				part, head, end, high, room.k, room.v, room.omega, room.low, room.low + P, room.table, room.weights, terms, room.dK, room.dV, room.total,
			);
		}
		for (let to = room.dK, nu = part.nu; to < room.dV; to += P, nu += 8) {
			const x = v128.load_splat<f64>(nu);
			// unroll v: TILE_VECTORS
			const k$v = multiplyAdd<f64>(x, v128.load(room.total, $v * 16), v128.load(to, $v * 16));
			// unroll v: TILE_VECTORS
			v128.store(to, k$v, $v * 16);
		}
	}
	addRows(room, room.dK, count, d, load<f64>(rowAt(part.nu, d, 1)), rowAt(part.dK, at, d), room.sizes);
	addRows(room, room.dV, count, dv, 1, rowAt(part.dV, at, dv), room.sizes + P);
}

/**
 * The key chunks from..to-1 of a part. start: sums over the query chunks from `startChunk` on, where windows end with the last chunk throughout
 * and are not empty at first; otherwise 0. startChunk -1: start has the sums from each query chunk on, the last first.
 */
export function sweepKeys(scratch: usize, part: OperatorPart, from: i32, to: i32, start: usize, startChunk: i32): void {
	const room = changetype<KeyRoom>(scratch), window = changetype<Window>(scratch + roomBytes());
	layRoom(part, room, scratch + 2 * roomBytes());
	const state = wholePanels(queryStateBytes(part)), chunks = chunksOf(part, part.queries);
	window.part = changetype<usize>(part);
	window.ofQueries = 1;
	window.chunks = chunks;
	window.length = 2 * (part.dv + 1) * part.nodes;
	window.capacity = part.queryStates;
	window.running = room.end;
	window.value = part.queryStates ? room.end + state : room.end;
	window.states = room.end + 2 * state;
	window.scratch = window.states + <usize>part.queryStates * state;
	prepareExponential<f64>(room.table);
	const ofEach = startChunk < 0;
	if (!ofEach) beginWindow(window, chunks - startChunk, start);
	let changed = start != 0, shown = -1;
	for (let e = to - 1; e >= from; e--) {
		const first = load<i32>(part.from + (<usize>e << 2)), last = load<i32>(part.to + (<usize>e << 2));
		if (first < last) {
			if (ofEach) {
				if (first != shown) queryTables(part, start + <usize>(chunks - first - 1) * queryStateBytes(part), room.weighted, room.plain);
				shown = first;
			} else if (moveWindow(window, chunks - last, chunks - first) || changed) queryTables(part, window.value, room.weighted, room.plain);
			changed = false;
		}
		const end = min(part.keys, (e + 1) * part.size);
		clearPanels(room.sizes, 2);
		for (let at = e * part.size; at < end; at += panelRows<f64>())
			keyPanel(part, room, at, min(panelRows<f64>(), end - at), first, last);
		const sizes = rowAt(part.keySizes, e, 2);
		store<f64>(sizes, largestOf(room.sizes));
		store<f64>(sizes, largestOf(room.sizes + panelBytes()), 8);
	}
}
