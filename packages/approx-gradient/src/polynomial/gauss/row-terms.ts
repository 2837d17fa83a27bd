import { LEAST_NORMAL } from "../../error-bound/index.ts";
import { gradientGap, type RowTruncation, type TruncatedSums, truncationError } from "./anisotropic/truncation.ts";
import { CovarianceBound } from "./bounds/covariance-bound.ts";
import type { ErrorConstants } from "./bounds/error-constants.ts";
import { LIMITS } from "./bounds/limits.ts";
import { RowError } from "./row-error.ts";
import type { RowPolynomial } from "./row-polynomial.ts";

/** Numbers of a row that its error is made from, beside its polynomial; sums are Σ_l ω_l x_l s_l^k for k = 0, 1, .... */
export interface RowNumbers {
	/** Σ_i |q_i| max|k_i| or ‖q‖ max‖k‖: at least every |s_l|, and the size of its terms. */
	reach: number;
	/** At least (Σ ω |x| t^k / Σ ω |x|)^(1/k), t the size of a score's terms, x = 1 and x = v_i, k <= g: `reach` or less. */
	termReach: number;
	/** D̃. */
	normaliser: number;
	/** x = 1. */
	readonly ones: Float64Array;
	/** x = ‖v‖². */
	readonly valueSquares: Float64Array;
	/** x = ‖k‖², or one column for each coordinate, in the frame. */
	readonly keySquares: readonly Float64Array[];
	/** Σ_l ω_l T(s_l) k_l in the frame, T the Taylor polynomial of degree `pilotDegree`. */
	readonly pilot: Float64Array;
	/** Σ_l ω_l (1 + s_l) x_l k_l in the frame, as in `CovarianceBound`; from degree 1 on. */
	readonly products: Float64Array;
	/** õ - η and c̃. */
	readonly output: Float64Array;
	readonly residual: Float64Array;
	/** Ĝ~ in the frame. */
	readonly gradient: Float64Array;
	/** The sums that an anisotropic set leaves out; none where all monomials are there. */
	readonly truncation?: RowTruncation;
}

/** Degree of the Taylor polynomial that bounds E_f k: of so many power sums its remainder is known. */
export const pilotDegree = (nodes: number): number => (nodes >= 2 ? 2 : 1);

/** Room for the numbers of one row. */
export function rowNumbers({ d, form }: ErrorConstants, sums: number): RowNumbers {
	const columns = { l1: 0, v2: 1, vd: d }[form];
	const numbers = (length: number): Float64Array => new Float64Array(length);
	return {
		reach: 0,
		termReach: 0,
		normaliser: 0,
		ones: numbers(sums),
		valueSquares: numbers(sums),
		keySquares: Array.from({ length: columns }, () => numbers(sums)),
		pilot: numbers(d),
		products: numbers((d + 1) * d),
		output: numbers(d),
		residual: numbers(d),
		gradient: numbers(d),
	};
}

/** At least Σ_l ω_l x_l |e^(s_l) - Ã_l / ω_l| for a column x. */
const errorSum = (row: RowPolynomial, sums: Float64Array, truncated?: TruncatedSums): number =>
	truncated ? row.errorSum(sums) + truncationError(row, truncated) : row.errorSum(sums);

/** The norm of `count` numbers from `at` on. Squares below the normal range are replaced. */
export function normOf(x: Float64Array, at = 0, count = x.length): number {
	let square = count * LEAST_NORMAL;
	for (let i = at; i < at + count; i++) square += x[i] * x[i];
	return Math.sqrt(square);
}

const largestOf = (x: Float64Array): number => x.reduce((most, y) => Math.max(most, y), 0);

/** The terms of one row of a run's totals. */
export class RowTerms {
	/** growth_j = Σ_l ω_l Σ_α |terms of P| / D̃, each by the part of the rounding `sums` that it has. */
	growth = 0;
	kappa = 0;
	/** The part of the row's rounding that has its growth, as a part of a key's span. */
	grown = 0;
	/** L1_j where that is the less, otherwise 0, and V_j in the frame, of all coordinates or one by one: from columns of squares or covariances. */
	l1 = 0;
	readonly spread: Float64Array;
	readonly #constants: ErrorConstants;
	readonly #error = new RowError();
	readonly #covariances: CovarianceBound;

	constructor(constants: ErrorConstants) {
		this.#constants = constants;
		this.#covariances = new CovarianceBound(constants);
		this.spread = new Float64Array(constants.d);
	}

	/** Whether a row with this polynomial and normaliser is within the method; others are to be computed exactly. */
	accepts(row: RowPolynomial, { reach, termReach, normaliser, ones, truncation }: RowNumbers): boolean {
		const { sums, scoreError, single, roundingLimit, radiusLimit } = this.#constants;
		this.growth = (row.sizeAt(termReach, single?.from, single?.share) * ones[0]) / normaliser;
		const least = normaliser * (1 - sums * this.growth);
		const error = (1 + scoreError) * errorSum(row, ones, truncation?.ones) + 1.02 * scoreError * normaliser;
		this.kappa = error / least;
		return reach <= radiusLimit && least > 0 && this.kappa < LIMITS.kappa && sums * this.growth <= roundingLimit;
	}

	/** Sets the terms of an accepted row. */
	read(row: RowPolynomial, numbers: RowNumbers): void {
		const { d, degree, form, halfRange: H, keyRatio } = this.#constants;
		const tau = 2 * this.kappa;
		// Computed residuals are off by at most 3 of this times H, where sums are off by a hundredth at most.
		const rounded = this.#constants.sums * this.growth;
		this.grown = (1 + tau) * this.growth * this.#rounding(numbers);
		this.l1 = 0;
		for (let i = 0; i < d; i++)
			this.l1 += tau * H[i] * ((3 + tau) * Math.abs(numbers.residual[i]) + (1 + 12 * rounded) * H[i]);
		const known = degree > 0 && numbers.truncation === undefined;
		const gap = this.#gap(row, numbers, rounded);
		if (known) {
			this.#byCovariances(row, numbers, rounded);
			const grown = (1 + tau) * this.growth * this.#termRounding(numbers);
			if (grown < this.grown) this.grown = grown;
		} else this.spread.fill(form === "l1" ? gap : Number.POSITIVE_INFINITY);
		if (!known && form === "l1") return;
		if (form !== "l1") this.#variance(row, numbers, known);
		if (largestOf(this.spread) < this.l1 * keyRatio + gap) this.l1 = 0;
		else this.spread.fill(gap);
	}

	/** At least the size of the part of Ĝ~ that an anisotropic set lacks or has too much, in the frame: |h_li - õ_i| <= (2 + τ) H_i. */
	#gap(row: RowPolynomial, { truncation, normaliser, residual }: RowNumbers, rounded: number): number {
		if (!truncation) return 0;
		const { halfRange: H, keyNorm } = this.#constants;
		let size = 0;
		for (let i = 0; i < H.length; i++) size += H[i] * (Math.abs(residual[i]) + 3 * rounded * H[i]);
		const share = gradientGap(row, truncation.ones) / (normaliser * (1 - rounded));
		return share * (2 + 2 * this.kappa) * keyNorm * size;
	}

	#rounding({ output, residual }: RowNumbers): number {
		const { rounding } = this.#constants;
		let sum = rounding.constant;
		for (let i = 0; i < output.length; i++) {
			const [o, c] = [Math.abs(output[i]), Math.abs(residual[i])];
			sum += o * (rounding.output[i] + rounding.outputSquare * o) + c * (rounding.residual[i] + rounding.product * o);
		}
		return sum;
	}

	/** The same part of the rounding, where covariances tell what the errors of outputs, residuals and the normaliser do. */
	#termRounding({ output, residual }: RowNumbers): number {
		const { term, mean } = this.#constants.rounding;
		let sum = this.#covariances.states;
		for (let i = 0; i < output.length; i++) sum += Math.abs(residual[i]) * (mean[i] + term * Math.abs(output[i]));
		return sum;
	}

	/** Sets the spread of each coordinate from covariances, which moments of all monomials of degree 2 tell. */
	#byCovariances(row: RowPolynomial, numbers: RowNumbers, rounded: number): void {
		const { scoreError } = this.#constants;
		const { normaliser, ones } = numbers;
		const covariances = this.#covariances;
		const error = (1 + scoreError) * row.errorSum(ones) + 1.02 * scoreError * normaliser;
		covariances.read(numbers, { error, least: normaliser * (1 - rounded), normaliser, rounded });
		this.spread.set(covariances.gradient);
	}

	/**
	 * Lowers the spread to what columns of squares bound, where that is less: of each coordinate, or for anisotropic sets, whose frame is not that of the
	 * input, of all of them.
	 */
	#variance(row: RowPolynomial, numbers: RowNumbers, known: boolean): void {
		const { d, form, sums, sumError, scoreError, halfRangeSquare, keyReach } = this.#constants;
		const { reach, normaliser, ones, valueSquares, keySquares, pilot, residual, gradient, truncation } = numbers;
		const output = normOf(numbers.output);
		const least = normaliser * (1 - sums * this.growth);
		// Σ Ã ‖v - õ‖²: what rounding takes from it is put back.
		const rounding = sumError * row.sizeAt(reach) * (valueSquares[0] + 17 * ones[0] * halfRangeSquare);
		const variance = Math.max(0, row.valueSum(valueSquares) - normaliser * output * output) + rounding;
		const error = this.#error;
		const valueErrors = errorSum(row, valueSquares, truncation?.valueSquares);
		error.read(errorSum(row, ones, truncation?.ones), least, valueErrors, variance, output, scoreError);
		const norm = normOf(residual) + 3 * sums * this.growth * Math.sqrt(halfRangeSquare);
		const unknown = Number.POSITIVE_INFINITY;
		const { cotangent: largest, meanKey, residual: moved } = this.#covariances;
		const cotangent = error.cotangent(norm, known ? largest : unknown);
		for (const [column, squares] of keySquares.entries()) {
			const truncated = truncation?.keySquares[column];
			const keyErrors = errorSum(row, squares, truncated);
			const values = Math.max(0, row.valueSum(squares)) + sumError * row.sizeAt(reach) * squares[0];
			const rest = this.#restOfMeanKey(row, numbers, column, values + keyErrors);
			if (truncation && truncated) {
				const mean = (normOf(pilot) + rest) / error.leastNormaliser;
				const bound = error.gradient(cotangent, keyErrors, values, mean, normOf(gradient), unknown);
				this.spread.fill(bound + this.#gapByVariances(row, truncation, truncated, norm, output));
				continue;
			}
			const all = form === "v2";
			for (let b = all ? 0 : column; b < (all ? d : column + 1); b++) {
				const pilotMean = (Math.abs(pilot[b]) + rest) / error.leastNormaliser;
				const mean = known ? Math.min(meanKey[b], pilotMean) : pilotMean;
				const own = Math.abs(gradient[b]);
				const ofResidual = known ? moved[b] : unknown;
				const bound = error.gradient(cotangent, keyErrors, values, mean, own, ofResidual, keyReach[b]);
				this.spread[b] = Math.min(this.spread[b], bound);
			}
		}
	}

	/** At least the norm of the part of a row's gradient that an anisotropic set leaves out. */
	#gapByVariances(
		row: RowPolynomial,
		{ ones, valueSquares }: RowTruncation,
		ofKeys: TruncatedSums,
		cotangent: number,
		output: number,
	): number {
		const size = Math.sqrt(gradientGap(row, valueSquares)) + output * Math.sqrt(gradientGap(row, ones));
		return (cotangent * size * Math.sqrt(gradientGap(row, ofKeys))) / this.#error.leastNormaliser;
	}

	/**
	 * How far Σ ω e^s k, of one coordinate or of all that a column is of, is from the pilot's sum: Σ ω |s|^(p+1) |k| e^R / (p+1)! at most, of which
	 * Cauchy-Schwarz makes power sums, and the errors of scores.
	 * @param keys at least Σ ω e^s k²
	 */
	#restOfMeanKey(row: RowPolynomial, numbers: RowNumbers, column: number, keys: number): number {
		const { scoreError, sumError } = this.#constants;
		const { reach, ones, normaliser, truncation } = numbers;
		const squares = numbers.keySquares[column];
		const truncated = truncation?.keySquares[column];
		const p = pilotDegree(row.nodes);
		if (2 * row.nodes < 2) return Number.POSITIVE_INFINITY;
		const lackingScores = truncation ? truncation.ones.outer[2 * p] : 0;
		const lackingKeys = truncated ? truncated.outer[2] : 0;
		const scores = Math.max(0, ones[2 * p]) + lackingScores + sumError * reach ** (2 * p) * ones[0];
		const weighted = Math.max(0, squares[2]) + lackingKeys + sumError * reach ** 2 * squares[0];
		const mass = normaliser + this.#error.error;
		// Monomials of degree p at most that the pilot lacks.
		let lacking = 0;
		if (truncation && truncated)
			for (let k = 0, factorial = 1; k <= p; k++, factorial *= k)
				lacking += Math.sqrt(truncation.ones.inner[k] * truncated.inner[k]) / factorial;
		const rest = (Math.exp(reach) / (p === 2 ? 6 : 2)) * Math.sqrt(scores * weighted);
		const moved = scoreError * Math.sqrt(mass * keys) + sumError * Math.exp(reach) * Math.sqrt(ones[0] * squares[0]);
		return (1 + 1e-12) * (lacking + rest + moved);
	}
}
