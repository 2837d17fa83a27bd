import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { ComputationError, Matrix, multiply, type RowSource, type Runtime, unitRoundoff } from "@attgrad/matrix-core";
import {
	addErrors,
	certificateOf,
	distanceUp,
	type ErrorParts,
	maxErrors,
	maxUp,
	type NumberType,
	noError,
	numberTypes,
	plus,
	RelativeRounding,
	scaleError,
	times,
} from "../error-bound/index.ts";
import { type PolynomialForwardOptions, polynomialForward, polynomialOutput } from "./polynomial-forward.ts";

/** dL/dY by the polynomial method. */
export interface ApproximateGradientY {
	/** dL/dY = (f̃ A3)ᵀ c̃, d x d, in double precision. */
	readonly gradientY: Matrix;
	/** The loss at the approximate weights. */
	readonly loss: number;
	readonly degree: number;
	readonly rank: number;
	/** Bound on the largest error of an entry of dL/dY. */
	readonly certificate: Certificate;
}

/**
 * The gradient in the value weights, dL/dY = (f A3)ᵀ c (Remark 1.3), with f̃ in place of f: the forward pass with A3 as its
 * values, a product of n x d matrices beside it. O(n K d), about two fifths of the gradient in X at the same degree.
 *
 * If no entry of f̃ A3 is off by more than e, then none of column i of c̃ = f̃ A3 Y − E is by more than δ_i = e Σ_b |Y_bi|, and
 * what Y and E were rounded by when they were read; entry (a, i) of dL/dY is off by at most
 * Σ_j (e |c̃_ji| + |(f̃ A3)_ja| δ_i + e δ_i), and what the products round and lose below the normal range.
 * @param options degree, or epsilon as a bound on e, and basis: the options of the output
 * @throws ComputationError and UsageError as `polynomialForward`
 */
export async function polynomialGradientY(
	problem: AttentionProblem<RowSource>,
	options: Partial<PolynomialForwardOptions>,
	runtime: Runtime,
): Promise<ApproximateGradientY> {
	const { d, E } = problem;
	const attending = { ...problem, Y: Matrix.identity(d, problem.A1.dtype) };
	const sums = new GradientYSums(problem);
	let targets = Matrix.zeros(0, d);
	const { degree, rank, certificate } = await polynomialOutput(
		attending,
		polynomialForward.options.parse(options),
		runtime,
		(from, rows) => {
			if (targets.rows < rows.rows) targets = Matrix.zeros(rows.rows, d);
			E.readRows(from, from + rows.rows, targets.data);
			sums.add(rows.as("f64"), targets);
		},
	);
	const { radius, relativeError } = certificate;
	const error = sums.error(certificate);
	return {
		gradientY: sums.finiteGradient(),
		loss: sums.loss,
		degree,
		rank,
		certificate: certificateOf({ kind: "a-posteriori", error, radius, relativeError }),
	};
}

/** dL/dY and the loss, block after block, with the sums that the bound on the error takes. */
class GradientYSums {
	readonly #gradientY: Matrix;
	loss = 0;
	readonly #n: number;
	readonly #Y: Matrix;
	/** |Y_bi|. */
	readonly #sizes: Float64Array;
	/** Whether Y and E were rounded when they were read, and the number type that they were rounded to. */
	readonly #read: NumberType | undefined;
	/** Σ_j |(f̃ A3)_ja|, Σ_j |c̃_ji| and Σ_j of the sizes of the terms of c̃_ji. */
	readonly #inputs: Float64Array;
	readonly #residuals: Float64Array;
	readonly #widths: Float64Array;
	/** d x d: sizes of the terms that the products round. */
	readonly #terms: Matrix;

	constructor({ n, d, Y, E, roundedFrom }: AttentionProblem<RowSource>) {
		this.#n = n;
		this.#Y = Y.as("f64");
		this.#sizes = Float64Array.from(this.#Y.data, Math.abs);
		const rounded = roundedFrom !== undefined && unitRoundoff(roundedFrom) < unitRoundoff(E.dtype);
		this.#read = rounded ? numberTypes[E.dtype] : undefined;
		this.#gradientY = Matrix.zeros(d, d);
		this.#terms = Matrix.zeros(d, d);
		[this.#inputs, this.#residuals, this.#widths] = [new Float64Array(d), new Float64Array(d), new Float64Array(d)];
	}

	/** Takes in a block of rows of f̃ A3, with as many rows of E or more. O(count d²). */
	add(attended: Matrix, targets: Matrix): void {
		const d = attended.cols;
		const outputs = multiply(attended, this.#Y);
		for (let j = 0; j < attended.rows; j++)
			for (let i = 0; i < d; i++) {
				const target = targets.data[j * d + i];
				let width = Math.abs(target);
				for (let b = 0; b < d; b++)
					width = plus(width, times(Math.abs(attended.data[j * d + b]), this.#sizes[b * d + i]));
				const residual = outputs.data[j * d + i] - target;
				this.loss += 0.5 * residual * residual;
				this.#residuals[i] = plus(this.#residuals[i], Math.abs(residual));
				this.#inputs[i] = plus(this.#inputs[i], Math.abs(attended.data[j * d + i]));
				this.#widths[i] = plus(this.#widths[i], width);
				for (let a = 0; a < d; a++) {
					this.#gradientY.data[a * d + i] += attended.data[j * d + a] * residual;
					const at = a * d + i;
					this.#terms.data[at] = plus(this.#terms.data[at], times(Math.abs(attended.data[j * d + a]), width));
				}
			}
	}

	/** dL/dY. @throws ComputationError (failed) where an entry is not finite: products that overflow */
	finiteGradient(): Matrix {
		for (const number of this.#gradientY.data)
			if (!Number.isFinite(number))
				throw new ComputationError("failed", `polynomial: the gradient in Y is not finite, got ${number}`);
		return this.#gradientY;
	}

	/** The largest error of an entry, where entries of f̃ A3 are off by at most the bound of their certificate. */
	error({ bound, floatFloor }: Certificate): ErrorParts {
		const d = this.#gradientY.rows;
		// The part of e that the arithmetic makes counts as rounding here.
		const floor = Math.min(floatFloor, bound);
		const carried = {
			...noError,
			method: bound === Number.POSITIVE_INFINITY ? bound : distanceUp(bound, floor),
			rounding: floor,
		};
		let largest = noError;
		for (let i = 0; i < d; i++)
			for (let a = 0; a < d; a++) largest = maxErrors(largest, this.#errorOf(a, i, bound, carried));
		return largest;
	}

	#errorOf(a: number, i: number, e: number, carried: ErrorParts): ErrorParts {
		const d = this.#gradientY.rows;
		const n = this.#n;
		const { tiny } = numberTypes.f64;
		const rows = plus(this.#inputs[a], times(n, e));
		let [sizes, delta] = [0, 0];
		for (let b = 0; b < d; b++) sizes = plus(sizes, this.#sizes[b * d + i]);
		for (const part of [this.#residuals[i], times(rows, sizes)]) delta = plus(delta, part);
		const terms = plus(this.#terms.at(a, i), times(e, this.#widths[i]));
		// Products of c̃, of the gradient and of the sizes here, each of which may lose the least normal number.
		const products = times(tiny, plus(times(2 * d + 2, plus(rows, n)), times(2 * n, plus(sizes, 1))));
		const own = {
			...noError,
			rounding: times(RelativeRounding.roundings(n + 2 * d + 8).bound, terms),
			underflow: products,
		};
		return addErrors(addErrors(scaleError(carried, delta), own), { ...noError, input: this.#input(rows, terms) });
	}

	/** The error from the rounding of Y and E when they were read, against f̃ A3 of rows whose sizes sum to `rows`. */
	#input(rows: number, terms: number): number {
		if (this.#read === undefined) return 0;
		const { unit, tiny } = this.#read;
		const each = plus(times(this.#Y.rows, maxUp(this.#inputs)), plus(this.#n, rows));
		return plus(times(unit * (1 + 4 * unit), terms), times(times(tiny, each), plus(rows, this.#n)));
	}
}
