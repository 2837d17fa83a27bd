import { findAlgorithm } from "@attgrad/algorithms";
import { type PlanEntry, planGradient, timeByName } from "@attgrad/approx-gradient";
import { type AttentionProblem, createProblem, generateProblem } from "@attgrad/attention-problem";
import { Matrix, type Runtime } from "@attgrad/matrix-core";

/** The accuracy that plans are made for, as a part of the largest entry. */
const RELATIVE = 1e-3;

/** The factor by which the spread of tokens falls from one coordinate to the next: of uniform data, and of data with few directions. */
const SPREADS = [1, 0.5];

/** A run that a plan predicts. */
export interface PlannedRun {
	readonly name: string;
	readonly words: string;
	readonly predicted: number;
	run(): Promise<unknown>;
}

/** Uniform tokens whose spread falls by a factor from one coordinate to the next. */
function spreadProblem(n: number, d: number, factor: number): AttentionProblem {
	const B = factor === 1 ? 1 : 1.5;
	const uniform = generateProblem({ distribution: "uniform", n, d, B, seed: 1 });
	if (factor === 1) return uniform;
	const narrowed = (rows: Matrix) => Matrix.build(n, d, (j, b) => rows.at(j, b) * factor ** b);
	const [A1, A2] = [narrowed(uniform.A1), narrowed(uniform.A2)];
	return createProblem({ ...uniform, A1, A2, X: Matrix.identity(d) }, uniform.scale);
}

/**
 * Polynomials by row and over anisotropic sets that a thorough plan foresees to take no longer than `longest`: each by name, with the choice of degree or
 * set, and each as `auto` runs it, from the choice on.
 */
export async function plannedRuns(n: number, d: number, longest: number, runtime: Runtime): Promise<PlannedRun[]> {
	const runs: PlannedRun[] = [];
	for (const factor of SPREADS) {
		const problem = spreadProblem(n, d, factor);
		const { entries, target } = await planGradient(problem, { relative: RELATIVE, thorough: true }, runtime);
		for (const entry of entries) {
			const { options, milliseconds = Number.POSITIVE_INFINITY, run } = entry;
			const byName = timeByName(entry) ?? Number.POSITIVE_INFINITY;
			const { basis = "chebyshev", monomials } = options;
			if (!run || byName > longest || (basis !== "gauss" && monomials === undefined)) continue;
			const name = `${basis}${monomials === undefined ? "" : `, ${monomials}`}`;
			const words = `spread ${factor}, ${entry.detail}`;
			const call = callByName(entry, problem, target?.epsilon ?? 0, runtime);
			runs.push({ name: `${name}, by name`, words, predicted: byName, run: call });
			runs.push({ name: `${name}, from the choice on`, words, predicted: milliseconds, run: () => run() });
		}
	}
	return runs;
}

/** A call of an entry's algorithm by name, for the absolute error that the plan is for. */
function callByName(entry: PlanEntry, problem: AttentionProblem, epsilon: number, runtime: Runtime) {
	const { algorithm, options: fixed } = findAlgorithm(entry.algorithm);
	const { relative: _, ...own } = entry.options;
	const parsed = algorithm.options.parse({ ...fixed, ...own, epsilon });
	return () => algorithm.run(problem, parsed, runtime);
}
