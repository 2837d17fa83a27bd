import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { rowsTimes } from "../../rows/rows-times.ts";
import type { Method } from "../method/approximation.ts";
import { LEAST_REACH } from "./bounds/limits.ts";

/**
 * Rows that a prediction looks at, one of so many, within these numbers, and keys: together a quarter as many pairs as there are rows,
 * some percent of a run's work. A part of the rows are those of largest reach among a scan of more, and of the keys the longest ones, for
 * a few rows or keys may make most of a bound, or of the time. Outputs and gradients, which count less, come from fewer keys.
 */
const SAMPLE = {
	rows: { share: 1024, least: 64, most: 1024, scanShare: 64 },
	keys: { least: 256, most: 1024, scanShare: 32, ofOutputs: 128 },
	mostScanned: 2 ** 13,
	top: 1 / 4,
};

/** Rows against keys of a problem, with scores, to predict bounds of all degrees from. */
export interface ScoreSample {
	readonly d: number;
	readonly rows: readonly SampledRow[];
	/** ω_l times the number of keys that each stands for; values h - η and keys in the frame, keys x d. */
	readonly weights: Float64Array;
	readonly values: Float64Array;
	readonly keys: Float64Array;
}

/** A row of A1 of a sample. */
export interface SampledRow {
	/** Sums Σ_l ω_l x_l s_l^k by column x, as far as they were asked for. */
	readonly sums: Map<string, Float64Array>;
	/** How many rows of the problem it stands for. */
	readonly share: number;
	readonly input: Float64Array;
	/** The query in the frame. */
	readonly query: Float64Array;
	readonly scores: Float64Array;
	readonly reach: number;
	readonly output: Float64Array;
	readonly residual: Float64Array;
	/** ‖E_f k‖ and Ĝ in the frame. */
	readonly meanKey: Float64Array;
	readonly gradient: Float64Array;
}

const known = new WeakMap<Method["profile"], { readonly space: Method["space"]; readonly sample: ScoreSample }>();

/**
 * Draws rows and keys and computes their scores and softmax rows: some milliseconds, and more slowly than n. Made once for a profile in
 * one space: a pilot, a plan and a run share it.
 */
export function sampleScores(
	problem: AttentionProblem<RowSource>,
	method: Pick<Method, "profile" | "space">,
): ScoreSample {
	const { profile, space } = method;
	const before = known.get(profile);
	if (before && sameFrame(before.space, space)) return before.sample;
	const sample = drawScores(problem, method);
	known.set(profile, { space, sample });
	return sample;
}

/** Whether scores and keys are the same in two spaces. */
const sameFrame = (one: Method["space"], other: Method["space"]): boolean =>
	one.radius === other.radius &&
	one.frame.shift === other.frame.shift &&
	one.frame.queryMap.data.every((x, at) => x === other.frame.queryMap.data[at]);

function drawScores(problem: AttentionProblem<RowSource>, method: Pick<Method, "profile" | "space">): ScoreSample {
	const { space, profile } = method;
	const { d, queryCentre, keyCentre, valueCentre } = profile;
	const { queryMap, keyMap } = space.frame;
	const drawn = drawnKeys(problem, method);
	const m = drawn.length;
	const [keys, values] = [new Float64Array(m * d), new Float64Array(m * d)];
	const inputs = new Float64Array(m * d);
	for (const [l, { at }] of drawn.entries()) {
		problem.A2.readRows(at, at + 1, keys.subarray(l * d, (l + 1) * d));
		problem.A3.readRows(at, at + 1, inputs.subarray(l * d, (l + 1) * d));
	}
	rowsTimes(inputs, problem.Y, 1, m, values);
	const weights = new Float64Array(m);
	for (let l = 0; l < m; l++) {
		let exponent = 0;
		const key = keys.slice(l * d, (l + 1) * d).map((x, b) => x - keyCentre[b]);
		keys.fill(0, l * d, (l + 1) * d);
		for (let b = 0; b < d; b++) {
			exponent += queryCentre[b] * key[b];
			values[l * d + b] -= valueCentre[b];
			for (let i = 0; i < d; i++) keys[l * d + i] += keyMap.data[i * d + b] * key[b];
		}
		weights[l] = drawn[l].share * Math.exp(exponent - space.frame.shift);
	}
	const rows = drawnRows(problem, method).map(({ at, share, query, reach }): SampledRow => {
		const mapped = new Float64Array(d);
		for (let b = 0; b < d; b++) for (let i = 0; i < d; i++) mapped[i] += queryMap.data[i * d + b] * query[b];
		const scores = new Float64Array(m);
		for (let l = 0; l < m; l++) {
			let score = 0;
			for (let i = 0; i < d; i++) score += mapped[i] * keys[l * d + i];
			scores[l] = score;
		}
		const [input, target] = [new Float64Array(d), new Float64Array(d)];
		problem.A1.readRows(at, at + 1, input);
		problem.E.readRows(at, at + 1, target);
		for (let i = 0; i < d; i++) target[i] -= valueCentre[i];
		return {
			sums: new Map(),
			share,
			input,
			query: mapped,
			scores,
			reach,
			...softmaxRow(scores, weights, values, keys, target),
		};
	});
	return { d, rows, weights, values, keys };
}

interface DrawnRow {
	readonly at: number;
	readonly share: number;
	/** The centred query. */
	readonly query: Float64Array;
	readonly reach: number;
}

/** Rows spread over the problem, and of those that are scanned the ones of largest reach. */
function drawnRows(problem: AttentionProblem<RowSource>, method: Pick<Method, "profile" | "space">): DrawnRow[] {
	const { n } = problem;
	const wanted = rowsWanted(n);
	const scanned = scanOf(n, wanted, SAMPLE.rows.scanShare);
	const all = spreadOver(n, scanned).map((at) => ({ at, ...queryOf(problem, method, at) }));
	return chosen(all, wanted, n, ({ reach }) => reach);
}

interface DrawnKey {
	readonly at: number;
	readonly share: number;
}

/** Keys spread over the problem, and of those that are scanned the ones farthest from their centre. */
function drawnKeys(
	{ n, d, A2 }: AttentionProblem<RowSource>,
	{ profile: { keyCentre } }: Pick<Method, "profile" | "space">,
): DrawnKey[] {
	const { least, most, scanShare } = SAMPLE.keys;
	const wanted = Math.min(n, Math.max(least, Math.min(most, Math.floor(n / (4 * rowsWanted(n))))));
	const scanned = scanOf(n, wanted, scanShare);
	const key = new Float64Array(d);
	const all = spreadOver(n, scanned).map((at) => {
		A2.readRows(at, at + 1, key);
		let square = 0;
		for (let b = 0; b < d; b++) square += (key[b] - keyCentre[b]) ** 2;
		return { at, square };
	});
	return chosen(all, wanted, n, ({ square }) => square);
}

/** How many rows are scanned for those that are wanted: twice as many at least. */
const scanOf = (n: number, wanted: number, share: number): number =>
	Math.min(n, Math.max(2 * wanted, Math.min(SAMPLE.mostScanned, Math.floor(n / share))));

const rowsWanted = (n: number): number => {
	const { share, least, most } = SAMPLE.rows;
	return Math.min(n, Math.max(least, Math.min(most, Math.floor(n / share))));
};

/** Numbers of `count` of n rows, one in each of as many equal parts, not evenly: rows may have a period. */
function spreadOver(n: number, count: number): number[] {
	return Array.from({ length: count }, (_, j) =>
		count === n ? j : Math.floor(((j + ((j * 0.6180339887498949) % 1)) * n) / count),
	);
}

/** `wanted` of what was scanned: the largest by themselves, of the others one for as many. */
function chosen<Item>(
	all: readonly Item[],
	wanted: number,
	n: number,
	sizeOf: (item: Item) => number,
): (Item & { readonly share: number })[] {
	const each = n / all.length;
	if (all.length === wanted) return all.map((item) => ({ ...item, share: each }));
	const sorted = all.toSorted((a, b) => sizeOf(b) - sizeOf(a));
	const top = Math.floor(SAMPLE.top * wanted);
	const rest = all.length - top;
	const others = Array.from({ length: wanted - top }, (_, j) => {
		const item = sorted[top + Math.floor(((j + 0.5) * rest) / (wanted - top))];
		return { ...item, share: (each * rest) / (wanted - top) };
	});
	return [...sorted.slice(0, top).map((item) => ({ ...item, share: each })), ...others];
}

/** The centred query of a row, and at least its largest |score|. */
function queryOf(
	{ d, A1, X, scale }: AttentionProblem<RowSource>,
	{ profile: { queryCentre, keyNorm }, space }: Pick<Method, "profile" | "space">,
	at: number,
): { query: Float64Array; reach: number } {
	const [input, query] = [new Float64Array(d), new Float64Array(d)];
	A1.readRows(at, at + 1, input);
	rowsTimes(input, X, scale, 1, query);
	let [square, coordinates] = [0, 0];
	for (let b = 0; b < d; b++) {
		query[b] -= queryCentre[b];
		square += query[b] ** 2;
	}
	for (let i = 0; i < d; i++) {
		let mapped = 0;
		for (let b = 0; b < d; b++) mapped += space.frame.queryMap.data[i * d + b] * query[b];
		coordinates += Math.abs(mapped) * space.keyReach[i];
	}
	return { query, reach: Math.max(LEAST_REACH, Math.min(coordinates, Math.sqrt(square) * keyNorm, space.radius)) };
}

function softmaxRow(
	scores: Float64Array,
	weights: Float64Array,
	values: Float64Array,
	keys: Float64Array,
	target: Float64Array,
): Pick<SampledRow, "output" | "residual" | "meanKey" | "gradient"> {
	const d = target.length;
	const [output, meanKey, products] = [new Float64Array(d), new Float64Array(d), new Float64Array(d * d)];
	let normaliser = 0;
	const step = Math.max(1, Math.floor(scores.length / SAMPLE.keys.ofOutputs));
	for (let l = 0; l < scores.length; l += step) {
		const entry = weights[l] * Math.exp(scores[l]);
		normaliser += entry;
		for (let i = 0; i < d; i++) {
			const value = entry * values[l * d + i];
			output[i] += value;
			meanKey[i] += entry * keys[l * d + i];
			for (let b = 0; b < d; b++) products[i * d + b] += value * keys[l * d + b];
		}
	}
	for (const sums of [output, meanKey, products]) for (let at = 0; at < sums.length; at++) sums[at] /= normaliser;
	const residual = output.map((o, i) => o - target[i]);
	const correction = residual.reduce((sum, c, i) => sum + c * output[i], 0);
	const gradient = meanKey.map((mean, b) =>
		residual.reduce((sum, c, i) => sum + c * products[i * d + b], -correction * mean),
	);
	return { output, residual, meanKey, gradient };
}

/** Every fourth row of a sample, for as many: a quarter of the work. Sums that either has made are known to both. */
export function thinned(sample: ScoreSample): ScoreSample {
	return {
		...sample,
		rows: sample.rows.filter((_, at) => at % 4 === 0).map((row) => ({ ...row, share: 4 * row.share })),
	};
}
