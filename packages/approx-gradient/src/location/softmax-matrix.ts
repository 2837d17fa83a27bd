import { expOn, Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import type { HeadRows } from "./head.ts";

/** Rows whose scores with all keys are made at once. */
const BLOCK_ROWS = 256;

const u = 2 ** -53;

/** Rows of a head's softmax matrix, in some columns, and what is known of the rows as a whole. */
export interface SoftmaxPart {
	/** f_jl for the chosen rows and columns. */
	readonly entries: Matrix;
	/** Σ_l f_jl² over all columns, of each chosen row. */
	readonly squares: Float64Array;
	/** Entropy −Σ f ln f of each chosen row, in nats. */
	readonly entropies: Float64Array;
	/** ln Σ_l e^score of each chosen row. */
	readonly lse: Float64Array;
	/** At least the relative error of an entry by rounding. */
	readonly rounding: number;
}

/** Some rows and columns of a part that has all. */
export function partOf(whole: SoftmaxPart, rows: readonly number[], columns: readonly number[]): SoftmaxPart {
	const ofRows = (numbers: Float64Array): Float64Array => Float64Array.from(rows, (j) => numbers[j]);
	return {
		entries: Matrix.build(rows.length, columns.length, (j, l) => whole.entries.at(rows[j], columns[l])),
		squares: ofRows(whole.squares),
		entropies: ofRows(whole.entropies),
		lse: ofRows(whole.lse),
		rounding: whole.rounding,
	};
}

/**
 * Rows of the softmax matrix softmax(scale · Q Kᵀ), each over all keys. O(d) and an exponential for each chosen row and key; memory for the chosen
 * columns alone.
 */
export async function softmaxPart(
	{ Q, K, scale }: HeadRows,
	rows: readonly number[],
	columns: readonly number[],
	runtime: Runtime,
): Promise<SoftmaxPart> {
	const d = Q.cols;
	const entries = Matrix.zeros(rows.length, columns.length);
	const made = { squares: new Float64Array(rows.length), entropies: new Float64Array(rows.length) };
	const lse = new Float64Array(rows.length);
	let largest = 0;
	for (let from = 0; from < rows.length; from += BLOCK_ROWS) {
		const block = rows.slice(from, from + BLOCK_ROWS);
		const queries = Matrix.build(block.length, d, (j, b) => scale * Q.at(block[j], b));
		const scores = await multiplyOn(runtime, queries, K, { transposeB: true });
		const tops = block.map((_, j) => {
			const row = scores.row(j);
			let top = Number.NEGATIVE_INFINITY;
			for (let l = 0; l < row.length; l++) top = Math.max(top, row[l]);
			for (let l = 0; l < row.length; l++) row[l] -= top;
			return top;
		});
		const weights = await expOn(runtime, scores);
		for (let j = 0; j < block.length; j++) {
			const [row, score] = [weights.row(j), scores.row(j)];
			let [sum, square, mean] = [0, 0, 0];
			for (let l = 0; l < row.length; l++) {
				sum += row[l];
				square += row[l] * row[l];
				mean += row[l] * score[l];
			}
			lse[from + j] = tops[j] + Math.log(sum);
			made.squares[from + j] = square / (sum * sum);
			made.entropies[from + j] = Math.max(0, Math.log(sum) - mean / sum);
			const to = entries.row(from + j);
			for (let i = 0; i < columns.length; i++) to[i] = row[columns[i]] / sum;
		}
		for (let j = 0; j < block.length; j++) largest = Math.max(largest, Math.hypot(...queries.row(j)));
	}
	let key = 0;
	for (let l = 0; l < K.rows; l++) key = Math.max(key, Math.hypot(...K.row(l)));
	// A score is off by (d + 2) u of its terms and by u where the row's largest is taken away; numerator and normaliser both are.
	const score = (d + 6) * u * largest * key;
	return { entries, ...made, lse, rounding: 2 * Math.expm1(2 * score) + (K.rows + 32) * u };
}
