import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { type Matrix, mapEntries, multiply, type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import type { ResidualRows } from "../rows/residual-rows.ts";
import type { QueryBlock } from "../rows/row-blocks.ts";
import type { Spans } from "../rows/spans.ts";

const u = unitRoundoff("f64");

/** Covers the rounding of the sums of a bound itself, which are of positive numbers. */
const ROUND_UP = 1 + 1e-6;

/** What is proven of the softmax weights of a block of rows. */
export interface RowErrors {
	/** `relative`: |Ã − A| <= δA and τ = δ/(1−δ) (paper.md 7.1); `l1`: ‖f̃_j − f_j‖₁ <= τ_j (7.4). */
	readonly form: "relative" | "l1";
	/** τ_j. */
	readonly tau: Float64Array;
	/** θ_j: rounding changes each sum Σ_l Ã_jl x_l by at most θ_j D̃_j max|x|. */
	readonly rounding: Float64Array;
}

/** τ = δ/(1−δ); Infinity where δ >= 1, which proves nothing. */
export const tauOf = (delta: number): number => (delta < 1 ? delta / (1 - delta) : Number.POSITIVE_INFINITY);

/**
 * Σ_j |A1_ja| t_j for every a, where |Ĝ~ − Ĝ|_jb <= W_b t_j is proven for each row by paper.md 7.1 or 7.4 and a count of
 * roundings. Sums of positive numbers only, O(d) a row.
 */
export class ErrorSums {
	readonly #problem: AttentionProblem<RowSource>;
	readonly #spans: Spans;
	readonly #absoluteX: Matrix;
	readonly #bound: Float64Array;
	readonly #floor: Float64Array;
	readonly #sizes: Float64Array;
	/** Largest τ_j so far. */
	largestTau = 0;

	constructor(problem: AttentionProblem<RowSource>, spans: Spans) {
		this.#problem = problem;
		this.#spans = spans;
		this.#absoluteX = mapEntries(problem.X.as("f64"), Math.abs);
		this.#bound = new Float64Array(problem.d);
		this.#floor = new Float64Array(problem.d);
		this.#sizes = new Float64Array(problem.d * problem.d);
	}

	/** Takes in a block of rows with their Ĝ. */
	add(block: QueryBlock, residuals: ResidualRows, queryGradients: Matrix, errors: RowErrors): void {
		const { d, scale } = this.#problem;
		const { keyNorm } = this.#spans;
		const absolute = mapEntries(block.inputs, Math.abs);
		const querySizes = multiply(absolute, this.#absoluteX);
		for (let j = 0; j < block.indices.length; j++) {
			const tau = errors.tau[j];
			const { A, Q, values } = this.#sizesOf(residuals.c.row(j), block.targets.row(j));
			const proven = tau * (((errors.form === "l1" ? 3 : 2) + tau) * A + Q);
			const queryRounding = Math.expm1((d + 3) * u * scale * Math.hypot(...querySizes.row(j)) * keyNorm);
			const floor =
				values +
				ofRelative(queryRounding / (1 - queryRounding), A + tau * Q, Q) +
				ofRounding(errors.rounding[j], 1 + tau, (d + 6) * u, A, Q);
			this.largestTau = Math.max(this.largestTau, tau);
			for (let a = 0; a < d; a++) {
				const size = absolute.at(j, a);
				if (size === 0) continue;
				this.#bound[a] += size * (proven + floor);
				this.#floor[a] += size * floor;
				for (let b = 0; b < d; b++) this.#sizes[a * d + b] += size * Math.abs(queryGradients.at(j, b));
			}
		}
	}

	/** Σ H_i|c_i|, Σ H_i², and what rounding h = A3 Y and c = o − E to doubles does to a row. */
	#sizesOf(c: ArrayLike<number>, targets: ArrayLike<number>): { A: number; Q: number; values: number } {
		const { valueHalf, valueCentre, valueSize } = this.#spans;
		const { d } = this.#problem;
		let [A, Q, values] = [0, 0, 0];
		for (let i = 0; i < d; i++) {
			const error = u * ((d + 2) * valueSize[i] + 2 * valueHalf[i]);
			const H = valueHalf[i] + error;
			const residual = Math.abs(c[i]);
			A += H * residual;
			Q += H * H;
			values += 2 * error * (H + residual) + 4 * u * H * (Math.abs(valueCentre[i]) + Math.abs(targets[i]) + residual);
		}
		return { A, Q, values };
	}

	/**
	 * Bound on max |g~ − g|.
	 * @param depth additions that stand one after the other in the sums over rows
	 */
	certificate(kind: Certificate["kind"], radius: number, depth: number): Certificate {
		const { scale } = this.#problem;
		const W = this.#spans.keyHalf.reduce((most, half) => Math.max(most, half), 0);
		const ofSums = (depth + 4) * u * scale * largest(this.#sizes);
		const total = (sums: Float64Array): number => (W === 0 ? ofSums : ROUND_UP * (scale * W * largest(sums) + ofSums));
		return {
			kind,
			bound: total(this.#bound),
			radius,
			relativeError: this.largestTau,
			floatFloor: total(this.#floor),
		};
	}
}

/** τ[(2+τ)A + Q]: the relative form of a small error. */
const ofRelative = (tau: number, A: number, Q: number): number =>
	tau >= 0 ? tau * ((2 + tau) * A + Q) : Number.POSITIVE_INFINITY;

/**
 * What errors θ of the sums N do to a row, with ‖f̃‖₁ <= ν: every quotient N/D is off by κ <= 2νθ/(1−θ), and
 * Ĝ_b = Σ c_i (M_ib − o_i m_b) by κ[(1+2ν+κ)A + (ν+ν²)Q], where |o_i| <= νH_i, |m_b| <= νW_b, |M_ib| <= νH_iW_b.
 */
function ofRounding(theta: number, nu: number, quotients: number, A: number, Q: number): number {
	if (!(theta < 0.5)) return Number.POSITIVE_INFINITY;
	const kappa = (2 * nu * theta) / (1 - theta) + quotients * nu;
	return kappa * ((1 + 2 * nu + kappa) * A + (nu + nu * nu) * Q);
}

const largest = (sums: Float64Array): number =>
	sums.reduce((most, sum) => (Number.isNaN(sum) ? Number.POSITIVE_INFINITY : Math.max(most, sum)), 0);
