import { type AttentionProblem, createBackwardProblem, inMemory, type MatrixName } from "@attgrad/attention-problem";
import { ComputationError, Matrix, multiply, type RowSource, type Runtime, UsageError } from "@attgrad/matrix-core";
import { DEFAULT_RELATIVE } from "../../accuracy.ts";
import { maxUp, plus } from "../../error-bound/index.ts";
import { type ApproximateGradientY, polynomialGradientY } from "../../polynomial/gradient-y.ts";
import { availableMemory } from "../../polynomial/monomials/feature-tree.ts";
import { polynomialOperatorOutput } from "../output/polynomial-output.ts";
import { leastProving } from "../plan/degree-search.ts";
import { HIGHEST_TRIED } from "../plan/expected-degree.ts";
import { backwardPolynomial, memoryOf } from "../polynomial-backward.ts";
import { type Bounded, inner, outer } from "./bounded-products.ts";
import { type MovedGradients, movedGradients, productErrors } from "./moved-operands.ts";
import { firstDegreeOf } from "./plan-problem-gradients.ts";
import { type CertifiedProblemGradients, type ProblemGradientsRequest, wide } from "./problem-gradients-request.ts";
import { shareOf, zeroRemark } from "./proved-share.ts";

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
