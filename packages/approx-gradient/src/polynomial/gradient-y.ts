import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource, type Runtime, unitRoundoff } from "@attgrad/matrix-core";
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
 * If no entry of f̃ A3 is off by more than e, then none of column i of c̃ = f̃ A3 Y − E is by more than δ_i = e Σ_b |Y_bi|,
 * and entry (a, i) of dL/dY is off by at most Σ_j (e |c̃_ji| + |(f̃ A3)_ja| δ_i + e δ_i), and what rounding the products adds.
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
	const { bound, floor } = sums.bound(certificate.bound);
	return {
		gradientY: sums.gradientY,
		loss: sums.loss,
		degree,
		rank,
		certificate: { ...certificate, bound, floatFloor: Math.max(floor, Math.min(bound, certificate.floatFloor)) },
	};
}

/** dL/dY and the loss, block after block, with the sums that the bound on the error takes. */
class GradientYSums {
	readonly gradientY: Matrix;
	loss = 0;
	readonly #n: number;
	readonly #Y: Matrix;
	/** |Y_bi|. */
	readonly #sizes: Float64Array;
	/** Σ_j |(f̃ A3)_ja| and Σ_j |c̃_ji|. */
	readonly #inputs: Float64Array;
	readonly #residuals: Float64Array;
	/** d x d: sizes of the terms that the products round. */
	readonly #terms: Matrix;

	constructor({ n, d, Y }: AttentionProblem<RowSource>) {
		this.#n = n;
		this.#Y = Y.as("f64");
		this.#sizes = Float64Array.from(this.#Y.data, Math.abs);
		this.gradientY = Matrix.zeros(d, d);
		this.#terms = Matrix.zeros(d, d);
		[this.#inputs, this.#residuals] = [new Float64Array(d), new Float64Array(d)];
	}

	/** Takes in a block of rows of f̃ A3, with as many rows of E or more. O(count d²). */
	add(attended: Matrix, targets: Matrix): void {
		const d = attended.cols;
		const outputs = multiply(attended, this.#Y);
		for (let j = 0; j < attended.rows; j++)
			for (let i = 0; i < d; i++) {
				const target = targets.data[j * d + i];
				let width = Math.abs(target);
				for (let b = 0; b < d; b++) width += Math.abs(attended.data[j * d + b]) * this.#sizes[b * d + i];
				const residual = outputs.data[j * d + i] - target;
				this.loss += 0.5 * residual * residual;
				this.#residuals[i] += Math.abs(residual);
				this.#inputs[i] += Math.abs(attended.data[j * d + i]);
				for (let a = 0; a < d; a++) {
					this.gradientY.data[a * d + i] += attended.data[j * d + a] * residual;
					this.#terms.data[a * d + i] += Math.abs(attended.data[j * d + a]) * width;
				}
			}
	}

	/** Bound on the largest error of an entry, and the part of it that rounding makes, where entries of f̃ A3 are off by at most e. */
	bound(e: number): { bound: number; floor: number } {
		const d = this.gradientY.rows;
		const unit = (this.#n + 2 * d + 8) * unitRoundoff("f64");
		let [bound, floor] = [0, 0];
		for (let i = 0; i < d; i++) {
			let delta = 0;
			for (let b = 0; b < d; b++) delta += e * this.#sizes[b * d + i];
			for (let a = 0; a < d; a++) {
				const rounding = unit * this.#terms.at(a, i);
				const error = e * this.#residuals[i] + this.#inputs[a] * delta + this.#n * e * delta + rounding;
				floor = Math.max(floor, rounding);
				bound = Math.max(bound, (1 + 1e-6) * error);
			}
		}
		return { bound, floor };
	}
}
