import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { rowsTimes } from "../../rows/rows-times.ts";
import { subProblem } from "../../rows/sub-problem.ts";
import type { Method } from "../method/approximation.ts";
import { LEAST_REACH } from "./bounds/limits.ts";

/**
 * Keys that a prediction looks at, and rows: one of so many, within these numbers. A part of the rows are those of largest reach among
 * a scan of more, for a few rows may make most of a bound, or of the time.
 */
const SAMPLE = { keys: 192, share: 256, least: 64, most: 512, scanShare: 16, mostScanned: 2 ** 14, top: 1 / 4 };

/** Rows against keys of a problem, with scores, to predict bounds of all degrees from. */
export interface ScoreSample {
	readonly d: number;
	readonly rows: readonly SampledRow[];
	/** ω_l; values h - η and keys in the frame, keys x d. */
	readonly weights: Float64Array;
	readonly values: Float64Array;
	readonly keys: Float64Array;
}

/** A row of A1 of a sample. */
export interface SampledRow {
	/** How many rows of the problem it stands for. */
	readonly share: number;
	readonly input: Float64Array;
	readonly scores: Float64Array;
	readonly reach: number;
	readonly output: Float64Array;
	readonly residual: Float64Array;
	/** ‖E_f k‖ and Ĝ in the frame. */
	readonly meanKey: Float64Array;
	readonly gradient: Float64Array;
}

/** Draws rows and keys and computes their scores and softmax rows: O(1) in n, one to ten milliseconds. */
export function sampleScores(
	problem: AttentionProblem<RowSource>,
	method: Pick<Method, "profile" | "space">,
): ScoreSample {
	const { space, profile } = method;
	const { d, queryCentre, keyCentre, valueCentre } = profile;
	const { queryMap, keyMap } = space.frame;
	const sampled = subProblem(problem, SAMPLE.keys);
	const m = sampled.n;
	const [keys, values] = [new Float64Array(m * d), new Float64Array(m * d)];
	rowsTimes(Float64Array.from(sampled.A3.data), sampled.Y, 1, m, values);
	const weights = new Float64Array(m);
	for (let l = 0; l < m; l++) {
		let exponent = 0;
		for (let b = 0; b < d; b++) {
			const key = sampled.A2.data[l * d + b] - keyCentre[b];
			exponent += queryCentre[b] * key;
			values[l * d + b] -= valueCentre[b];
			for (let i = 0; i < d; i++) keys[l * d + i] += keyMap.at(i, b) * key;
		}
		weights[l] = Math.exp(exponent - space.frame.shift);
	}
	const rows = drawnRows(problem, method).map(({ at, share, query, reach }): SampledRow => {
		const mapped = new Float64Array(d);
		for (let b = 0; b < d; b++) for (let i = 0; i < d; i++) mapped[i] += queryMap.at(i, b) * query[b];
		const scores = new Float64Array(m);
		for (let l = 0; l < m; l++) for (let i = 0; i < d; i++) scores[l] += mapped[i] * keys[l * d + i];
		const [input, target] = [new Float64Array(d), new Float64Array(d)];
		problem.A1.readRows(at, at + 1, input);
		problem.E.readRows(at, at + 1, target);
		for (let i = 0; i < d; i++) target[i] -= valueCentre[i];
		return { share, input, scores, reach, ...softmaxRow(scores, weights, values, keys, target) };
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

/** Rows spread evenly, and of those that are scanned the ones of largest reach. */
function drawnRows(problem: AttentionProblem<RowSource>, method: Pick<Method, "profile" | "space">): DrawnRow[] {
	const { n } = problem;
	const wanted = Math.min(n, Math.max(SAMPLE.least, Math.min(SAMPLE.most, Math.floor(n / SAMPLE.share))));
	const scanned = Math.min(n, Math.max(wanted, Math.min(SAMPLE.mostScanned, Math.floor(n / SAMPLE.scanShare))));
	const all = Array.from({ length: scanned }, (_, j) => {
		const at = Math.floor(((j + 0.5) * n) / scanned);
		return { at, ...queryOf(problem, method, at) };
	});
	if (scanned === wanted) return all.map((row) => ({ ...row, share: n / scanned }));
	const sorted = all.toSorted((a, b) => b.reach - a.reach);
	const top = Math.floor(SAMPLE.top * wanted);
	const rest = scanned - top;
	const spread = Array.from({ length: wanted - top }, (_, j) => {
		const row = sorted[top + Math.floor(((j + 0.5) * rest) / (wanted - top))];
		return { ...row, share: ((n / scanned) * rest) / (wanted - top) };
	});
	return [...sorted.slice(0, top).map((row) => ({ ...row, share: n / scanned })), ...spread];
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
		for (let b = 0; b < d; b++) mapped += space.frame.queryMap.at(i, b) * query[b];
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
	for (let l = 0; l < scores.length; l++) normaliser += weights[l] * Math.exp(scores[l]);
	for (let l = 0; l < scores.length; l++) {
		const f = (weights[l] * Math.exp(scores[l])) / normaliser;
		for (let i = 0; i < d; i++) {
			output[i] += f * values[l * d + i];
			meanKey[i] += f * keys[l * d + i];
			for (let b = 0; b < d; b++) products[i * d + b] += f * values[l * d + i] * keys[l * d + b];
		}
	}
	const residual = output.map((o, i) => o - target[i]);
	const correction = residual.reduce((sum, c, i) => sum + c * output[i], 0);
	const gradient = meanKey.map((mean, b) =>
		residual.reduce((sum, c, i) => sum + c * products[i * d + b], -correction * mean),
	);
	return { output, residual, meanKey, gradient };
}
