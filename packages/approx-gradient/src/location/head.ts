import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";

/** Queries and keys of one head, in double precision; scores are scale · <q_j, k_l>. */
export interface HeadRows {
	/** n_q x d. */
	readonly Q: Matrix;
	/** n_k x d. */
	readonly K: Matrix;
	readonly scale: number;
}

/** The head as a problem of the paper, for what works on these: A1 = Q, X = 1, A2 = K. Where queries and keys differ in number, the fewer are repeated. */
export function problemOfHead({ Q, K, scale }: HeadRows): AttentionProblem {
	const n = Math.max(Q.rows, K.rows);
	const d = Q.cols;
	const filled = (rows: Matrix): Matrix =>
		rows.rows === n ? rows : Matrix.build(n, d, (i, b) => rows.at(i % rows.rows, b));
	const [A1, A2] = [filled(Q), filled(K)];
	return createProblem({ A1, A2, A3: A2, E: A2, X: Matrix.identity(d), Y: Matrix.identity(d) }, scale);
}
