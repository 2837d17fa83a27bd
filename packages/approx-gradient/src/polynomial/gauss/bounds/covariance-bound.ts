import type { ErrorConstants } from "./error-constants.ts";

/** Covers the rounding of the bound, as in `row-error.ts`. */
const SLACK = 1 + 1e-12;

type CovarianceConstants = Pick<ErrorConstants, "d" | "halfRange" | "keyReach" | "sumError" | "covarianceError"> & {
	readonly rounding: Pick<ErrorConstants["rounding"], "known">;
};

/** Numbers of a row that its covariances are bounded from. */
export interface CovarianceNumbers {
	readonly reach: number;
	/** Σ_l ω_l s_l^k. */
	readonly ones: Float64Array;
	/** Σ_l ω_l (1 + s_l) x_l k_lb for the values x = v_i, i < d, and then x = 1: entry i d + b; keys in the frame. */
	readonly products: Float64Array;
	readonly output: Float64Array;
	readonly residual: Float64Array;
	/** Ĝ~ in the frame. */
	readonly gradient: Float64Array;
}

/** The error of a row's entries. */
export interface EntryErrors {
	/** E = Σ ω Q, errors of the scores included. */
	readonly error: number;
	/** At most D̃ (1 - rounding). */
	readonly least: number;
	/** D̃. */
	readonly normaliser: number;
	/** Relative rounding of the row's sums: outputs and residuals are off by at most 3 H_i times this. */
	readonly rounded: number;
}

/**
 * A bound on the error of a row's query gradient that needs no columns of squares (paper.md 14.3). Means differ by sums of errors,
 * E_f z - E_f̃ z = (1/D) Σ e (z - E_f̃ z), so that with κ' = E / D, a_i >= |v_i - õ_i| and A = Σ_i |c̃_i| a_i
 *
 *     |Ĝ~_b - Ĝ_b| <= κ' ( A (max|k_b| + |E_f k_b|) + |Ĝ~_b| + Σ_i a_i |Cov_f(v_i, k_b)| ).
 *
 * Mean key and covariances are those of the weights ω (1 + s), but for ω (e^s - 1 - s) <= ω s² (e^R - 1 - R)/R². Nothing is allocated.
 *
 * Bounds are of single coordinates, not of norms: they carry over to the input's coordinates where the frame is diagonal (`balancedSpace`).
 */
export class CovarianceBound {
	/** At least |Ĝ~_b - Ĝ_b| of each coordinate of the frame. */
	readonly gradient: Float64Array;
	/** The part of it that the error of the residual makes: at least |Cov_f(<c̃ - c, v>, k_b)|. */
	readonly residual: Float64Array;
	/** The error that rounding of the row's sums makes through its outputs, residuals and normaliser, over the growth, as a part of a key's span. */
	states = 0;
	/** At least |E_f k_b|. */
	readonly meanKey: Float64Array;
	/** A: at least every |<c̃, v_l - õ>|. */
	cotangent = 0;
	readonly #constants: CovarianceConstants;
	readonly #around: Float64Array;

	constructor(constants: CovarianceConstants) {
		this.#constants = constants;
		this.gradient = new Float64Array(constants.d);
		this.residual = new Float64Array(constants.d);
		this.meanKey = new Float64Array(constants.d);
		this.#around = new Float64Array(constants.d);
	}

	/** Reads a row of a degree of at least 1. */
	read(numbers: CovarianceNumbers, { error, least, normaliser, rounded }: EntryErrors): void {
		const { d, halfRange: H, keyReach, sumError, covarianceError } = this.#constants;
		const { known } = this.#constants.rounding;
		const { reach, ones, products, output, residual, gradient } = numbers;
		const inverse = SLACK / (least - error);
		const kappa = error * inverse;
		const shift = 3 * rounded;
		const exponential = Math.exp(reach);
		const scores = Math.max(0, ones[2]) + sumError * reach * reach * ones[0];
		const moved = covarianceError * (normaliser + error) + sumError * exponential * ones[0];
		// Of Σ ω e^s |v k| / D beyond the products, as a part of the largest |v k|.
		const rest = SLACK * inverse * (((exponential - 1 - reach) / (reach * reach)) * scores + moved);
		let [size, ranges, means, squares] = [0, 0, 0, 0];
		for (let i = 0; i < d; i++) {
			const own = Math.abs(output[i]) + shift * H[i];
			const around = H[i] + own;
			this.#around[i] = around;
			size += (Math.abs(residual[i]) + shift * H[i]) * around;
			ranges += around * H[i];
			means += around * (own + kappa * around);
			squares += around * around;
		}
		this.cotangent = SLACK * size;
		// Means of f̃ and f are within 2κ' of the range from each other, covariances within four times that.
		const apart = 2 * kappa * (2 * squares + size);
		let states = 0;
		for (let b = 0; b < d; b++) {
			const key = keyReach[b];
			const mean = Math.min(key, Math.abs(products[d * d + b]) * inverse + key * rest);
			let sum = 0;
			for (let i = 0; i < d; i++) sum += this.#around[i] * Math.abs(products[i * d + b]);
			const covariances = Math.min(ranges * key, sum * inverse + ranges * key * rest + means * mean);
			this.gradient[b] = SLACK * kappa * (size * (key + mean) + Math.abs(gradient[b]) + covariances);
			this.residual[b] = SLACK * kappa * covariances;
			const state = Math.abs(gradient[b]) + covariances + size * mean + key * apart;
			states = Math.max(states, known[b] * state);
			this.meanKey[b] = SLACK * mean;
		}
		this.states = SLACK * states;
	}
}
