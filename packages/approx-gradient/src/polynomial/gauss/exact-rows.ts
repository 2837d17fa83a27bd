import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, type Numbers, nextTurn, type RowSource } from "@attgrad/matrix-core";
import { keyBlocks } from "../../rows/row-blocks.ts";
import { rowsTimes } from "../../rows/rows-times.ts";
import type { Method } from "../method/approximation.ts";
import { centreRows } from "../method/frame.ts";

/** Rows at a time, and keys. */
const ROWS = 64;
const BLOCK_KEYS = 512;

/** The totals of exact rows that a certificate uses. */
export interface ExactRowTotals {
	/** d x d: at least the rounding of entry (a, b) of the gradient, without the scale. */
	readonly rounding: Float64Array;
	/** Σ_j |A1_ja|, and d x d: Σ_j |A1_ja| |c_ji|. */
	readonly inputSums: Float64Array;
	readonly residualSums: Float64Array;
}

/** The contribution of exact rows to a gradient. */
export interface ExactRowSums extends ExactRowTotals {
	/** Σ_j A1_jᵀ Ĝ_j, d x d, without the problem's scale. */
	readonly gradient: Matrix;
	loss: number;
}

/** A row's running sums: largest score, and Σ e^(s - largest) times 1, h, k and h kᵀ. */
interface RowSums {
	largest: number;
	normaliser: number;
	readonly values: Float64Array;
	readonly keys: Float64Array;
	readonly products: Float64Array;
}

/**
 * The gradient of some rows, exactly, for those that no polynomial serves: one pass over the keys for 64 rows at a time, each with
 * its largest score taken off. O(n d²) a row, in double precision.
 * @param scoreError at least every relative change of an entry that rounding and underflow of scores make
 */
export async function exactRowSums(
	problem: AttentionProblem<RowSource>,
	{ profile }: Pick<Method, "profile">,
	rows: readonly number[],
	scoreError: number,
): Promise<ExactRowSums> {
	const { d } = problem;
	const numbers = (length: number): Float64Array => new Float64Array(length);
	const total: ExactRowSums = {
		...{ gradient: Matrix.zeros(d, d), loss: 0, rounding: numbers(d * d) },
		...{ inputSums: numbers(d), residualSums: numbers(d * d) },
	};
	for (let first = 0; first < rows.length; first += ROWS) {
		const batch = rows.slice(first, first + ROWS).map((row) => readRow(problem, profile.queryCentre, row));
		for (const block of keyBlocks(problem, BLOCK_KEYS)) {
			const { count } = block;
			const [keys, values] = [block.keys.data, block.values.data];
			centreRows(keys, profile.keyCentre, count, keys);
			centreRows(values, profile.valueCentre, count, values);
			for (const row of batch) addKeys(row.sums, row.query, profile.queryCentre, keys, values, count);
		}
		for (const row of batch) addRow(row, profile, scoreError, total);
		await nextTurn();
	}
	return total;
}

function readRow(problem: AttentionProblem<RowSource>, queryCentre: Float64Array, at: number) {
	const { d } = problem;
	const [input, query, target] = [new Float64Array(d), new Float64Array(d), new Float64Array(d)];
	problem.A1.readRows(at, at + 1, input);
	problem.E.readRows(at, at + 1, target);
	rowsTimes(input, problem.X, problem.scale, 1, query);
	for (let b = 0; b < d; b++) query[b] -= queryCentre[b];
	const sums: RowSums = {
		largest: Number.NEGATIVE_INFINITY,
		normaliser: 0,
		values: new Float64Array(d),
		keys: new Float64Array(d),
		products: new Float64Array(d * d),
	};
	return { input, query, target, sums };
}

/** Adds a block of centred keys; ν goes to the scores and not to weights. */
function addKeys(
	sums: RowSums,
	query: Float64Array,
	queryCentre: Float64Array,
	keys: Numbers,
	values: Numbers,
	count: number,
): void {
	const d = query.length;
	for (let l = 0; l < count; l++) {
		let score = 0;
		for (let b = 0; b < d; b++) score += (query[b] + queryCentre[b]) * keys[l * d + b];
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

function addRow(
	{ input, query, target, sums }: ReturnType<typeof readRow>,
	{ n, valueCentre, valueHalfRange: H, keyReach, queryNorm, keyNorm, roundings, queryCentre }: Method["profile"],
	scoreError: number,
	total: ExactRowSums,
): void {
	const d = query.length;
	const residual = new Float64Array(d);
	const output = sums.values.map((sum) => sum / sums.normaliser);
	let [correction, size] = [0, 0];
	for (let i = 0; i < d; i++) {
		residual[i] = output[i] - (target[i] - valueCentre[i]);
		total.loss += 0.5 * residual[i] ** 2;
		correction += residual[i] * output[i];
		size += (H[i] + roundings.value[i]) * (4 * Math.abs(residual[i]) + 2 * H[i]);
	}
	// Entries e^s are off by the error of their scores and by roundings of sums of n terms, of which every row is a mean.
	const scores = (queryNorm + Math.hypot(...queryCentre)) * keyNorm;
	const unit = 2 ** -53;
	const relative = scoreError + unit * ((2 * d + 8) * (1 + 2 * scores) + n + 4 * d + 40);
	let moved = 8 * relative * size;
	for (let i = 0; i < d; i++) moved += 8 * roundings.value[i] * (Math.abs(residual[i]) + H[i]);
	for (let a = 0; a < d; a++) {
		total.inputSums[a] += Math.abs(input[a]);
		for (let i = 0; i < d; i++) total.residualSums[a * d + i] += Math.abs(input[a]) * Math.abs(residual[i]);
	}
	for (let b = 0; b < d; b++) {
		let entry = -(correction / sums.normaliser) * sums.keys[b];
		for (let i = 0; i < d; i++) entry += (residual[i] * sums.products[i * d + b]) / sums.normaliser;
		for (let a = 0; a < d; a++) {
			total.gradient.data[a * d + b] += input[a] * entry;
			total.rounding[a * d + b] += Math.abs(input[a]) * moved * keyReach[b] * (1 + 1e-9);
		}
	}
}
