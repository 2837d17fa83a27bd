import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, type RowSource } from "@attgrad/matrix-core";
import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import { ColumnRange } from "../../rows/column-range.ts";
import { keyBlocks, queryBlocks } from "../../rows/row-blocks.ts";
import { distance, type Spans } from "../../rows/spans.ts";
import { predictedFeatures } from "../polynomial/degree-choice.ts";

const BLOCK_ROWS = 512;

/** Which keys are heavy, and where the light ones lie. */
export interface Support {
	/** T: rows of A1 X and of A2 with an |entry| above it are heavy. */
	readonly threshold: number;
	/** Indices of the heavy keys. */
	readonly heavyKeys: readonly number[];
	/** Their rows of A2. */
	readonly heavyRows: Matrix;
	/** Midrange of the light keys. */
	readonly centre: Float64Array;
	/** Largest ‖q_j‖ of the light queries, ‖k_l − centre‖ of the light keys. */
	readonly queryNorm: number;
	readonly keyNorm: number;
}

/** Largest |entry| of a row. */
export function supNorm(row: ArrayLike<number>): number {
	let largest = 0;
	for (let b = 0; b < row.length; b++) largest = Math.max(largest, Math.abs(row[b]));
	return largest;
}

/**
 * Splits queries and keys at T, in one pass over queries and two over keys. O(nd). Where every query is heavy no key needs
 * a feature, and none is called heavy.
 */
export function supportAt(problem: AttentionProblem<RowSource>, threshold: number): Support {
	const { n, d, scale } = problem;
	const origin = new Float64Array(d);
	let [queryNorm, heavyQueries] = [0, 0];
	for (const { queries } of queryBlocks(problem, BLOCK_ROWS))
		for (let j = 0; j < queries.rows; j++) {
			if (supNorm(queries.row(j)) > threshold * scale) heavyQueries++;
			else queryNorm = Math.max(queryNorm, distance(queries.row(j), origin));
		}
	const isHeavy = (key: ArrayLike<number>): boolean => heavyQueries < n && supNorm(key) > threshold;

	const heavyKeys: number[] = [];
	const heavyRows: number[] = [];
	const light = new ColumnRange(d);
	for (const { from, keys } of keyBlocks(problem, BLOCK_ROWS))
		for (let l = 0; l < keys.rows; l++) {
			const row = keys.row(l);
			if (isHeavy(row)) {
				heavyKeys.push(from + l);
				heavyRows.push(...row);
			} else light.add(row, 1);
		}
	const centre = heavyKeys.length < n ? light.middle() : new Float64Array(d);
	let keyNorm = 0;
	for (const { keys } of keyBlocks(problem, BLOCK_ROWS))
		for (let l = 0; l < keys.rows; l++)
			if (!isHeavy(keys.row(l))) keyNorm = Math.max(keyNorm, distance(keys.row(l), centre));
	return {
		threshold,
		heavyKeys,
		heavyRows: new Matrix(heavyKeys.length, d, Float64Array.from(heavyRows)),
		centre,
		queryNorm,
		keyNorm,
	};
}

/** Shares of the largest row norms that are tried as light. */
const LIGHT_SHARES = [1, 0.999, 0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.6];

/**
 * The threshold T with the least predicted cost: 8nd for each heavy row and key, 8nK⁺(d+1) for the polynomial. Without a
 * degree it is the least one with relative error <= delta on the radius of the rest, and T is 0, all exact, where nothing
 * costs less than that. With a degree, as many rows and keys are heavy as cost no more than the polynomial. Memory O(n).
 */
export function cheapestThreshold(
	problem: AttentionProblem<RowSource>,
	{ keyCentre }: Spans,
	degree: number | undefined,
	delta: number,
): number {
	const { n, d, scale } = problem;
	const origin = new Float64Array(d);
	const keys: NormedRow[] = [];
	for (const block of keyBlocks(problem, BLOCK_ROWS))
		for (let l = 0; l < block.keys.rows; l++) {
			const row = block.keys.row(l);
			keys.push({ sup: supNorm(row), norm: distance(row, keyCentre) });
		}
	const queries: NormedRow[] = [];
	for (const block of queryBlocks(problem, BLOCK_ROWS))
		for (let j = 0; j < block.queries.rows; j++) {
			const row = block.queries.row(j);
			queries.push({ sup: supNorm(row) / scale, norm: distance(row, origin) });
		}
	const all = [...keys, ...queries].map(({ sup }) => sup).sort((a, b) => a - b);
	if (degree !== undefined) {
		const heavy = Math.min(2 * n - 1, Math.floor((countMonomials(d, degree + 1) * (d + 1)) / d));
		return all[2 * n - 1 - heavy];
	}
	let best = { threshold: 0, cost: 8 * d * 2 * n };
	for (const share of LIGHT_SHARES) {
		const threshold = all[Math.ceil(share * all.length) - 1];
		const [lightKeys, lightQueries] = [keys, queries].map((rows) => rows.filter(({ sup }) => sup <= threshold));
		const radius = largestNorm(lightKeys) * largestNorm(lightQueries);
		const heavy = 2 * n - lightKeys.length - lightQueries.length;
		const cost = 8 * d * heavy + 8 * (d + 1) * predictedFeatures(d, radius, delta);
		if (cost < best.cost) best = { threshold, cost };
	}
	return best.threshold;
}

interface NormedRow {
	readonly sup: number;
	readonly norm: number;
}

const largestNorm = (rows: readonly NormedRow[]): number => rows.reduce((most, { norm }) => Math.max(most, norm), 0);
