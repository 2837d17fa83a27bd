import type { AttentionProblem } from "@attgrad/attention-problem";
import { type Numbers, nextTurn, type RowSource } from "@attgrad/matrix-core";
import { keyBlocks } from "../../../rows/row-blocks.ts";
import { rowsTimes } from "../../../rows/rows-times.ts";
import { centreRows } from "../../method/frame.ts";
import type { Profile } from "../../profile/profile.ts";

/** Outputs about the values' centre and gradients Ĝ of some rows, count x d each. */
export interface ExactRowResults {
	readonly outputs: Float64Array;
	readonly gradients: Float64Array;
}

/** Rows at a time, and keys. */
const ROWS = 64;
const BLOCK_KEYS = 512;

/** A row's running sums: largest score, and Σ e^(s - largest) times 1, h, k and h kᵀ. */
interface RowSums {
	largest: number;
	normaliser: number;
	readonly values: Float64Array;
	readonly keys: Float64Array;
	readonly products: Float64Array;
}

/**
 * The exact rows that are asked for, in plain TypeScript: one pass over the keys for 64 rows at a time, each with its largest score taken
 * off. O(n d²) a row, in double precision.
 */
export async function plainExactRows(
	problem: AttentionProblem<RowSource>,
	profile: Profile,
	rows: readonly number[],
): Promise<ExactRowResults> {
	const { d } = problem;
	const made = { outputs: new Float64Array(rows.length * d), gradients: new Float64Array(rows.length * d) };
	for (let first = 0; first < rows.length; first += ROWS) {
		const batch = rows.slice(first, first + ROWS).map((row) => readRow(problem, profile, row));
		for (const block of keyBlocks(problem, BLOCK_KEYS)) {
			const { count } = block;
			const [keys, values] = [block.keys.data, block.values.data];
			centreRows(keys, profile.keyCentre, count, keys);
			centreRows(values, profile.valueCentre, count, values);
			for (const { sums, query } of batch) addKeys(sums, query, keys, values, count);
		}
		for (const [at, row] of batch.entries()) finish(row, d, first + at, made);
		await nextTurn();
	}
	return made;
}

function readRow(problem: AttentionProblem<RowSource>, { valueCentre }: Profile, at: number) {
	const { d } = problem;
	const [input, query, target] = [new Float64Array(d), new Float64Array(d), new Float64Array(d)];
	problem.A1.readRows(at, at + 1, input);
	problem.E.readRows(at, at + 1, target);
	for (let i = 0; i < d; i++) target[i] -= valueCentre[i];
	rowsTimes(input, problem.X, problem.scale, 1, query);
	const sums: RowSums = {
		largest: Number.NEGATIVE_INFINITY,
		normaliser: 0,
		values: new Float64Array(d),
		keys: new Float64Array(d),
		products: new Float64Array(d * d),
	};
	return { query, target, sums };
}

/** Adds a block of centred keys. */
function addKeys(sums: RowSums, query: Float64Array, keys: Numbers, values: Numbers, count: number): void {
	const d = query.length;
	for (let l = 0; l < count; l++) {
		let score = 0;
		for (let b = 0; b < d; b++) score += query[b] * keys[l * d + b];
		if (score > sums.largest) {
			const shrink = Math.exp(sums.largest - score);
			sums.normaliser *= shrink;
			for (const part of [sums.values, sums.keys, sums.products])
				for (let at = 0; at < part.length; at++) part[at] *= shrink;
			sums.largest = score;
		}
		const entry = Math.exp(score - sums.largest);
		sums.normaliser += entry;
		for (let i = 0; i < d; i++) {
			const value = entry * values[l * d + i];
			sums.values[i] += value;
			sums.keys[i] += entry * keys[l * d + i];
			for (let b = 0; b < d; b++) sums.products[i * d + b] += value * keys[l * d + b];
		}
	}
}

/** Output and gradient of row `at` from its sums. */
function finish({ target, sums }: ReturnType<typeof readRow>, d: number, at: number, made: ExactRowResults): void {
	let correction = 0;
	for (let i = 0; i < d; i++) {
		const output = sums.values[i] / sums.normaliser;
		made.outputs[at * d + i] = output;
		correction += (output - target[i]) * output;
	}
	for (let b = 0; b < d; b++) {
		let entry = -(correction / sums.normaliser) * sums.keys[b];
		for (let i = 0; i < d; i++) {
			const residual = made.outputs[at * d + i] - target[i];
			entry += (residual * sums.products[i * d + b]) / sums.normaliser;
		}
		made.gradients[at * d + b] = entry;
	}
}
