import { polynomialForward } from "@attgrad/approx-gradient";
import { type AttentionProblem, computeOutput } from "@attgrad/attention-problem";
import { exactForward, streaming } from "@attgrad/exact-gradient";
import {
	type CellContext,
	defineExperiment,
	describeError,
	describeResult,
	type GridBlock,
	gradientError,
	type Measurement,
	timeRuns,
} from "@attgrad/harness";
import { ComputationError, frobeniusNorm, type Matrix, mapEntries, subtract } from "@attgrad/matrix-core";
import { figures } from "./figures.ts";
import { publishedProblem, tokensAt } from "./setting.ts";

/** The published degree, and a larger one for comparison. */
const approximations = [2, 4].map((degree) => `polynomial/moment:basis=taylor,degree=${degree}`);

const blocks = (widths: readonly number[]): GridBlock[] =>
	widths.map((d) => ({
		algorithm: ["streaming", ...approximations],
		distribution: ["gaussian"],
		n: [tokensAt(d)],
		d: [d],
		B: [1],
	}));

const widths = (to: number) => Array.from({ length: to - 3 }, (_, i) => i + 4);

/** Rows of the problem that is computed before anything is timed. */
const WARM_ROWS = 160;

/** Errors of a matrix in the Frobenius norm, over that of the exact one, and over that of the sum, as was published. */
function errors(approximate: Matrix, exact: Matrix) {
	const off = frobeniusNorm(subtract(approximate, exact));
	const sum = frobeniusNorm(
		subtract(
			approximate,
			mapEntries(exact, (x) => -x),
		),
	);
	return { relative: off / frobeniusNorm(exact), published: off / sum };
}

/** Time of output and gradient; of an approximation also the errors of both, against exact ones on the same problem. */
async function measure({ cell, algorithm, runtime, budget }: CellContext): Promise<Measurement> {
	if (cell.n !== tokensAt(cell.d))
		throw new ComputationError("skipped", `published: n must be 10 * 2^d = ${tokensAt(cell.d)}, got ${cell.n}`);
	const problem = publishedProblem(cell);
	const { degree, basis } = cell.options;
	const attend = (of: AttentionProblem) =>
		algorithm.exact
			? computeOutput(exactForward, of, {}, runtime)
			: computeOutput(polynomialForward, of, polynomialForward.options.parse({ degree, basis }), runtime);
	// Kernels are compiled before the clock runs.
	const warm = publishedProblem({ ...cell, n: WARM_ROWS });
	await attend(warm);
	await algorithm.run(warm, cell.options, runtime);
	const outputs = await timeRuns(() => attend(problem), budget);
	const gradients = await timeRuns(() => algorithm.run(problem, cell.options, runtime), budget);
	const measured = {
		...describeResult(gradients.result),
		time_ms: Number(gradients.timing.median.toPrecision(6)),
		time_min_ms: Number(gradients.timing.min.toPrecision(6)),
		samples: gradients.timing.samples,
	};
	const forwardMs = Number(outputs.timing.median.toPrecision(6));
	if (algorithm.exact) return { ...measured, extra: { forwardMs } };
	const exact = await streaming.run(problem, {}, runtime);
	const { output } = await computeOutput(exactForward, problem, {}, runtime);
	const forwardErrors = errors(outputs.result.output, output);
	const gradientErrors = errors(gradients.result.gradient, exact.gradient);
	return {
		...measured,
		...describeError(gradientError(gradients.result.gradient, exact.gradient)),
		extra: {
			forwardMs,
			forwardError: forwardErrors.relative,
			forwardPublished: forwardErrors.published,
			gradientError: gradientErrors.relative,
			gradientPublished: gradientErrors.published,
		},
	};
}

/** The setting of the published table on approximating attention gradients, with the softmax and with the gradient. */
export default defineExperiment({
	name: "published",
	title: "The published setting, forward and gradient",
	question:
		"In the one published setting (Taylor degree 2, d = log2(n/10), Gaussian): how good are output and gradient?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "In the one published setting of approximate gradients degree 2 leaves an error of per cents.",
			figure: "error-vs-n",
		},
	],
	grid: { quick: blocks(widths(9)), full: blocks(widths(12)) },
	effort: { quick: { budget: 60, timeLimit: 10_000 }, full: { budget: 300, timeLimit: 120_000 } },
	figures,
	measure,
});
