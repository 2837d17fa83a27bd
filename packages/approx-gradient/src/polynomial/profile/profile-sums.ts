import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, type Numbers, nextTurn, type ProgressReport, type RowSource } from "@attgrad/matrix-core";
import { type NumberType, numberTypes } from "../../error-bound/index.ts";
import { ColumnRange } from "../../rows/column-range.ts";
import { keyBlocks, queryBlocks } from "../../rows/row-blocks.ts";

/** The number type of a pass, which every pass reports beside its numbers: `profileOf` counts how much they are off by. */
export interface PassSums {
	/**
	 * Type of what was computed of a row, and of sums over up to 64 rows; sums over more are in double precision. Ranges and largest
	 * sizes of rows themselves are exact.
	 */
	readonly type: NumberType;
}

/** Ranges of keys and values, before centring. */
export interface KeyRanges extends PassSums {
	/** Of A2. */
	readonly range: ColumnRange;
	/** Of h = A3 Y. */
	readonly values: ColumnRange;
	/** max |A3_la| over rows, for each column a. */
	readonly inputSizes: Float64Array;
	/** max ‖A2_l‖. */
	readonly norm: number;
}

/** Ranges of the scaled queries, before centring. */
export interface QueryRanges extends PassSums {
	readonly range: ColumnRange;
	/** max ‖q_j‖. */
	readonly norm: number;
	/** max |A1_ja| over rows, for each column a. */
	readonly inputSizes: Float64Array;
}

/** Queries about a centre. */
export interface CentredQueries extends PassSums {
	/** max ‖q_j - centre‖. */
	readonly norm: number;
	/** Σ_j |A1_ja|. */
	readonly inputSums: Float64Array;
	/** d x d: Σ_j |A1_ja| |E_ji - valueMiddle_i|. */
	readonly targetSums: Matrix;
}

/** Keys about a centre, with the weights ω_l = e^<queryCentre, k_l>. */
export interface CentredKeys extends PassSums {
	/** max ‖A2_l - middle‖. */
	readonly norm: number;
	/** Weighted mean of A2. */
	readonly mean: Float64Array;
	/** Weighted mean of |h - valueCentre|. */
	readonly valueMean: Float64Array;
}

/** The four passes over rows that a profile takes. */
export interface ProfileSums {
	keyRanges(): Promise<KeyRanges>;
	queryRanges(): Promise<QueryRanges>;
	centredQueries(centre: Float64Array, valueMiddle: Float64Array): Promise<CentredQueries>;
	centredKeys(middle: Float64Array, queryCentre: Float64Array, valueCentre: Float64Array): Promise<CentredKeys>;
}

const passes = ["keyRanges", "queryRanges", "centredQueries", "centredKeys"] as const satisfies (keyof ProfileSums)[];

/** Tells the progress of the profile as a preparation, when `rows` of n rows of a pass are done: a quarter each. */
export function reportPass(pass: keyof ProfileSums, rows: number, n: number, onProgress?: ProgressReport): void {
	onProgress?.((passes.indexOf(pass) * n + rows) / passes.length, n, "profile");
}

/** The passes in plain TypeScript; the event loop turns after each. */
export function plainSums(problem: AttentionProblem<RowSource>, onProgress?: ProgressReport): ProfileSums {
	const after = async <Sums>(pass: keyof ProfileSums, sums: Sums): Promise<Sums> => {
		reportPass(pass, problem.n, problem.n, onProgress);
		await nextTurn();
		return sums;
	};
	return {
		keyRanges: () => after("keyRanges", keyRanges(problem)),
		queryRanges: () => after("queryRanges", queryRanges(problem)),
		centredQueries: (centre, valueMiddle) => after("centredQueries", centredQueries(problem, centre, valueMiddle)),
		centredKeys: (middle, queryCentre, valueCentre) =>
			after("centredKeys", centredKeys(problem, middle, queryCentre, valueCentre)),
	};
}

/** Everything is in double precision here. */
const type = numberTypes.f64;

/** Rows a block: its buffers stay in L2 up to d = 64. */
const BLOCK_ROWS = 512;

function normOf(rows: Numbers, centre: Float64Array, j: number, d: number): number {
	let sum = 0;
	for (let b = 0; b < d; b++) sum += (rows[j * d + b] - centre[b]) ** 2;
	return Math.sqrt(sum);
}

/** sizes = max(sizes, |rows|) for each column. */
function raiseSizes(rows: Numbers, count: number, sizes: Float64Array): void {
	const d = sizes.length;
	for (let at = 0; at < count * d; at++) sizes[at % d] = Math.max(sizes[at % d], Math.abs(rows[at]));
}

function keyRanges(problem: AttentionProblem<RowSource>): KeyRanges {
	const { d } = problem;
	const origin = new Float64Array(d);
	const range = new ColumnRange(d);
	const values = new ColumnRange(d);
	const inputSizes = new Float64Array(d);
	let norm = 0;
	for (const block of keyBlocks(problem, BLOCK_ROWS)) {
		const keys = block.keys.data;
		range.add(keys, block.count);
		values.add(block.values.data, block.count);
		for (let l = 0; l < block.count; l++) norm = Math.max(norm, normOf(keys, origin, l, d));
		raiseSizes(block.inputs.data, block.count, inputSizes);
	}
	return { type, range, values, inputSizes, norm };
}

function queryRanges(problem: AttentionProblem<RowSource>): QueryRanges {
	const { d } = problem;
	const origin = new Float64Array(d);
	const range = new ColumnRange(d);
	const inputSizes = new Float64Array(d);
	let norm = 0;
	for (const block of queryBlocks(problem, BLOCK_ROWS, "inputs")) {
		const queries = block.queries.data;
		range.add(queries, block.count);
		for (let j = 0; j < block.count; j++) norm = Math.max(norm, normOf(queries, origin, j, d));
		raiseSizes(block.inputs.data, block.count, inputSizes);
	}
	return { type, range, inputSizes, norm };
}

function centredQueries(
	problem: AttentionProblem<RowSource>,
	centre: Float64Array,
	valueMiddle: Float64Array,
): CentredQueries {
	const { d } = problem;
	const inputSums = new Float64Array(d);
	const targetSums = Matrix.zeros(d, d);
	let norm = 0;
	for (const block of queryBlocks(problem, BLOCK_ROWS, "inputs")) {
		const [inputs, queries, targets] = [block.inputs.data, block.queries.data, block.targets.data];
		for (let j = 0; j < block.count; j++) {
			norm = Math.max(norm, normOf(queries, centre, j, d));
			for (let a = 0; a < d; a++) {
				const size = Math.abs(inputs[j * d + a]);
				inputSums[a] += size;
				for (let i = 0; i < d; i++) targetSums.data[a * d + i] += size * Math.abs(targets[j * d + i] - valueMiddle[i]);
			}
		}
	}
	return { type, norm, inputSums, targetSums };
}

function centredKeys(
	problem: AttentionProblem<RowSource>,
	middle: Float64Array,
	queryCentre: Float64Array,
	valueCentre: Float64Array,
): CentredKeys {
	const { d } = problem;
	const mean = new Float64Array(d);
	const valueMean = new Float64Array(d);
	let [norm, total] = [0, 0];
	for (const block of keyBlocks(problem, BLOCK_ROWS)) {
		const [keys, values] = [block.keys.data, block.values.data];
		for (let l = 0; l < block.count; l++) {
			norm = Math.max(norm, normOf(keys, middle, l, d));
			let exponent = 0;
			for (let b = 0; b < d; b++) exponent += queryCentre[b] * (keys[l * d + b] - middle[b]);
			const weight = Math.exp(exponent);
			total += weight;
			for (let b = 0; b < d; b++) {
				mean[b] += weight * (keys[l * d + b] - middle[b]);
				valueMean[b] += weight * Math.abs(values[l * d + b] - valueCentre[b]);
			}
		}
	}
	return {
		type,
		norm,
		mean: mean.map((sum, b) => middle[b] + sum / total),
		valueMean: valueMean.map((sum) => sum / total),
	};
}
