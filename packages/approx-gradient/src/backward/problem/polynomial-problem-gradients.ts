import {
	type AttentionProblem,
	type BackwardProblem,
	createBackwardProblem,
	inMemory,
	type MatrixName,
	matrixNames,
	type OfEachGradient,
	provedRelative,
} from "@attgrad/attention-problem";
import {
	ComputationError,
	Matrix,
	maxAbs,
	multiply,
	type RowSource,
	type Runtime,
	UsageError,
} from "@attgrad/matrix-core";
import { ABSOLUTE_OF_ZERO, DEFAULT_RELATIVE } from "../../accuracy.ts";
import { maxUp, plus } from "../../error-bound/index.ts";
import { type ApproximateGradientY, polynomialGradientY } from "../../polynomial/gradient-y.ts";
import { availableMemory } from "../../polynomial/monomials/feature-tree.ts";
import { polynomialOperatorOutput } from "../output/polynomial-output.ts";
import { leastProving } from "../plan/degree-search.ts";
import {
	type BackwardAccuracy,
	expectedShare,
	firstDegree,
	HIGHEST_TRIED,
	outputShare,
	type ShareOf,
} from "../plan/expected-degree.ts";
import { type BackwardPlan, planBackward } from "../plan-backward.ts";
import { backwardPolynomial, memoryOf } from "../polynomial-backward.ts";
import { type Bounded, inner, outer } from "./bounded-products.ts";
import { type MovedGradients, movedGradients, productErrors } from "./moved-operands.ts";

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

/**
 * Gradients of the paper's loss (Definition 1.4) in any of its matrices by sums of monomials: the polynomial output, then one polynomial
 * backward pass of the operator at Q = A1 X, K = A2, V = A3 Y, dO = O − E for all of them. Then dL/dX = A1ᵀ dQ, dL/dA1 = dQ Xᵀ, dL/dA2 = dK,
 * dL/dY = A3ᵀ dV or (f̃ A3)ᵀ c̃, whichever proves more, dL/dA3 = dV Yᵀ, dL/dE = E − O; dL/dY alone takes no backward pass. Bounds cover the polynomials, the error of O in dO, and the rounding of every product. O(n K d),
 * memory O(n d + K d).
 * @throws UsageError for a problem that was rounded when it was read, since the proof is about the numbers that were given;
 * ComputationError where no degree proves what is asked for
 */
export async function polynomialProblemGradients(
	given: AttentionProblem<RowSource>,
	wrt: readonly MatrixName[],
	{ degree, epsilon, ...asked }: ProblemGradientsRequest,
	runtime: Runtime,
): Promise<CertifiedProblemGradients> {
	if (given.roundedFrom !== undefined)
		throw new UsageError(
			`polynomial: the problem was rounded from ${given.roundedFrom} to ${given.A1.dtype}; bounds in several matrices are proved of the numbers that were given: use ${given.roundedFrom}`,
		);
	const problem = wide(inMemory(given));
	const relative = asked.relative ?? (degree === undefined && epsilon === undefined ? DEFAULT_RELATIVE : undefined);
	const isAsked = epsilon !== undefined || relative !== undefined;
	const first = degree ?? (await firstDegreeOf(problem, wrt, { epsilon, relative }, runtime));
	const best = await leastProving<CertifiedProblemGradients>(first, degree ?? HIGHEST_TRIED, async (tried) => {
		const made = await atDegree(problem, wrt, tried, runtime);
		return made && { made, share: isAsked ? shareOf(made, { epsilon, relative }) : 0 };
	});
	if (best.made && best.share <= 1) return best.made;
	if (best.made && shareOf(best.made, { epsilon, relative, zeros: true }) <= 1)
		return { ...best.made, remark: zeroRemark(best.made) };
	const what = [epsilon && `epsilon ${epsilon}`, relative && `relative ${relative}`].filter(Boolean).join(", ");
	const most = Number.isFinite(best.share)
		? `degree ${best.degree} proves ${best.share.toPrecision(3)} times that`
		: "no bound holds; use streaming";
	throw new ComputationError(
		"failed",
		`polynomial: ${degree === undefined ? "no degree proves" : `degree ${degree} does not prove`} ${what}; ${most}`,
	);
}

/** Operands of the operator, and about its upstream gradient: that of an output of zeros. */
function sampledOperands({ A1, A2, A3, E, X, Y, scale }: AttentionProblem): BackwardProblem {
	return createBackwardProblem({ Q: multiply(A1, X), K: A2, V: multiply(A3, Y), dO: E }, { scale });
}

/**
 * Shares of the gradients of the operator that those in some matrices go through; of the outputs where E − O alone is asked for, whose largest entry is taken
 * to be about that of E.
 */
function sharesOf(operands: BackwardProblem, wrt: readonly MatrixName[], asked: BackwardAccuracy): ShareOf {
	const names = wrt.flatMap((name) => through[name]);
	if (names.length > 0) return expectedShare(operands, asked, names);
	const { epsilon = Number.POSITIVE_INFINITY, relative = Number.POSITIVE_INFINITY } = asked;
	return outputShare(operands, { epsilon: Math.min(epsilon, relative * maxAbs(operands.dO)) });
}

/** Through which gradient of the operator that in a matrix goes; the one in E has none. */
const through: Readonly<Record<MatrixName, readonly (keyof OfEachGradient)[]>> = {
	...{ X: ["dQ"], A1: ["dQ"], A2: ["dK"], A3: ["dV"], Y: ["dV"], E: [] },
};

/** The degree that a sample expects where there are many rows, otherwise 1. */
async function firstDegreeOf(
	problem: AttentionProblem,
	wrt: readonly MatrixName[],
	asked: BackwardAccuracy,
	runtime: Runtime,
): Promise<number> {
	const operands = sampledOperands(problem);
	const { chunk } = backwardPolynomial.options.parse({});
	const fits = (degree: number) => memoryOf(operands, degree, chunk) <= availableMemory();
	return firstDegree(operands, sharesOf(operands, wrt, asked), runtime, fits);
}

/**
 * Whether polynomials are expected to be faster than the exact pass: at about which degree, or why not. Looks at a sample of rows, and makes A1 X
 * and A3 Y.
 */
export async function planProblemGradients(
	given: AttentionProblem<RowSource>,
	wrt: readonly MatrixName[],
	{ epsilon, relative }: ProblemGradientsRequest,
	runtime: Runtime,
): Promise<BackwardPlan> {
	if (given.roundedFrom !== undefined || (epsilon === undefined && relative === undefined))
		return { why: "exact up to rounding; one backward pass gives the gradients in all matrices" };
	const { chunk } = backwardPolynomial.options.parse({});
	const operands = sampledOperands(wide(inMemory(given)));
	const asked = { epsilon, relative };
	return planBackward(operands, asked, chunk, runtime, sharesOf(operands, wrt, asked));
}

/** The problem in double precision, which holds every number of single precision. */
function wide({ A1, A2, A3, E, X, Y, ...sizes }: AttentionProblem): AttentionProblem {
	const [a1, a2, a3, e] = [A1, A2, A3, E].map((matrix) => matrix.as("f64")) as [Matrix, Matrix, Matrix, Matrix];
	return { ...sizes, A1: a1, A2: a2, A3: a3, E: e, X: X.as("f64"), Y: Y.as("f64") };
}

/** The gradients and their bounds at a degree; undefined where there is no memory for it. */
async function atDegree(
	problem: AttentionProblem,
	wrt: readonly MatrixName[],
	degree: number,
	runtime: Runtime,
): Promise<CertifiedProblemGradients | undefined> {
	const { A1, A2, A3, E, X, Y, scale } = problem;
	const [Q, V] = [multiply(A1, X), multiply(A3, Y)];
	const options = backwardPolynomial.options.parse({ degree });
	const operands = createBackwardProblem({ Q, K: A2, V, dO: E }, { scale });
	if (memoryOf(operands, degree, options.chunk) > availableMemory()) return undefined;
	const ofY = wrt.includes("Y") ? await polynomialGradientY(problem, { degree, basis: "gauss" }, runtime) : undefined;
	if (ofY && wrt.every((name) => name === "Y")) return alone(ofY);
	const forward = await polynomialOperatorOutput(operands, options, runtime);
	const O = forward.output;
	const dO = Matrix.build(E.rows, E.cols, (j, i) => O.at(j, i) - E.at(j, i));
	const result = await backwardPolynomial.run({ ...operands, dO }, options, runtime, { rowBounds: true });
	const { dQ, dK, dV, certificate } = result;
	const moved = movedGradients(
		{ Q, K: A2, V, dO, scale },
		{ queries: productErrors(A1, X), value: maxUp(productErrors(A3, Y)), output: forward.rowBounds },
	);
	const rowErrors = certificate?.rowBounds ?? unknownRows(Q.rows);
	const make = gradientsOf(problem, { dQ, dK, dV, dO }, rowErrors, moved);
	const made = wrt.map((name) => [name, name === "Y" ? lesser(make.Y(), ofY) : make[name]()] as const);
	let loss = 0;
	for (const x of dO.data) loss += (x * x) / 2;
	return {
		gradients: Object.fromEntries(made.map(([name, { gradient }]) => [name, gradient])),
		bounds: Object.fromEntries(made.map(([name, { bound }]) => [name, bound])),
		...{ loss, degree, rank: forward.rank, exactRows: result.exactRows ?? 0 },
	};
}

/** The gradient in Y and no other. */
const alone = ({ gradientY, certificate, loss, degree, rank, exactRows = 0 }: ApproximateGradientY) => ({
	...{ gradients: { Y: gradientY }, bounds: { Y: certificate.bound }, loss, degree, rank, exactRows },
});

/** The gradient in Y with the lesser bound: through dV, whose bounds are sums over queries for each key, or from the output, whose bounds are of rows. */
function lesser(throughValues: Bounded, ofY: ApproximateGradientY | undefined): Bounded {
	if (!ofY || throughValues.bound <= ofY.certificate.bound) return throughValues;
	return { gradient: ofY.gradientY, bound: ofY.certificate.bound };
}

const unknownRows = (n: number) => {
	const rows = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
	return { dQ: rows, dK: rows, dV: rows };
};

/** Each gradient from those of the operator, with what its entries may be off by. */
function gradientsOf(
	{ A1, A3, X, Y }: AttentionProblem,
	{ dQ, dK, dV, dO }: Readonly<Record<"dQ" | "dK" | "dV" | "dO", Matrix>>,
	rows: Readonly<Record<"dQ" | "dK" | "dV", Float64Array>>,
	moved: MovedGradients,
): Record<MatrixName, () => Bounded> {
	const [movedK, movedV] = [maxUp(moved.dK), maxUp(moved.dV)];
	const queries = rows.dQ.map((bound, j) => plus(bound, moved.dQ[j]));
	const values = rows.dV.map((bound) => plus(bound, movedV));
	return {
		X: () => inner(A1, dQ, queries),
		Y: () => inner(A3, dV, values),
		A1: () => outer(dQ, X, queries),
		A2: () => ({ gradient: dK, bound: plus(maxUp(rows.dK), movedK) }),
		A3: () => outer(dV, Y, values),
		E: () => ({
			// -0 would be another number than the 0 of an exact E − O
			gradient: Matrix.build(dO.rows, dO.cols, (j, i) => 0 - dO.at(j, i)),
			bound: maxUp(moved.dO),
		}),
	};
}

/** The largest bound over what is asked for; with `zeros`, a gradient that its bound does not tell from zero is held to an absolute error. */
function shareOf(
	{ gradients, bounds }: CertifiedProblemGradients,
	{ epsilon, relative, zeros }: { epsilon?: number | undefined; relative?: number | undefined; zeros?: boolean },
): number {
	let share = 0;
	for (const [name, bound] of Object.entries(bounds) as [MatrixName, number][]) {
		const size = sizeOf(gradients[name]);
		if (epsilon !== undefined) share = Math.max(share, bound / epsilon);
		if (relative === undefined) continue;
		const isZero = zeros && size <= bound;
		share = Math.max(share, isZero ? bound / ABSOLUTE_OF_ZERO : provedRelative(bound, size) / relative);
	}
	return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
}

const sizeOf = (gradient: Matrix | undefined): number => (gradient ? maxAbs(gradient) : 0);

function zeroRemark({ gradients, bounds }: CertifiedProblemGradients): string {
	const zeros = matrixNames.filter((name) => {
		const bound = bounds[name];
		return bound !== undefined && sizeOf(gradients[name]) <= bound;
	});
	return `${zeros.join(", ")} cannot be told from zero: a relative error has no meaning, an absolute one of ${ABSOLUTE_OF_ZERO} is proved`;
}
