import { Matrix } from "@attgrad/matrix-core";
import { type AliasTable, aliasTable } from "./alias-table.ts";

/** Sums over keys with some weights. */
export interface KeySums {
	readonly ones: number;
	/** Of ‖h_l − h̄‖² and of κ_l². */
	readonly values: number;
	readonly keys: number;
}

/** Sizes of keys and values about means with the weights β_l, and draws in proportion to them. */
export class KeySizes {
	/** h̄ and k̄. */
	readonly valueCentre: Float64Array;
	readonly keyCentre: Float64Array;
	/** ‖h_l − h̄‖², and κ_l² for κ_l = max_b |k_l − k̄|_b. */
	readonly valueSquares: Float64Array;
	readonly keySquares: Float64Array;
	/** Sums with the weights β_l. */
	readonly sums: KeySums;
	/** Σ β_l (h_l − h̄)(h_l − h̄)ᵀ, d_v x d_v. */
	readonly spread: Matrix;
	/** Σ β_l (h_l − h̄): not 0, since h̄ is rounded. */
	readonly off: Float64Array;
	/** Draws by β_l, β_l ‖h_l − h̄‖² and β_l κ_l². */
	readonly tables: readonly AliasTable[];

	/**
	 * @param values (h, 1), n x (d_v + 1)
	 * @param keys n x d
	 * @param beta β_l >= 0, not all of them 0
	 */
	constructor(values: Matrix, keys: Matrix, beta: Float64Array) {
		const d_v = values.cols - 1;
		this.valueCentre = weightedMean(values, d_v, beta);
		this.keyCentre = weightedMean(keys, keys.cols, beta);
		this.spread = Matrix.zeros(d_v, d_v);
		this.off = new Float64Array(d_v);
		this.valueSquares = new Float64Array(beta.length);
		this.keySquares = new Float64Array(beta.length);
		const own = new Float64Array(d_v);
		for (let l = 0; l < beta.length; l++) {
			let [square, reach] = [0, 0];
			for (let i = 0; i < d_v; i++) {
				own[i] = values.data[l * (d_v + 1) + i] - this.valueCentre[i];
				square += own[i] * own[i];
			}
			for (let b = 0; b < keys.cols; b++)
				reach = Math.max(reach, Math.abs(keys.data[l * keys.cols + b] - this.keyCentre[b]));
			this.valueSquares[l] = square;
			this.keySquares[l] = reach * reach;
			for (let i = 0, at = 0; i < d_v; i++) {
				const weighed = beta[l] * own[i];
				this.off[i] += weighed;
				for (let k = 0; k < d_v; k++) this.spread.data[at++] += weighed * own[k];
			}
		}
		this.sums = this.sumsOf(beta);
		const weighed = (sizes: Float64Array): Float64Array => sizes.map((size, l) => size * beta[l]);
		this.tables = [beta, weighed(this.valueSquares), weighed(this.keySquares)].map((weights) =>
			aliasTable(weights.some((weight) => weight > 0) ? weights : beta),
		);
	}

	/** Sums with other weights. */
	sumsOf(weights: Float64Array): KeySums {
		let [ones, values, keys] = [0, 0, 0];
		for (let l = 0; l < weights.length; l++) {
			ones += weights[l];
			values += weights[l] * this.valueSquares[l];
			keys += weights[l] * this.keySquares[l];
		}
		return { ones, values, keys };
	}
}

function weightedMean({ rows, cols, data }: Matrix, count: number, weights: Float64Array): Float64Array {
	const mean = new Float64Array(count);
	let total = 0;
	for (let l = 0; l < rows; l++) {
		total += weights[l];
		for (let i = 0; i < count; i++) mean[i] += weights[l] * data[l * cols + i];
	}
	return mean.map((sum) => sum / total);
}
