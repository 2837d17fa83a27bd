import type { AttentionProblem } from "@attgrad/attention-problem";
import {
	Matrix,
	type PlacedMatrix,
	type Random,
	type RowSource,
	type Runtime,
	withMatrices,
} from "@attgrad/matrix-core";
import { LEAST_NORMAL, normUp, plus } from "../../error-bound/index.ts";
import { keyBlocks, queryBlockAt, queryBlocks } from "../../rows/row-blocks.ts";
import { largestDistance } from "../../rows/spans.ts";
import { squaredNorms } from "../kernel-scale.ts";
import { rowsAt } from "../residual-forms.ts";
import { type BalancedCoordinates, balancedCoordinates, coordinatesOf } from "./balanced-coordinates.ts";
import type { HybridPivots } from "./hybrid-pivots.ts";
import { exponentFactor } from "./hybrid-side.ts";

/**
 * Candidates for pivots of each side: `each` for each feature, at least `least`, and at most `most`, or a part of the rows up to `largest` where that is more.
 */
const CANDIDATES = { each: 9, least: 512, most: 1024, ofRows: 1 / 16, largest: 2048 };

/** Keys that a row's normaliser is estimated from. */
const NORMALISER_KEYS = 128;

const BLOCK_ROWS = 512;

/** Coordinates of a problem, sizes of all its rows, and the candidates for pivots. */
export interface HybridGeometry extends Pick<HybridPivots, "coordinates" | "shift" | "sizes"> {
	/** Candidates in balanced coordinates: queries, then keys. */
	readonly points: Matrix;
	/** Index of the first key among them. */
	readonly firstKey: number;
	/** The weight of each residual: of a query 1/D̃², of a key the square of its weight. */
	readonly weights: Float64Array;
}

/** Queries and keys as the geometry reads them, in double precision. */
export interface GeometryRows {
	readonly queryCount: number;
	readonly keyCount: number;
	/** Some rows, in storage of their own. */
	queriesAt(rows: readonly number[]): Matrix;
	keysAt(rows: readonly number[]): Matrix;
	/** All rows, block after block. */
	queryBlocks(): Iterable<Matrix>;
	keyBlocks(): Iterable<Matrix>;
}

/** The rows of a problem, its queries times the scale. */
export function rowsOfProblem(problem: AttentionProblem<RowSource>): GeometryRows {
	const { n, d, A2 } = problem;
	return {
		...{ queryCount: n, keyCount: n },
		queriesAt: (rows) => queryBlockAt(problem, rows).queries,
		keysAt(rows) {
			const keys = Matrix.zeros(rows.length, d);
			for (const [at, row] of rows.entries()) A2.readRows(row, row + 1, keys.row(at));
			return keys;
		},
		*queryBlocks() {
			for (const { queries } of queryBlocks(problem, BLOCK_ROWS)) yield queries;
		},
		*keyBlocks() {
			for (const { keys } of keyBlocks(problem, BLOCK_ROWS)) yield keys;
		},
	};
}

/** Rows that are in memory. */
export const rowsInMemory = (queries: Matrix, keys: Matrix): GeometryRows => ({
	...{ queryCount: queries.rows, keyCount: keys.rows },
	queriesAt: (rows) => rowsAt(queries, rows),
	keysAt: (rows) => rowsAt(keys, rows),
	queryBlocks: () => [queries],
	keyBlocks: () => [keys],
});

/**
 * Balances a sample of the rows, and takes the sizes of all of them. O(n d²).
 * @param candidates of queries and of keys for pivots, at the most (`candidatesFor`)
 */
export async function hybridGeometry(
	rows: GeometryRows,
	random: Random,
	runtime: Runtime,
	candidates = CANDIDATES.most,
): Promise<HybridGeometry> {
	const chosen = chosenOf(rows.queryCount, candidates, random);
	const queries = rows.queriesAt(chosen);
	const keys = rows.keysAt(rows.keyCount === rows.queryCount ? chosen : chosenOf(rows.keyCount, candidates, random));
	const d = keys.cols;
	const coordinates = balancedCoordinates(queries, keys);
	const { shift, sizes } = sizesOf(rows, coordinates);
	const x = coordinatesOf(queries, coordinates.queryCentre, coordinates.ofQuery);
	const y = coordinatesOf(keys, coordinates.keyCentre, coordinates.ofKey);
	const logWeights = logWeightsOf(keys, y, coordinates);
	const normalisers = await normalisersOf(x, y, logWeights, shift, runtime);
	const points = Matrix.zeros(x.rows + y.rows, d);
	points.data.set(x.data);
	points.data.set(y.data, x.data.length);
	const weights = new Float64Array(points.rows);
	for (let j = 0; j < x.rows; j++) weights[j] = Math.min(1e200, normalisers[j] ** -2);
	for (let l = 0; l < y.rows; l++) weights[x.rows + l] = Math.exp(2 * (logWeights[l] - shift));
	return { coordinates, shift, sizes, points, firstKey: x.rows, weights };
}

/**
 * Candidates of each side that serve features up to a rank: fewer of them take less time, and cover rows that stick out less well.
 * @param rows of a side: pivots among candidates take as long for few rows as for many
 */
export function candidatesFor(rank: number, rows: number): number {
	const { each, least, most, ofRows, largest } = CANDIDATES;
	return Math.max(least, Math.min(each * rank, Math.max(most, Math.min(largest, Math.floor(ofRows * rows)))));
}

/** Rows of n, one of each of as many equal parts. */
const chosenOf = (n: number, count: number, random: Random): number[] =>
	Array.from({ length: Math.min(n, count) }, (_, at) =>
		n <= count ? at : Math.floor(((at + random.uniform()) * n) / count),
	);

/** ln(w_l e^(‖y_l‖²/2)) of each key. */
function logWeightsOf(keys: Matrix, y: Matrix, { queryCentre, keyCentre }: BalancedCoordinates): Float64Array {
	const made = squaredNorms(y);
	for (let l = 0, at = 0; l < keys.rows; l++) {
		let inner = made[l] / 2;
		for (let b = 0; b < keys.cols; b++) inner += queryCentre[b] * (keys.data[at++] - keyCentre[b]);
		made[l] = inner;
	}
	return made;
}

function sizesOf(rows: GeometryRows, coordinates: BalancedCoordinates): Pick<HybridGeometry, "shift" | "sizes"> {
	const { queryCentre, keyCentre, ofKey } = coordinates;
	let [query, key, shift] = [0, 0, Number.NEGATIVE_INFINITY];
	for (const queries of rows.queryBlocks()) query = Math.max(query, largestDistance(queries, queryCentre));
	for (const keys of rows.keyBlocks()) {
		key = Math.max(key, largestDistance(keys, keyCentre));
		const weights = logWeightsOf(keys, coordinatesOf(keys, keyCentre, ofKey), coordinates);
		for (let l = 0; l < weights.length; l++) shift = Math.max(shift, weights[l]);
	}
	const positive = (size: number) => plus(size, LEAST_NORMAL);
	return { shift, sizes: { query: positive(query), key: positive(key), centre: positive(normUp(queryCentre)) } };
}

/** About the normaliser of each query, from some of the keys. */
async function normalisersOf(
	x: Matrix,
	y: Matrix,
	logWeights: Float64Array,
	shift: number,
	runtime: Runtime,
): Promise<Float64Array> {
	const step = Math.max(1, Math.floor(y.rows / NORMALISER_KEYS));
	const chosen = Array.from({ length: Math.ceil(y.rows / step) }, (_, i) => i * step);
	const some = rowsAt(y, chosen);
	const others = squaredNorms(some);
	const left = exponentFactor(x, squaredNorms(x), "left");
	// −2 times what is taken from a key's exponent.
	const less = chosen.map((l, i) => others[i] - 2 * (logWeights[l] - shift));
	const right = exponentFactor(some, Float64Array.from(less), "right");
	return withMatrices(runtime, async (matrices) => {
		const weights = await matrices.product(matrices.place(left), matrices.place(right), { transposeB: true });
		await matrices.exponentiate(weights);
		return rowSums(weights).map((sum) => Math.max(sum, 1e-100));
	});
}

function rowSums({ rows, cols, stride, data }: PlacedMatrix): Float64Array {
	const sums = new Float64Array(rows);
	for (let j = 0; j < rows; j++) {
		let sum = 0;
		for (let at = j * stride; at < j * stride + cols; at++) sum += data[at];
		sums[j] = sum;
	}
	return sums;
}
