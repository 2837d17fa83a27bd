import type { AttentionLayer, AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { ComputationError, Matrix, multiply, type RowSource, type Runtime, unitRoundoff } from "@attgrad/matrix-core";
import { prepareLayerOutput } from "../backward/output/layer-output.ts";
import {
	certificateOf,
	distanceUp,
	type ErrorParts,
	maxErrors,
	maxUp,
	type NumberType,
	noError,
	normUp,
	numberTypes,
	over,
	type Proof,
	plus,
	RelativeRounding,
	sumUp,
	times,
} from "../error-bound/index.ts";
import {
	byRowsOrOne,
	type PolynomialForwardOptions,
	polynomialForward,
	polynomialOutput,
	withDefault,
} from "./polynomial-forward.ts";

/** dL/dY by the polynomial method. */
export interface ApproximateGradientY {
	/** dL/dY = (f̃ A3)ᵀ c̃, d x d, in double precision. */
	readonly gradientY: Matrix;
	/** The loss at the approximate weights. */
	readonly loss: number;
	readonly degree: number;
	readonly rank: number;
	/** Rows that were computed exactly, where rows have polynomials of their own. */
	readonly exactRows?: number;
	/** Bound on the largest error of an entry of dL/dY. */
	readonly certificate: Certificate;
}

/**
 * The gradient in the value weights, dL/dY = (f A3)ᵀ c (Remark 1.3), with f̃ in place of f: the forward pass with A3 as its
 * values, a product of n x d matrices beside it. O(n K d), about two fifths of the gradient in X at the same degree.
 *
 * If row j of f̃ A3 is off by at most e_j, then entry i of c̃_j = (f̃ A3)_j Y − E_j is by at most δ_ji = e_j y_i, and
 * what Y and E were rounded by when they were read; entry (a, i) of dL/dY is off by at most
 * Σ_j (e_j |c̃_ji| + |(f̃ A3)_ja| δ_ji + e_j δ_ji), and what the products round and lose below the normal range. With a polynomial for each row e_j is a bound
 * on the length of its error and y_i the length of column i of Y; with one for all it is one bound on all entries, and y_i the sum of |Y_bi|.
 * @param options degree, or epsilon as a bound on every e_j, and basis: the options of the output
 * @throws ComputationError and UsageError as `polynomialForward`
 */
export async function polynomialGradientY(
	problem: AttentionProblem<RowSource>,
	options: Partial<PolynomialForwardOptions>,
	runtime: Runtime,
): Promise<ApproximateGradientY> {
	const attending = { ...problem, Y: Matrix.identity(problem.d, problem.A1.dtype) };
	const parsed = polynomialForward.options.parse(options);
	return byRowsOrOne(
		attending,
		parsed,
		() => gradientByRows(problem, attending, parsed, runtime),
		(basis) => gradientByOne(problem, attending, { ...parsed, basis }, runtime),
	);
}

/** With a polynomial for each row of f̃ A3, in double precision. */
async function gradientByRows(
	problem: AttentionProblem<RowSource>,
	attending: AttentionLayer<RowSource>,
	asked: PolynomialForwardOptions,
	runtime: Runtime,
): Promise<ApproximateGradientY> {
	const { run } = await prepareLayerOutput(attending, withDefault(asked), runtime, { dtype: "f64" });
	const { output, rowBounds, degree, rank, exactRows, bound, floor, radius, kappa } = await run();
	const { n, d, E } = problem;
	const sums = new GradientYSums(problem, "length");
	const block = Math.min(n, BLOCK);
	const targets = Matrix.zeros(block, d, E.dtype);
	for (let from = 0; from < n; from += block) {
		const to = Math.min(n, from + block);
		E.readRows(from, to, targets.data);
		sums.add(output.slice(from, to), targets, rowBounds.subarray(from, to));
	}
	const error = sums.error(1, Math.min(1, over(floor, bound)));
	return made(sums, { degree, rank, exactRows }, { error, radius, relativeError: kappa });
}

/** With one polynomial for all rows. */
async function gradientByOne(
	problem: AttentionProblem<RowSource>,
	attending: AttentionLayer<RowSource>,
	options: PolynomialForwardOptions,
	runtime: Runtime,
): Promise<ApproximateGradientY> {
	const { d, E } = problem;
	const sums = new GradientYSums(problem, "sum");
	let targets = Matrix.zeros(0, d);
	const { degree, rank, certificate } = await polynomialOutput(attending, options, runtime, (from, rows) => {
		if (targets.rows < rows.rows) targets = Matrix.zeros(rows.rows, d);
		E.readRows(from, from + rows.rows, targets.data);
		sums.add(rows.as("f64"), targets);
	});
	const { bound, floatFloor, radius, relativeError } = certificate;
	const error = sums.error(bound, bound === 0 ? 0 : Math.min(1, floatFloor / bound));
	return made(sums, { degree, rank }, { error, radius, relativeError });
}

const made = (
	sums: GradientYSums,
	size: Pick<ApproximateGradientY, "degree" | "rank" | "exactRows">,
	proof: Omit<Proof, "kind">,
): ApproximateGradientY => ({
	...{ gradientY: sums.finiteGradient(), loss: sums.loss, ...size },
	certificate: certificateOf({ kind: "a-posteriori", ...proof }),
});

/** Rows that are added to the sums at a time. */
const BLOCK = 4096;

/** dL/dY and the loss, block after block, with the sums that the bound on the error takes. */
class GradientYSums {
	readonly #gradientY: Matrix;
	loss = 0;
	readonly #n: number;
	readonly #Y: Matrix;
	/** |Y_bi|, and y_i. */
	readonly #sizes: Float64Array;
	readonly #columns: Float64Array;
	/** Whether Y and E were rounded when they were read, and the number type that they were rounded to. */
	readonly #read: NumberType | undefined;
	/** Σ_j |(f̃ A3)_ja|; and with the weight w_j of each row Σ_j w_j of that, of |c̃_ji|, of the sizes of the terms of c̃_ji, of 1 and of w_j. */
	readonly #inputs: Float64Array;
	readonly #weightedInputs: Float64Array;
	readonly #residuals: Float64Array;
	readonly #widths: Float64Array;
	#weights = 0;
	#squares = 0;
	/** d x d: sizes of the terms that the products round. */
	readonly #terms: Matrix;

	/** @param columns y_i, as the length or the sum of column i of |Y| */
	constructor({ n, d, Y, E, roundedFrom }: AttentionProblem<RowSource>, columns: "length" | "sum") {
		this.#n = n;
		this.#Y = Y.as("f64");
		this.#sizes = Float64Array.from(this.#Y.data, Math.abs);
		this.#columns = Float64Array.from({ length: d }, (_, i) => {
			const column = Float64Array.from({ length: Y.rows }, (_, b) => this.#sizes[b * d + i]);
			return columns === "length" ? normUp(column) : sumUp(column);
		});
		const rounded = roundedFrom !== undefined && unitRoundoff(roundedFrom) < unitRoundoff(E.dtype);
		this.#read = rounded ? numberTypes[E.dtype] : undefined;
		this.#gradientY = Matrix.zeros(d, d);
		this.#terms = Matrix.zeros(d, d);
		[this.#inputs, this.#weightedInputs] = [new Float64Array(d), new Float64Array(d)];
		[this.#residuals, this.#widths] = [new Float64Array(d), new Float64Array(d)];
	}

	/**
	 * Takes in a block of rows of f̃ A3, with as many rows of E or more. O(count d²).
	 * @param weights w_j, by default 1: the errors of rows are in their proportion
	 */
	add(attended: Matrix, targets: Matrix, weights?: Float64Array): void {
		const d = attended.cols;
		const outputs = multiply(attended, this.#Y);
		for (let j = 0; j < attended.rows; j++) {
			const weight = weights ? weights[j] : 1;
			this.#weights = plus(this.#weights, weight);
			this.#squares = plus(this.#squares, times(weight, weight));
			for (let i = 0; i < d; i++) {
				const target = targets.data[j * d + i];
				let width = Math.abs(target);
				for (let b = 0; b < d; b++)
					width = plus(width, times(Math.abs(attended.data[j * d + b]), this.#sizes[b * d + i]));
				const residual = outputs.data[j * d + i] - target;
				const input = Math.abs(attended.data[j * d + i]);
				this.loss += 0.5 * residual * residual;
				this.#residuals[i] = plus(this.#residuals[i], times(weight, Math.abs(residual)));
				this.#inputs[i] = plus(this.#inputs[i], input);
				this.#weightedInputs[i] = plus(this.#weightedInputs[i], times(weight, input));
				this.#widths[i] = plus(this.#widths[i], times(weight, width));
				for (let a = 0; a < d; a++) {
					this.#gradientY.data[a * d + i] += attended.data[j * d + a] * residual;
					const at = a * d + i;
					this.#terms.data[at] = plus(this.#terms.data[at], times(Math.abs(attended.data[j * d + a]), width));
				}
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

	/**
	 * The largest error of an entry, where row j of f̃ A3 is off by at most e w_j.
	 * @param floor the part of e that the arithmetic makes, which counts as rounding here
	 */
	error(e: number, floor: number): ErrorParts {
		const d = this.#gradientY.rows;
		let largest = noError;
		for (let i = 0; i < d; i++) for (let a = 0; a < d; a++) largest = maxErrors(largest, this.#errorOf(a, i, e, floor));
		return largest;
	}

	#errorOf(a: number, i: number, e: number, floor: number): ErrorParts {
		const d = this.#gradientY.rows;
		const n = this.#n;
		const { tiny } = numberTypes.f64;
		const rows = plus(this.#inputs[a], times(e, this.#weights));
		const off = plus(this.#weightedInputs[a], times(e, this.#squares));
		const carried = times(e, plus(this.#residuals[i], times(off, this.#columns[i])));
		const rounding = times(floor, carried);
		const terms = plus(this.#terms.at(a, i), times(e, this.#widths[i]));
		// Products of c̃, of the gradient and of the sizes here, each of which may lose the least normal number.
		const products = times(
			tiny,
			plus(times(2 * d + 2, plus(rows, n)), times(2 * n, plus(times(d, this.#columns[i]), 1))),
		);
		const own = times(RelativeRounding.roundings(n + 2 * d + 8).bound, terms);
		return {
			method: carried === Number.POSITIVE_INFINITY ? carried : distanceUp(carried, Math.min(carried, rounding)),
			rounding: plus(Math.min(carried, rounding), own),
			underflow: products,
			input: this.#input(rows, terms),
		};
	}

	/** The error from the rounding of Y and E when they were read, against f̃ A3 of rows whose sizes sum to `rows`. */
	#input(rows: number, terms: number): number {
		if (this.#read === undefined) return 0;
		const { unit, tiny } = this.#read;
		const each = plus(times(this.#Y.rows, maxUp(this.#inputs)), plus(this.#n, rows));
		return plus(times(unit * (1 + 4 * unit), terms), times(times(tiny, each), plus(rows, this.#n)));
	}
}
