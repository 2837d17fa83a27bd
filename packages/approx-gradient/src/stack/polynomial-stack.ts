import {
	type AttentionOperands,
	type AttentionStack,
	type BackwardProblem,
	runStack,
	type StackRun,
} from "@attgrad/attention-problem";
import { ComputationError, type Matrix, type Runtime } from "@attgrad/matrix-core";
import { backwardPolynomial, degreeAfter, polynomialOperatorOutput } from "../backward/index.ts";
import { over, sumUp, times } from "../error-bound/index.ts";
import type { ProvedGradients, ProvedOutput } from "./proved-pass.ts";
import { operandSample, servesSample } from "./serving-degree.ts";
import { largest, rowLengths } from "./sizes.ts";

/** How far a layer may be perturbed, or at which degree it is computed. */
export interface StackAccuracy {
	/** Degree of the polynomials of every layer. @default one that keeps `relative`, as low as tries tell */
	readonly degree?: number | undefined;
	/** Largest perturbation of a layer's attention against its size. @default 4e-3 where no degree is given: the rounding of bfloat16 */
	readonly relative?: number | undefined;
}

/** Degrees and exact rows of a layer, forward and backward. */
export interface StackRoute {
	readonly forward: { readonly degree: number; readonly rank: number; readonly exactRows: number };
	readonly backward: { readonly degree: number; readonly rank: number; readonly exactRows: number };
}

/** The rounding of bfloat16. */
const BFLOAT16 = 2 ** -8;

/** Highest degree that is tried, and the number of tries without a smaller perturbation that ends the search. */
const HIGHEST = 21;
const PATIENCE = 5;

/** Rows up to which every degree is tried. */
const SHORT = 512;

/**
 * Forward and backward through a stack with attention by polynomials (`polynomialOperatorOutput`, `backwardPolynomial`), each layer within the
 * perturbation that is asked for.
 * @throws ComputationError naming the layer where no degree proves it
 */
export async function polynomialStack(
	stack: AttentionStack,
	{ degree, relative = degree === undefined ? BFLOAT16 : undefined }: StackAccuracy,
	runtime: Runtime,
): Promise<StackRun<ProvedOutput, ProvedGradients> & { readonly routes: readonly StackRoute[] }> {
	const forwards: StackRoute["forward"][] = [];
	const backwards: StackRoute["backward"][] = [];
	const search = { degree, relative };
	const run = await runStack(stack, {
		async forward(operands, layer) {
			const where = `forward through layer ${layer + 1}`;
			const serves = servedAt(operands, runtime);
			const { made, ...route } = await leastDegree(search, where, serves, (tried) =>
				outputAt(operands, tried, runtime),
			);
			forwards[layer] = route;
			return made;
		},
		async backward(problem, layer) {
			const where = `backward through layer ${layer + 1}`;
			const serves = servedAt(problem, runtime);
			const { made, ...route } = await leastDegree(search, where, serves, (tried) =>
				gradientsAt(problem, tried, runtime),
			);
			backwards[layer] = route;
			return made;
		},
	});
	return { ...run, routes: forwards.map((forward, at) => ({ forward, backward: backwards[at] })) };
}

/** A pass at a degree, and the perturbation that it proves. */
interface Tried<Made> {
	readonly made: Made;
	readonly perturbation: number;
	readonly rank: number;
	readonly exactRows: number;
}

async function leastDegree<Made>(
	{ degree, relative }: StackAccuracy,
	where: string,
	serves: (degree: number) => Promise<boolean>,
	run: (degree: number) => Promise<Tried<Made>>,
): Promise<Omit<Tried<Made>, "perturbation"> & { degree: number }> {
	const wanted = relative ?? Number.POSITIVE_INFINITY;
	let best = { perturbation: Number.POSITIVE_INFINITY, degree: 0, tries: 0 };
	let next = degree ?? 1;
	while (next <= (degree ?? HIGHEST)) {
		const tried = next++;
		if (degree === undefined && !(await serves(tried))) continue;
		const { made, perturbation, rank, exactRows } = await run(tried);
		if (perturbation <= wanted) return { made, rank, exactRows, degree: tried };
		const better = perturbation < 0.9 * best.perturbation;
		best = better ? { perturbation, degree: tried, tries: 0 } : { ...best, tries: best.tries + 1 };
		next = Math.max(next, Math.min(HIGHEST, degreeAfter(tried, perturbation / wanted)));
		if (best.tries >= PATIENCE && Number.isFinite(best.perturbation)) break;
	}
	const most = Number.isFinite(best.perturbation)
		? `degree ${best.degree} proves ${best.perturbation.toPrecision(3)}`
		: "no degree serves the scores or no bound holds; use streaming";
	throw new ComputationError("failed", `polynomial: no degree proves relative ${relative} ${where}; ${most}`);
}

/** Whether a degree serves nearly all rows of an operator; yes for a short one, whose exact rows cost little. */
function servedAt(operands: AttentionOperands, runtime: Runtime): (degree: number) => Promise<boolean> {
	if (operands.n_q <= SHORT) return async () => true;
	const sample = operandSample(operands);
	return (degree) => servesSample(sample, degree, runtime);
}

async function outputAt(operands: AttentionOperands, degree: number, runtime: Runtime): Promise<Tried<ProvedOutput>> {
	const options = backwardPolynomial.options.parse({ degree });
	const made = await polynomialOperatorOutput(operands, options, runtime);
	return { made, perturbation: against(largest(made.rowBounds), largest(rowLengths(made.output))), ...made };
}

async function gradientsAt(
	problem: BackwardProblem,
	degree: number,
	runtime: Runtime,
): Promise<Tried<ProvedGradients>> {
	const options = backwardPolynomial.options.parse({ degree });
	const result = await backwardPolynomial.run(problem, options, runtime, { rowBounds: true });
	const rowBounds = result.certificate?.rowBounds;
	if (!rowBounds) throw new Error("row bounds were asked for");
	const { dQ, dK, dV, rank, exactRows = 0 } = result;
	const shares = Object.entries({ dQ, dK, dV }).map(([name, rows]: [string, Matrix]) => {
		const bounds = rowBounds[name as keyof typeof rowBounds];
		const entries = Math.sqrt(rows.cols);
		return against(sumUp(bounds.map((bound) => times(entries, bound))), sumUp(rowLengths(rows)));
	});
	return { made: { dQ, dK, dV, rowBounds }, perturbation: largest(shares), rank: Number(rank), exactRows };
}

/** A bound against the size of what it is of, against 1 where that is 0. */
function against(bound: number, size: number): number {
	const share = over(bound, size > 0 ? size * (1 - 2 ** -30) : 1);
	return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
}
