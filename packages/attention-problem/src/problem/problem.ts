import { type Dtype, firstNotFinite, Matrix, materialise, type RowSource, UsageError } from "@attgrad/matrix-core";
import { convertedRows } from "./converted-rows.ts";

/**
 * The attention loss gradient problem of Definition 1.4 at the point X: inputs of
 * L(X) = ½ ‖D(X)⁻¹ exp(scale · A1 X A2ᵀ) A3 Y − E‖_F².
 * `Rows` is `Matrix` for a problem in memory, `RowSource` for one whose rows may come from a file.
 */
export interface AttentionProblem<Rows extends RowSource = Matrix> {
	/** Number of tokens. */
	readonly n: number;
	/** Width. */
	readonly d: number;
	/** Query inputs, n x d. */
	readonly A1: Rows;
	/** Keys, n x d. */
	readonly A2: Rows;
	/** Value inputs, n x d. */
	readonly A3: Rows;
	/** Target, n x d. */
	readonly E: Rows;
	/** Query-key weights, d x d: the gradient is taken in X. */
	readonly X: Matrix;
	/** Value weights, d x d. */
	readonly Y: Matrix;
	/** Factor of the scores; 1/d in the paper. */
	readonly scale: number;
	/**
	 * The number type that the entries were rounded from when they were read: a certificate covers that rounding too, since it is
	 * about the numbers that were given. @default none: the entries are those given
	 */
	readonly roundedFrom?: Dtype | undefined;
}

/** The matrices of a problem, in the order of its archive. */
export const matrixNames = ["A1", "A2", "A3", "E", "X", "Y"] as const;

/** Name of a matrix of a problem. */
export type MatrixName = (typeof matrixNames)[number];

/**
 * Checks the matrices of an instance and makes a problem of them; no copy.
 * @param scale factor of the scores; default: 1/d
 * @throws UsageError for a wrong shape, n = 0, d = 0, number types that differ, or a scale that is not a finite number > 0;
 * and, for matrices in memory, for an entry that is NaN or infinite (out-of-core rows are checked as they are read)
 */
export function createProblem<Rows extends RowSource = Matrix>(
	matrices: { A1: Rows; A2: Rows; A3: Rows; E: Rows; X: Matrix; Y: Matrix },
	scale?: number,
): AttentionProblem<Rows> {
	const { rows: n, cols: d } = matrices.A1;
	if (n === 0 || d === 0) throw new UsageError(`problem: A1 must have at least one row and column, got ${n} x ${d}`);
	for (const name of matrixNames) {
		const { rows, cols } = matrices[name];
		const expected = name === "X" || name === "Y" ? d : n;
		if (rows !== expected || cols !== d)
			throw new UsageError(`problem: ${name} must be ${expected} x ${d} (A1 is ${n} x ${d}), got ${rows} x ${cols}`);
		if (matrices[name].dtype !== matrices.A1.dtype)
			throw new UsageError(
				`problem: ${name} is ${matrices[name].dtype}, A1 is ${matrices.A1.dtype}; all must be of one type`,
			);
		checkFinite(name, matrices[name]);
	}
	const factor = scale ?? 1 / d;
	if (!(Number.isFinite(factor) && factor > 0))
		throw new UsageError(`problem: scale must be a finite number > 0, got ${factor}`);
	return { n, d, ...matrices, scale: factor };
}

/**
 * @param what names the thing that the matrix is a part of
 * @throws UsageError naming the first entry that is NaN or infinite; rows that are not in memory are not read
 */
export function checkFinite(name: string, source: RowSource, how = "", what = "problem"): void {
	if (!(source instanceof Matrix)) return;
	const at = firstNotFinite(source.data, 0, source.data.length);
	if (at >= 0)
		throw new UsageError(
			`${what}: ${name}[${Math.floor(at / source.cols)}, ${at % source.cols}] is ${source.data[at]}${how}; every entry must be finite`,
		);
}

/** The problem with all its rows in memory, 4nd numbers; the problem itself where they are. @throws what reading its rows throws */
export function inMemory(problem: AttentionProblem<RowSource>): AttentionProblem {
	const { A1, A2, A3, E } = problem;
	return { ...problem, A1: materialise(A1), A2: materialise(A2), A3: materialise(A3), E: materialise(E) };
}

/**
 * The problem with every matrix as `dtype`, rounded where that is narrower; rows that are not in memory are converted as
 * they are read. A problem that is rounded says so (`roundedFrom`).
 * @throws UsageError for an entry that is too large for float32
 */
export function asDtype(problem: AttentionProblem, dtype: Dtype): AttentionProblem;
export function asDtype(problem: AttentionProblem<RowSource>, dtype: Dtype): AttentionProblem<RowSource>;
export function asDtype(problem: AttentionProblem<RowSource>, dtype: Dtype): AttentionProblem<RowSource> {
	const { A1, A2, A3, E, X, Y } = problem;
	const rows = (source: RowSource) => (source instanceof Matrix ? source.as(dtype) : convertedRows(source, dtype));
	const matrices = { A1: rows(A1), A2: rows(A2), A3: rows(A3), E: rows(E), X: X.as(dtype), Y: Y.as(dtype) };
	for (const name of matrixNames)
		if (matrices[name] !== problem[name]) checkFinite(name, matrices[name], ` as ${dtype}`);
	const narrowed = A1.dtype === "f64" && dtype === "f32";
	return { ...problem, ...matrices, ...(narrowed && { roundedFrom: A1.dtype }) };
}
