import {
	type BackwardProblem,
	type Head,
	headsOf,
	type KeyIntervals,
	type RowRange,
	sequencesOf,
	visibleKeys,
} from "@attgrad/attention-problem";
import { type Matrix, materialise, type RowSource } from "@attgrad/matrix-core";

/**
 * A part that nothing connects with the others: one sequence of one head of keys, with the queries of every head of its group.
 * Scores are taken about centres, score = <q + ν, k> up to a constant of the row, and ω = e^<ν, k>. Keys are scaled by a
 * power of two to a length of at most 1, and queries by its inverse.
 */
export interface Part {
	/** Heads of queries. */
	readonly group: number;
	readonly d: number;
	readonly d_v: number;
	/** The rows of one head of queries that this part has, and of keys. */
	readonly queries: number;
	readonly keys: number;
	readonly intervals: KeyIntervals;
	/** Where the queries of each head, and the keys, begin in all rows. */
	readonly queryAt: readonly number[];
	readonly keyAt: number;
	/** scale · Q - ν, head by head, (group · queries) x d. */
	readonly q: Float64Array;
	/** dO, (group · queries) x d_v. */
	readonly upstream: Float64Array;
	/** keys x d. */
	readonly k: Float64Array;
	/** keys x d_v, about their centre. */
	readonly v: Float64Array;
	readonly keyNorm: Float64Array;
	readonly omega: Float64Array;
	readonly nu: Float64Array;
	/** μ, of the keys as given, and the centre of values. */
	readonly keyCentre: Float64Array;
	readonly valueCentre: Float64Array;
	/** The factor of the keys; a dQ is that of these numbers times scale / keyScale, a dK times keyScale. */
	readonly keyScale: number;
	readonly scale: number;
}

/** Scores |<ν, k>| up to which queries are taken about a centre: weights ω stay within e^±4. */
const MOST_TILT = 4;

/** Rows that a centre is made of at most. */
const CENTRE_ROWS = 1024;

/** The parts of a problem, made one after the other. */
export function* partsOf(problem: BackwardProblem<RowSource>): Generator<Part> {
	const { n_q, n_k, visibility } = problem;
	const { lo, hi } = visibleKeys(visibility, n_q, n_k);
	const group = problem.heads / problem.keyHeads;
	const heads = headsOf(problem);
	for (let at = 0; at < heads.length; at += group)
		for (const { queries, keys } of sequencesOf(visibility, n_q, n_k)) {
			const cut = (x: Int32Array) => x.slice(queries.from, queries.to).map((l) => l - keys.from);
			yield makePart(problem, heads.slice(at, at + group), queries, keys, { lo: cut(lo), hi: cut(hi) });
		}
}

function makePart(
	{ n_q, n_k, d, d_v, scale }: BackwardProblem<RowSource>,
	heads: readonly Head<RowSource>[],
	queries: RowRange,
	keys: RowRange,
	intervals: KeyIntervals,
): Part {
	const [queryCount, keyCount] = [queries.to - queries.from, keys.to - keys.from];
	const numbers = (source: RowSource | undefined, { from, to }: RowRange): Float64Array =>
		(materialise(source as RowSource).slice(from, to) as Matrix).as("f64").data as Float64Array;
	const [k, v] = [Float64Array.from(numbers(heads[0].K, keys)), Float64Array.from(numbers(heads[0].V, keys))];
	const q = new Float64Array(heads.length * queryCount * d);
	const upstream = new Float64Array(heads.length * queryCount * d_v);
	for (const [h, { Q, dO }] of heads.entries()) {
		q.set(numbers(Q, queries), h * queryCount * d);
		upstream.set(numbers(dO, queries), h * queryCount * d_v);
	}
	const [keyCentre, valueCentre] = [takeCentre(k, d), takeCentre(v, d_v)];
	let longest = 0;
	for (let l = 0; l < keyCount; l++) longest = Math.max(longest, normAt(k, l, d));
	const keyScale = longest > 1e-280 && longest < 1e280 ? 2 ** -Math.ceil(Math.log2(longest)) : 1;
	for (let i = 0; i < k.length; i++) k[i] *= keyScale;
	for (let i = 0; i < q.length; i++) q[i] *= scale / keyScale;
	const keyNorm = Float64Array.from({ length: keyCount }, (_, l) => normAt(k, l, d) * (1 + 1e-12));
	const { nu, omega } = tilt(q, k, d);
	const queryAt = heads.map(({ index }) => index * n_q + queries.from);
	return {
		...{ group: heads.length, d, d_v, queries: queryCount, keys: keyCount, intervals },
		...{ queryAt, keyAt: heads[0].keyIndex * n_k + keys.from, q, upstream, k, v, keyNorm, omega, nu },
		...{ keyCentre, valueCentre, keyScale, scale },
	};
}

/** Takes the median of some rows off all of them, which far rows do not move; gives it. */
function takeCentre(rows: Float64Array, width: number): Float64Array {
	const count = rows.length / width;
	const step = Math.ceil(count / CENTRE_ROWS);
	const centre = new Float64Array(width);
	for (let b = 0; b < width; b++) {
		const sample = new Float64Array(Math.ceil(count / step));
		for (let i = 0; i < sample.length; i++) sample[i] = rows[i * step * width + b];
		sample.sort();
		centre[b] = sample[sample.length >> 1];
		for (let at = b; at < rows.length; at += width) rows[at] -= centre[b];
	}
	return centre;
}

/** ν, the median of the queries, taken off them, and ω = e^<ν, k>; none where a key would weigh too much by it. */
function tilt(q: Float64Array, k: Float64Array, d: number): { nu: Float64Array; omega: Float64Array } {
	const centred = q.slice();
	const nu = takeCentre(centred, d);
	const omega = new Float64Array(k.length / d);
	let most = 0;
	for (let l = 0; l < omega.length; l++) {
		let tilted = 0;
		for (let b = 0; b < d; b++) tilted += nu[b] * k[l * d + b];
		most = Math.max(most, Math.abs(tilted));
		omega[l] = Math.exp(tilted);
	}
	if (!(most <= MOST_TILT)) return { nu: new Float64Array(d), omega: omega.fill(1) };
	q.set(centred);
	return { nu, omega };
}

/** Length of a row. */
export function normAt(rows: Float64Array, row: number, width: number): number {
	let [square, most] = [0, 0];
	for (let at = row * width; at < (row + 1) * width; at++) {
		square += rows[at] * rows[at];
		most = Math.max(most, Math.abs(rows[at]));
	}
	if (square > 1e-250 && square < 1e300) return Math.sqrt(square);
	return most * Math.sqrt(width);
}
