import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { rowsTimes } from "../../rows/rows-times.ts";
import type { Method } from "../method/approximation.ts";
import { drawnKeys, drawnRows } from "./drawn-rows.ts";

/** Keys of a row that outputs and gradients of a sample, which count less, come from. */
const OUTPUT_KEYS = 128;

/** Rows against keys of a problem, with scores, to predict bounds of all degrees from. */
export interface ScoreSample {
	readonly d: number;
	readonly rows: readonly SampledRow[];
	/** ω_l times the number of keys that each stands for; values h - η and keys in the frame, keys x d. */
	readonly weights: Float64Array;
	readonly values: Float64Array;
	readonly keys: Float64Array;
	readonly squares: KeySquares;
}

/** Squares of the keys of a sample, one number a key. */
export interface KeySquares {
	/** ‖h - η‖². */
	readonly values: Float64Array;
	/** ‖k‖², and k_b² coordinate by coordinate. */
	readonly keys: Float64Array;
	readonly coordinates: readonly Float64Array[];
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
	/** E_f k, E_f v_i k_b and behind it E_f k again, and Ĝ, in the frame. */
	readonly meanKey: Float64Array;
	readonly products: Float64Array;
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
	const [weights, key] = [new Float64Array(m), new Float64Array(d)];
	for (let l = 0; l < m; l++) {
		let exponent = 0;
		for (let b = 0; b < d; b++) {
			key[b] = keys[l * d + b] - keyCentre[b];
			keys[l * d + b] = 0;
		}
		for (let b = 0; b < d; b++) {
			exponent += queryCentre[b] * key[b];
			values[l * d + b] -= valueCentre[b];
			for (let i = 0; i < d; i++) keys[l * d + i] += keyMap.data[i * d + b] * key[b];
		}
		weights[l] = drawn[l].share * Math.exp(exponent - space.frame.shift);
	}
	const columns = outputColumns(values, keys, d);
	const rows = drawnRows(problem, method).map(({ at, share, query, reach }): SampledRow => {
		const mapped = new Float64Array(d);
		for (let b = 0; b < d; b++) for (let i = 0; i < d; i++) mapped[i] += queryMap.data[i * d + b] * query[b];
		const scores = new Float64Array(m);
		for (let i = 0; i < d; i++) {
			const q = mapped[i];
			for (let l = 0, at = i; l < m; l++, at += d) scores[l] += q * keys[at];
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
			...softmaxRow(scores, weights, columns, target),
		};
	});
	return { d, rows, weights, values, keys, squares: squaresOf(values, keys, d) };
}

function squaresOf(values: Float64Array, keys: Float64Array, d: number): KeySquares {
	const m = keys.length / d;
	const made = { values: new Float64Array(m), keys: new Float64Array(m) };
	const coordinates = Array.from({ length: d }, () => new Float64Array(m));
	for (let b = 0; b < d; b++)
		for (let l = 0, at = b; l < m; l++, at += d) {
			made.values[l] += values[at] ** 2;
			coordinates[b][l] = keys[at] ** 2;
			made.keys[l] += coordinates[b][l];
		}
	return { ...made, coordinates };
}

/** Some keys of a sample, and for each of them the numbers that a softmax row averages: v (d), v_i k_b (d x d) and k (d). */
interface OutputColumns {
	readonly keys: readonly number[];
	readonly columns: Float64Array;
}

function outputColumns(values: Float64Array, keys: Float64Array, d: number): OutputColumns {
	const m = keys.length / d;
	const step = Math.max(1, Math.floor(m / OUTPUT_KEYS));
	const chosen = Array.from({ length: Math.ceil(m / step) }, (_, at) => at * step);
	const columns = new Float64Array(chosen.length * (d * d + 2 * d));
	let to = 0;
	for (const l of chosen) {
		for (let i = 0; i < d; i++) columns[to++] = values[l * d + i];
		for (let i = 0; i < d; i++) for (let b = 0; b < d; b++) columns[to++] = values[l * d + i] * keys[l * d + b];
		for (let b = 0; b < d; b++) columns[to++] = keys[l * d + b];
	}
	return { keys: chosen, columns };
}

function softmaxRow(
	scores: Float64Array,
	weights: Float64Array,
	{ keys, columns }: OutputColumns,
	target: Float64Array,
): Pick<SampledRow, "output" | "residual" | "meanKey" | "products" | "gradient"> {
	const d = target.length;
	const means = new Float64Array(d * d + 2 * d);
	const [output, products] = [means.subarray(0, d), means.subarray(d)];
	const meanKey = products.subarray(d * d);
	let normaliser = 0;
	for (let at = 0, from = 0; at < keys.length; at++) {
		const entry = weights[keys[at]] * Math.exp(scores[keys[at]]);
		normaliser += entry;
		for (let i = 0; i < means.length; i++) means[i] += entry * columns[from++];
	}
	for (let i = 0; i < means.length; i++) means[i] /= normaliser;
	const residual = output.map((o, i) => o - target[i]);
	const correction = residual.reduce((sum, c, i) => sum + c * output[i], 0);
	const gradient = meanKey.map((mean, b) =>
		residual.reduce((sum, c, i) => sum + c * products[i * d + b], -correction * mean),
	);
	return { output, residual, meanKey, products, gradient };
}

/** Every fourth row of a sample, for as many: a quarter of the work. Sums that either has made are known to both. */
export function thinned(sample: ScoreSample): ScoreSample {
	return {
		...sample,
		rows: sample.rows.filter((_, at) => at % 4 === 0).map((row) => ({ ...row, share: 4 * row.share })),
	};
}
