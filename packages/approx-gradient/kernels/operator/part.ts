// A part, as the kernels of the operator's backward pass read it: one sequence of one head of keys, with the queries of every head of its
// group. All numbers are doubles; matrices are row-major. `src/backward/part.ts` in TypeScript says what they are.

import { panelBytes, panelRows } from "../panels/panel";

/** A part in memory: sizes and addresses, 4 bytes each. */
@unmanaged
export class OperatorPart {
	d: i32;
	dv: i32;
	/** g, r and M: degree, double nodes and terms of exp in a row's polynomial. */
	degree: i32;
	roots: i32;
	terms: i32;
	/** Monomials of degree <= g + 1, and of degree <= g. */
	nodes: i32;
	inner: i32;
	/** Heads of queries, and rows of each; keys. */
	group: i32;
	queries: i32;
	keys: i32;
	/** Rows of a chunk, whole panels; panels of a block, whose features are in memory at once. */
	size: i32;
	blockPanels: i32;
	/** Keys and queries that a row sees outside the core at the most. */
	edge: i32;
	/** States that a window of chunks keeps at the most, of keys and of queries; 0 where the window begins with the first chunk throughout. */
	keyStates: i32;
	queryStates: i32;
	/** 1: no gradients are wanted. */
	outputOnly: i32;
	/** First monomial of each degree 0..g + 1, and the end. */
	levels: usize;
	/** Runs of features, those of degree <= g first, and how many these are; 1: sums take the others as products. */
	runs: i32;
	innerRuns: i32;
	products: i32;
	runTable: usize;
	/** |α|!/α! of all monomials; byte offsets of the panels of α + e_b, inner x d. */
	multiplicity: usize;
	raised: usize;
	/** The doubles that `../row-polynomials.ts` and `bounds.ts` read. */
	solution: usize;
	bounds: usize;
	/** Queries about their centre, group · queries x d; rows that no polynomial serves are to be 0 in the sweep over keys. Upstream gradients. */
	q: usize;
	dO: usize;
	/** Keys x d; values and 1, keys x (dv + 1); ω; ‖v‖², ‖k‖²; ‖k‖, ‖v‖, 0 where every query sees every key. */
	k: usize;
	v: usize;
	omega: usize;
	squares: usize;
	norms: usize;
	/** ν (d) and the factor of the keys. */
	nu: usize;
	/** Visible keys lo <= l < hi of each query, and visible queries of each key, as doubles; all 0 where every query sees every key. */
	lo: usize;
	hi: usize;
	firstQuery: usize;
	lastQuery: usize;
	/** Core of each query chunk: key chunks first..last - 1; query chunks that have a key chunk in their core: from..to - 1. */
	first: usize;
	last: usize;
	from: usize;
	to: usize;
	/** Of each query chunk's core: largest |k_b| (d), |v_i| (dv), ‖k‖, ‖v‖ and ω. */
	largest: usize;
	/** (dO, -Δ)/D, a row of dv + 1 for each query; coefficients of polynomials, g + 1 panels for each panel of a head's queries. */
	cotangents: usize;
	coefficients: usize;
	/** Results of each query: dQ, output, and ln D or -Infinity where no polynomial serves it; BOUND_PANELS bounds, each of all queries. */
	dQ: usize;
	output: usize;
	lse: usize;
	errors: usize;
	/** Results of each key: those of exact rows, to which the sweep adds, and brings dK into the units of the problem. */
	dK: usize;
	dV: usize;
	/** The largest |dK| and |dV| of each key chunk. */
	keySizes: usize;
}

/** Panels of the queries of a head. */
// @ts-ignore: decorator
@inline
export function headPanels(part: OperatorPart): i32 {
	return (part.queries + panelRows<f64>() - 1) / panelRows<f64>();
}

/** Chunks of `rows` rows. */
// @ts-ignore: decorator
@inline
export function chunksOf(part: OperatorPart, rows: i32): i32 {
	return (rows + part.size - 1) / part.size;
}

/** Doubles of a state of keys: sums against values, 1, ‖v‖² and ‖k‖². */
// @ts-ignore: decorator
@inline
export function keyStateBytes(part: OperatorPart): usize {
	return <usize>((part.dv + 3) * part.nodes) << 3;
}

/** Doubles of a state of queries: sums against cotangents, with the coefficients of the same degree and those of the degree before. */
// @ts-ignore: decorator
@inline
export function queryStateBytes(part: OperatorPart): usize {
	return <usize>(2 * (part.dv + 1) * part.nodes) << 3;
}

/** First monomial of degree k. */
// @ts-ignore: decorator
@inline
export function levelOf(part: OperatorPart, k: i32): i32 {
	return load<i32>(part.levels + (<usize>k << 2));
}

/** Number `at` of doubles. */
// @ts-ignore: decorator
@inline
export function number(numbers: usize, at: i32): f64 {
	return load<f64>(numbers + (<usize>at << 3));
}

/** Row `at` of `columns` doubles. */
// @ts-ignore: decorator
@inline
export function rowAt(rows: usize, at: i32, columns: i32): usize {
	return rows + (<usize>at * <usize>columns << 3);
}

/** `bytes`, up to whole panels. */
// @ts-ignore: decorator
@inline
export function wholePanels(bytes: usize): usize {
	const P = panelBytes();
	return (bytes + P - 1) / P * P;
}
