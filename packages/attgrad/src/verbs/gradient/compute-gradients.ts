import {
	type ProblemGradientsRequest,
	planProblemGradients,
	polynomialGradientOptions,
	polynomialProblemGradients,
} from "@attgrad/approx-gradient";
import type { AttentionProblem, MatrixName } from "@attgrad/attention-problem";
import { problemGradients } from "@attgrad/exact-gradient";
import { ComputationError, type Matrix, type RowSource, type Runtime, UsageError } from "@attgrad/matrix-core";
import type { Selection } from "./selection.ts";

/** Gradients by the names of their matrices, and what is known of them. */
export interface Gradients {
	readonly gradients: Readonly<Partial<Record<MatrixName, Matrix>>>;
	readonly loss: number;
	/** Proved bounds on the error of an entry of each. @default none */
	readonly bounds?: Readonly<Partial<Record<MatrixName, number>>>;
	readonly degree?: number;
	readonly rank?: number;
	readonly exactRows?: number;
	readonly remark?: string;
	/** The choice of `auto`, and why. */
	readonly chosen?: { readonly algorithm: string; readonly why: string; readonly exact: boolean };
}

/**
 * @param set names of the options that the call gives
 * @throws UsageError naming the first matrix that the algorithm gives no gradient in, or an option that it does not have here
 */
export function refuseMatrices(selection: Selection, wrt: readonly MatrixName[], set: readonly string[]): void {
	const { name } = selection.algorithm;
	const missing = wrt.find((matrix) => matrix !== "X" && matrix !== "Y");
	if (missing !== undefined && !["streaming", "auto", "polynomial"].includes(name))
		throw new UsageError(`${name} gives no gradient in ${missing}; --algorithm exact gives that in every matrix`);
	if (name !== "polynomial") return;
	const other = matrixOtherThanX(wrt);
	if (selection.spelling !== name)
		throw new UsageError(`${selection.spelling} gives the gradient in X alone; in ${other} there is polynomial`);
	const wrong = set.find((option) => option in selection.algorithm.options.shape && !isOption(option));
	if (wrong !== undefined)
		throw new UsageError(
			`polynomial has no option ${wrong} for the gradient in ${other} (it has ${polynomialGradientOptions.join(", ")})`,
		);
}

const matrixOtherThanX = (wrt: readonly MatrixName[]): MatrixName => wrt.find((name) => name !== "X") ?? "X";

const isOption = (name: string): boolean => polynomialGradientOptions.some((known) => known === name);

/**
 * The gradients of a problem in several of its matrices, all by the same passes. `polynomial` proves a bound for each; `auto` takes it where it is
 * expected to be faster than the exact pass.
 * @throws UsageError for a problem that the algorithm does not take, or no gradient in Y; ComputationError where no degree proves what is asked for
 */
export async function computeGradients(
	problem: AttentionProblem<RowSource>,
	selection: Selection,
	wrt: readonly MatrixName[],
	runtime: Runtime,
): Promise<Gradients> {
	const { algorithm, options } = selection;
	const { degree, epsilon, relative } = options as ProblemGradientsRequest;
	const asked = { degree, epsilon, relative };
	if (algorithm.name === "streaming") return problemGradients(problem, wrt, runtime);
	if (algorithm.name === "polynomial") return polynomialProblemGradients(problem, wrt, asked, runtime);
	if (algorithm.name === "auto") return chosenGradients(problem, wrt, asked, runtime);
	const supported = algorithm.supports(problem, options);
	if (supported !== true) throw new UsageError(supported.reason);
	const { gradient, gradientY, loss } = await algorithm.run(problem, options, runtime);
	if (!gradientY)
		throw new UsageError(`${algorithm.name} gives no gradient in Y; --algorithm exact gives that in every matrix`);
	const both = { X: gradient, Y: gradientY } as Readonly<Partial<Record<MatrixName, Matrix>>>;
	return { gradients: Object.fromEntries(wrt.map((name) => [name, both[name]])), loss };
}

async function chosenGradients(
	problem: AttentionProblem<RowSource>,
	wrt: readonly MatrixName[],
	asked: ProblemGradientsRequest,
	runtime: Runtime,
): Promise<Gradients> {
	const { degree, why } = await planProblemGradients(problem, wrt, asked, runtime);
	let refused = why;
	if (degree !== undefined)
		try {
			const made = await polynomialProblemGradients(problem, wrt, asked, runtime);
			return { ...made, chosen: { algorithm: "polynomial", why, exact: false } };
		} catch (error) {
			if (!(error instanceof ComputationError)) throw error;
			refused = `exact up to rounding; ${error.message}`;
		}
	const made = await problemGradients(problem, wrt, runtime);
	return { ...made, chosen: { algorithm: "streaming", why: refused, exact: true } };
}
