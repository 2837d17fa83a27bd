import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource, type Runtime, unitRoundoff } from "@attgrad/matrix-core";
import { type PolynomialForwardOptions, polynomialForward } from "./polynomial-forward.ts";

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
	const { n, d, E } = problem;
	const Y = problem.Y.as("f64");
	const attending = { ...problem, Y: Matrix.identity(d, problem.A1.dtype) };
	const gradientY = Matrix.zeros(d, d);
	// Σ_j |a_ja|, Σ_j |c_ji| and the sizes of the terms that the products round.
	const [inputs, residuals] = [new Float64Array(d), new Float64Array(d)];
	const terms = Matrix.zeros(d, d);
	const size = Y.data.map(Math.abs);
	let loss = 0;
	let targets = Matrix.zeros(0, d);
	const { degree, rank, certificate } = await polynomialForward.run(
		attending,
		polynomialForward.options.parse(options),
		runtime,
		(from, rows) => {
			if (targets.rows < rows.rows) targets = Matrix.zeros(rows.rows, d);
			E.readRows(from, from + rows.rows, targets.data);
			const attended = rows.as("f64");
			const c = multiply(attended, Y);
			for (let j = 0; j < rows.rows; j++)
				for (let i = 0; i < d; i++) {
					const at = j * d + i;
					const target = targets.data[at];
					let width = Math.abs(target);
					for (let b = 0; b < d; b++) width += Math.abs(attended.data[j * d + b]) * size[b * d + i];
					c.data[at] -= target;
					const residual = c.data[at];
					loss += 0.5 * residual * residual;
					residuals[i] += Math.abs(residual);
					inputs[i] += Math.abs(attended.data[at]);
					for (let a = 0; a < d; a++) {
						gradientY.data[a * d + i]! += attended.data[j * d + a]! * residual;
						terms.data[a * d + i]! += Math.abs(attended.data[j * d + a]!) * width;
					}
				}
		},
	);
	const { bound: e, ...rest } = certificate!;
	const unit = (n + 2 * d + 8) * unitRoundoff("f64");
	let [bound, floor] = [0, 0];
	for (let a = 0; a < d; a++)
		for (let i = 0; i < d; i++) {
			let delta = 0;
			for (let b = 0; b < d; b++) delta += e * size[b * d + i];
			const rounding = unit * terms.at(a, i);
			floor = Math.max(floor, rounding);
			bound = Math.max(bound, (1 + 1e-6) * (e * residuals[i]! + inputs[a]! * delta + n * e * delta + rounding));
		}
	return {
		gradientY,
		loss,
		degree: degree!,
		rank: rank!,
		certificate: { ...rest, bound, floatFloor: Math.max(floor, Math.min(bound, rest.floatFloor)) },
	};
}
