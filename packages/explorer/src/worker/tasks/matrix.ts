import { countMonomials, polynomialFamilies } from "@attgrad/approx-gradient";
import { type AttentionProblem, generateProblem, scaledQueries } from "@attgrad/attention-problem";
import { Matrix, singularValues } from "@attgrad/matrix-core";

/** A generated problem, and how close its softmax matrix is to be approximated. */
export interface MatrixRequest {
	readonly n: number;
	readonly d: number;
	readonly B: number;
	/** Bound on the relative error of every exponential. */
	readonly delta: number;
	readonly distribution: string;
	readonly seed: number;
}

/** A softmax matrix beside its approximation of low rank. */
export interface MatrixAnswer {
	readonly n: number;
	/** The request's bound on the relative error, which degree, rank and numerical rank are for. */
	readonly delta: number;
	/** Queries and keys in the order of their first coordinates: row j is query rows[j], column l is key cols[l]. */
	readonly rows: Uint32Array;
	readonly cols: Uint32Array;
	/** f of Definition 3.4, n x n, row-major, in that order. */
	readonly softmax: Float64Array;
	/** U1 V1ᵀ of Lemma D.1: rows of P(scores), normalised. */
	readonly approximation: Float64Array;
	/** Singular values of f, largest first. */
	readonly singular: Float64Array;
	/** Largest score in absolute value. */
	readonly radius: number;
	/** Least Chebyshev degree that is proved to be within delta, and its rank K = C(d + degree, degree); absent where none is. */
	readonly degree: number | undefined;
	readonly rank: number | undefined;
	/** Singular values that are at least delta times the largest. */
	readonly numericalRank: number;
	/** max |U1 V1ᵀ − f|. */
	readonly largestError: number;
}

/**
 * The softmax matrix, its approximation and its singular values: O(n²(d + degree) + n³). The approximation is computed entry by
 * entry, P(q · k), which is U1 V1ᵀ multiplied out.
 */
export async function answerMatrix({ delta, ...options }: MatrixRequest): Promise<MatrixAnswer> {
	const problem = generateProblem(options);
	const { n, d } = problem;
	const rows = orderOf(scaledQueries(problem));
	const cols = orderOf(problem.A2);
	const scores = scoresOf(problem, rows, cols);
	const radius = scores.reduce((largest, score) => Math.max(largest, Math.abs(score)), 0);
	const softmax = normalised(scores.map(Math.exp), n);
	const found = polynomialFamilies.chebyshev.degreeFor(radius, delta);
	const degree = Number.isFinite(found) ? found : undefined;
	const approximation =
		degree === undefined
			? softmax.map(() => Number.NaN)
			: normalised(polynomialOf(scores, polynomialFamilies.chebyshev.coefficients(radius, degree)), n);
	const { values: singular } = singularValues(new Matrix(n, n, softmax));
	return {
		n,
		delta,
		rows,
		cols,
		softmax,
		approximation,
		singular,
		radius,
		degree,
		rank: degree === undefined ? undefined : countMonomials(d, degree),
		numericalRank: singular.filter((value) => value >= delta * singular[0]).length,
		largestError: softmax.reduce((largest, value, at) => Math.max(largest, Math.abs(approximation[at] - value)), 0),
	};
}

/** Indices of rows in the order of their first entries: neighbours look alike, and the picture shows what the matrix is made of. */
const orderOf = (matrix: Matrix): Uint32Array =>
	Uint32Array.from({ length: matrix.rows }, (_, j) => j).sort((a, b) => matrix.at(a, 0) - matrix.at(b, 0));

/** Scores scale · A1 X A2ᵀ, n x n, of queries and keys in an order. */
function scoresOf(problem: AttentionProblem, rows: Uint32Array, cols: Uint32Array): Float64Array {
	const { n, d, A2 } = problem;
	const [queries, keys] = [scaledQueries(problem).data, A2.data];
	const scores = new Float64Array(n * n);
	for (let j = 0, at = 0; j < n; j++)
		for (let l = 0; l < n; l++, at++) {
			let score = 0;
			for (let b = 0; b < d; b++) score += queries[rows[j] * d + b] * keys[cols[l] * d + b];
			scores[at] = score;
		}
	return scores;
}

/** P of every entry, by Horner's rule. */
function polynomialOf(scores: Float64Array, coefficients: Float64Array): Float64Array {
	return scores.map((score) => {
		let sum = 0;
		for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * score + coefficients[k];
		return sum;
	});
}

/** Divides each row of an n x n matrix by its sum, in place. */
function normalised(entries: Float64Array, n: number): Float64Array {
	for (let j = 0; j < n; j++) {
		const row = entries.subarray(j * n, (j + 1) * n);
		const sum = row.reduce((total, entry) => total + entry, 0);
		for (let l = 0; l < n; l++) row[l] /= sum;
	}
	return entries;
}
