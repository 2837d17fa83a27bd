import { type AttentionLayer, type AttentionProblem, type MatrixName, matrixNames } from "@attgrad/attention-problem";
import { ComputationError, type Dtype, Matrix, type RowSource, transpose } from "@attgrad/matrix-core";
import { withoutOffsets } from "./offsets.ts";
import { columnsScaled, entriesScaled, inDoubles, timesPowerOfTwo } from "./powers.ts";
import { isOfSafeSizes, LEAST_ROOT, largestExponent, SAFE_EXPONENT, typicalExponents } from "./sizes.ts";
import { columnsOf, valuePower } from "./value-power.ts";

/** Exponents of a scale: from where scores are lost in the rounding of weights, to where kernels can still multiply by it. */
const SCALE_EXPONENTS = { f64: [-200, 900], f32: [-60, 100] } as const;

/** Powers of two between columns of values up to which all products of residuals and values stay in the range: the largest are at the end of the ordinary one. */
const MOST_SPREAD: Readonly<Record<Dtype, number>> = {
	f64: SAFE_EXPONENT.f64 - LEAST_ROOT.f64,
	f32: SAFE_EXPONENT.f32 - LEAST_ROOT.f32,
};

/** Exponent of the least normal double. */
const LEAST_EXPONENT = -1022;

/** Exponents that take the results of a scaled problem back to those of the problem. */
export interface ResultExponents {
	/** D1, D2, D3: column b of A1, A2, A3 was divided by 2^(D_b). */
	readonly A1: Int32Array;
	readonly A2: Int32Array;
	readonly A3: Int32Array;
	/** Of outputs, values, targets and residuals. */
	readonly values: number;
	/** Of scale. */
	readonly scale: number;
}

/**
 * The same problem with other powers of two, so that no product of an exact algorithm leaves the normal range where its result does not;
 * undefined where sizes are ordinary. Scaling is exact: A1' = A1 D1⁻¹, A2' = A2 D2⁻¹, A3' = A3 D3⁻¹, X' = D1 X D2 2^-k, scale' = scale 2^k,
 * Y' = D3 Y 2^-w, E' = E 2^-w. The scores are those of the problem, outputs and residuals 2^-w times them, and by the chain rule
 *
 *     dL/dX = 2^(2w - k) D1 dL'/dX' D2,   dL/dY = 2^w D3 dL'/dY',   dL/dA_i = 2^(2w) dL'/dA_i' D_i⁻¹,   dL/dE = 2^w dL'/dE'.
 *
 * D is the power of two of a column's typical entry, not of its largest: a mask of -1e38 must not push the other keys out of the range. A column of zeros
 * counts in nothing, however large the entries of X or Y beside it are, and what the keys of a column have in common, which changes no weight, is taken off first
 * (`withoutOffsets`). w is that of the values, or between it and that of the targets where those are larger; columns of values that are far smaller bring the largest up to the
 * end of the ordinary range, and a problem in single precision to double. One pass over the rows, a few more where it scales.
 * @throws ComputationError where targets are so much larger than values that their products leave the range all the same, or values of one column than those of another
 */
export function scaledProblem<Problem extends AttentionLayer<RowSource>>(
	problem: Problem,
): { problem: Problem; exponents: ResultExponents } | undefined {
	const given: Partial<Record<MatrixName, RowSource>> = problem;
	const sources = matrixNames.flatMap((name) => given[name] ?? []);
	const { scale, X, Y } = problem;
	const { dtype } = problem.A1;
	const safe = SAFE_EXPONENT[dtype];
	if (sources.every(isOfSafeSizes) && Math.abs(Math.log2(scale)) <= safe) return;
	const { rows: keys } = withoutOffsets(problem.A2);
	const shiftsOf = (source: RowSource): Shifts =>
		typicalExponents(source).map((k) => (k !== undefined && Math.abs(k) <= safe ? 0 : k));
	const ofA3 = typicalExponents(problem.A3);
	// Columns of A3 above 1 are brought to 1: beside them Y may be at the lower end of the range.
	const downA3 = ofA3.map((k) => (k !== undefined && k <= 0 && k >= -safe ? 0 : k));
	const typical = { A1: shiftsOf(problem.A1), A2: shiftsOf(keys), A3: downA3 };
	const powers = weightPowers(problem, (a, b) => counted(typical.A1[a]) + counted(typical.A2[b]));
	const columns = columnsOf(
		columnExponents(Y, (a) => counted(ofA3[a])),
		given.E && typicalExponents(given.E).map(counted),
	);
	const spread = spreadOf(columns.map(({ value, target }) => Math.max(value, target)));
	if (dtype === "f32") {
		const ofWeights = spreadOf(columnExponents(X, (a, b) => counted(typical.A1[a]) + counted(typical.A2[b])));
		if (Math.max(spread, ofWeights) > MOST_SPREAD.f32) return scaledInDoubles(problem);
	} else if (spread > MOST_SPREAD.f64) {
		throw new ComputationError(
			"failed",
			`columns of values A3 Y and targets E are 2^${spread} times as large as others: their products leave the range of ${dtype}`,
		);
	}
	const values = valuePower(columns, given.E && largestExponent(given.E), dtype, spread);
	const exponents = {
		A1: filled(typical.A1, (a) => powers - rowExponent(X, a, (b) => counted(typical.A2[b]))),
		A2: filled(typical.A2, (b) => powers - rowExponent(transpose(X), b, (a) => counted(typical.A1[a]))),
		A3: filled(typical.A3, (a) => values - rowExponent(Y, a)),
		values,
		scale: powers,
	};
	const { A1, A2, A3 } = exponents;
	const less = (name: "A1" | "A2" | "A3"): Int32Array =>
		exponents[name].map((k, b) => (typical[name][b] === undefined ? 0 : -k));
	// Between two columns of zeros an entry of X counts in no gradient.
	const isUnseen = (a: number, b: number): boolean => typical.A1[a] === undefined && typical.A2[b] === undefined;
	const made = {
		...problem,
		A1: columnsScaled(problem.A1, less("A1")),
		A2: columnsScaled(keys, less("A2")),
		A3: columnsScaled(problem.A3, less("A3")),
		// In double precision, where an entry that is small beside the largest keeps its digits.
		X: Matrix.build(X.rows, X.cols, (a, b) =>
			isUnseen(a, b) ? 0 : timesPowerOfTwo(X.at(a, b), A1[a] + A2[b] - powers),
		),
		Y: entriesScaled(Y, (a) => A3[a] - values, "f64"),
		scale: timesPowerOfTwo(scale, powers),
		...(given.E && { E: columnsScaled(given.E, new Int32Array(problem.d).fill(-values)) }),
	};
	return { problem: made, exponents };
}

/** Exponents of columns; undefined for those of zeros, whose products are 0 whatever the matrix beside them has. */
type Shifts = readonly (number | undefined)[];

/** An exponent, less than any where there is none. */
const counted = (exponent: number | undefined): number => exponent ?? Number.NEGATIVE_INFINITY;

/** The exponents, and for columns of zeros those that bring the entries beside them near 1, so that no product with them leaves the range. */
const filled = (shifts: Shifts, near: (column: number) => number): Int32Array =>
	Int32Array.from(shifts, (k, column) => k ?? near(column));

/** The exponent of the largest entry of a row, where column b is multiplied by 2^shift(b); 0 where all are 0. */
const rowExponent = (matrix: Matrix, i: number, shift?: (b: number) => number): number =>
	largestExponent(matrix.slice(i, i + 1), shift && ((_, b) => shift(b))) ?? 0;

/** k: the power of two that goes from X to the scale, so that both are in the range. */
function weightPowers(
	{ X, scale, A1: { dtype } }: AttentionLayer<RowSource>,
	shift: (a: number, b: number) => number,
): number {
	const own = Math.round(Math.log2(scale));
	const largest = largestExponent(X, shift);
	// Weights of zeros take any power: all of the scale's.
	if (largest === undefined) return -own;
	const [least, most] = SCALE_EXPONENTS[dtype];
	const wanted = Math.abs(largest) <= SAFE_EXPONENT[dtype] ? 0 : largest;
	// A scale below `least` goes with scores that no weight sees: X' may then lose digits, the gradient may not.
	return Math.min(most - own, Math.max(least - own, wanted));
}

/** The exponent of the largest entry of each column, where entry (a, b) is multiplied by 2^shift(a, b); less than any for zeros. */
function columnExponents(matrix: Matrix, shift: (a: number, b: number) => number): number[] {
	const columns = transpose(matrix);
	return Array.from({ length: matrix.cols }, (_, b) =>
		counted(largestExponent(columns.slice(b, b + 1), (_, a) => shift(a, b))),
	);
}

/** The largest exponent less the smallest; columns of zeros do not count. */
function spreadOf(exponents: readonly number[]): number {
	const sizes = exponents.filter(Number.isFinite);
	return sizes.length === 0 ? 0 : Math.max(...sizes) - Math.min(...sizes);
}

/** The problem in double precision, which holds all products of numbers in single precision. */
function scaledInDoubles<Problem extends AttentionLayer<RowSource>>(
	problem: Problem,
): ReturnType<typeof scaledProblem<Problem>> {
	const given: Partial<Record<MatrixName, RowSource>> = problem;
	const wide = {
		...problem,
		...{ A1: inDoubles(problem.A1), A2: inDoubles(problem.A2), A3: inDoubles(problem.A3) },
		...(given.E && { E: inDoubles(given.E) }),
	};
	const none = new Int32Array(problem.d);
	return scaledProblem(wide) ?? { problem: wide, exponents: { A1: none, A2: none, A3: none, values: 0, scale: 0 } };
}

/** The exponent that takes entry (i, j) of the gradient in a matrix back. */
export function gradientExponent(
	name: MatrixName,
	{ A1, A2, A3, values, scale }: ResultExponents,
): (i: number, j: number) => number {
	const ways: Record<MatrixName, (i: number, j: number) => number> = {
		X: (a, b) => A1[a] + A2[b] + 2 * values - scale,
		Y: (a) => A3[a] + values,
		A1: (_, b) => 2 * values - A1[b],
		A2: (_, b) => 2 * values - A2[b],
		A3: (_, b) => 2 * values - A3[b],
		E: () => values,
	};
	return ways[name];
}

/** Runs an exact gradient on the scaled problem, where scaling is needed, and takes its results back; a remark says where the gradient itself is below the range. */
export async function gradientInRange<
	Rows extends RowSource,
	Result extends { gradient: Matrix; gradientY?: Matrix; loss: number; remark?: string },
>(
	problem: AttentionProblem<Rows>,
	run: (problem: AttentionProblem<Rows>) => Result | Promise<Result>,
): Promise<Result> {
	const scaled = scaledProblem(problem);
	if (scaled === undefined) return run(problem);
	const { exponents } = scaled;
	const result = await run(scaled.problem);
	const exponent = gradientExponent("X", exponents);
	const gradient = entriesScaled(result.gradient, exponent);
	const size = largestExponent(result.gradient, exponent);
	const isLost = size !== undefined && size < LEAST_EXPONENT;
	return {
		...result,
		gradient,
		...(isLost && { remark: `the largest entry is about 2^${size}, below the normal range: its digits are lost` }),
		...(result.gradientY && { gradientY: entriesScaled(result.gradientY, gradientExponent("Y", exponents)) }),
		loss: timesPowerOfTwo(result.loss, 2 * exponents.values),
	};
}
