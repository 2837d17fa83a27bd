import { type AttentionProblem, scaledQueries, values } from "@attgrad/attention-problem";
import { hadamard, Matrix, multiply, rowKronecker, rowSums, scaleRows, subtract } from "@attgrad/matrix-core";
import { requirePositive } from "../rows/softmax-rows.ts";
import { type FeatureTree, featureWeights } from "./monomials/feature-tree.ts";
import { totalDegreeTree } from "./monomials/total-degree.ts";

/** The factors of Lemmas D.1 to D.5, written out: U Vᵀ approximates the n x n matrix named beside it. */
export interface LowRankFactors {
	/** f (softmax weights): U1, V1 are n x k1, k1 = K (Lemma D.1). */
	readonly U1: Matrix;
	readonly V1: Matrix;
	/** q = c hᵀ: U2 = c̃, V2 = h are n x d (Lemma D.3). */
	readonly U2: Matrix;
	readonly V2: Matrix;
	/** p1 = f ∘ q: U3 = U1 ⊘ U2, V3 = V1 ⊘ V2 are n x K d (Lemma D.4). */
	readonly U3: Matrix;
	readonly V3: Matrix;
	/** p2 = diag(r) f: U4 = diag(r̃) U1, V4 = V1 are n x K (Lemma D.5, corrected). */
	readonly U4: Matrix;
	readonly V4: Matrix;
	/** r̃_j = <c̃_j, (f̃ h)_j>, n numbers. */
	readonly r: Float64Array;
}

/**
 * The paper's low-rank factors for the polynomial with these coefficients (lowest first), in double precision.
 * Uncentred, as the paper has them. They hold n K d numbers: for looking at and for tests.
 * @throws UsageError when the features would not fit in memory
 * @throws ComputationError (invalid) with row and value where a normaliser D̃_j is not positive
 */
export function lowRankFactors(
	problem: AttentionProblem,
	{ coefficients }: { coefficients: Float64Array },
): LowRankFactors {
	const tree = totalDegreeTree(problem.d, coefficients.length - 1);
	const weights = featureWeights(tree, coefficients);
	const queryFeatures = features(tree, scaledQueries(problem).as("f64"));
	const Phi = Matrix.build(problem.n, tree.size, (j, alpha) => weights[alpha] * queryFeatures.at(j, alpha));
	const V1 = features(tree, problem.A2.as("f64"));

	const ones = Matrix.build(problem.n, 1, () => 1);
	const normalisers = multiply(Phi, multiply(V1, ones, { transposeA: true })).data;
	normalisers.forEach((D, row) => {
		requirePositive("polynomial", row, D, "raise the degree");
	});
	const U1 = scaleRows(
		Phi,
		normalisers.map((D) => 1 / D),
	);
	const V2 = values(problem).as("f64");
	const outputs = multiply(U1, multiply(V1, V2, { transposeA: true }));
	const U2 = subtract(outputs, problem.E.as("f64"));
	const r = rowSums(hadamard(U2, outputs));
	return { U1, V1, U2, V2, U3: rowKronecker(U1, U2), V3: rowKronecker(V1, V2), U4: scaleRows(U1, r), V4: V1, r };
}

/** Feature z^α of every row z, n x K. */
function features(tree: FeatureTree, rows: Matrix): Matrix {
	const made = Matrix.zeros(rows.rows, tree.size);
	for (let j = 0; j < rows.rows; j++) {
		const row = made.row(j);
		row[0] = 1;
		for (let node = 1; node < tree.size; node++) row[node] = row[tree.parent[node]] * rows.at(j, tree.variable[node]);
	}
	return made;
}
