import type { AttentionProblem, MatrixName } from "@attgrad/attention-problem";
import type { Matrix } from "@attgrad/matrix-core";

/** The accuracy that a certified computation of several gradients must reach. */
export interface ProblemGradientsRequest {
	/** Bound on the error of every entry. */
	readonly epsilon?: number | undefined;
	/** Bound on the error of each gradient as a part of its largest entry. @default 1e-3, where nothing else is asked for */
	readonly relative?: number | undefined;
	/** @default one that proves what is asked for, as low as a sample of rows tells */
	readonly degree?: number | undefined;
}

/** Names of what can be asked for. */
export const polynomialGradientOptions = [
	"epsilon",
	"relative",
	"degree",
] as const satisfies readonly (keyof ProblemGradientsRequest)[];

/** Gradients of the loss in matrices of a problem, in double precision, each with a proved bound on its error. */
export interface CertifiedProblemGradients {
	readonly gradients: Readonly<Partial<Record<MatrixName, Matrix>>>;
	/** At least the largest error of an entry of each; Infinity where nothing is proved. */
	readonly bounds: Readonly<Partial<Record<MatrixName, number>>>;
	readonly loss: number;
	readonly degree: number;
	/** K = C(d + degree, degree). */
	readonly rank: number;
	/** Rows that were computed exactly. */
	readonly exactRows: number;
	/** The remark for a run with a relative error where some gradient may be zero. */
	readonly remark?: string;
}

/** The problem in double precision, which holds every number of single precision. */
export function wide({ A1, A2, A3, E, X, Y, ...sizes }: AttentionProblem): AttentionProblem {
	const [a1, a2, a3, e] = [A1, A2, A3, E].map((matrix) => matrix.as("f64")) as [Matrix, Matrix, Matrix, Matrix];
	return { ...sizes, A1: a1, A2: a2, A3: a3, E: e, X: X.as("f64"), Y: Y.as("f64") };
}
