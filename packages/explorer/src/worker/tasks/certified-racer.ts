import { polynomial } from "@attgrad/approx-gradient";
import type { AttentionProblem, GradientResult } from "@attgrad/attention-problem";
import { ComputationError, type Runtime } from "@attgrad/matrix-core";

/** The polynomial in the place of exp: of each row's own scores, or one for all rows. */
export type Basis = "gauss" | "chebyshev";

/** A certified gradient and its time. */
export interface CertifiedRun {
	readonly basis: Basis;
	readonly result: GradientResult;
	readonly milliseconds: number;
}

interface Candidate {
	readonly basis: Basis;
	/** Least degree that proved epsilon at the size before; undefined before the first. */
	degree?: number | undefined;
	/** Rows of its last problem, and milliseconds of the fastest run on it. */
	n: number;
	fastest: number;
	/** Why it cannot prove epsilon. */
	reason?: string;
}

/** Rows up to which both bases run; beyond it the faster one alone does. */
const BOTH = 4096;

/**
 * The certified racer: the polynomial method at the least degree that proves epsilon, in the basis that is faster. Sizes must rise: the
 * degree of one is where the next begins, and only the run that proves epsilon counts.
 */
export class CertifiedRacer {
	readonly #epsilon: number;
	readonly #runtime: Runtime;
	readonly #candidates: readonly Candidate[] = [
		{ basis: "gauss", n: 0, fastest: 0 },
		{ basis: "chebyshev", n: 0, fastest: 0 },
	];

	constructor(epsilon: number, runtime: Runtime) {
		this.#epsilon = epsilon;
		this.#runtime = runtime;
	}

	/** The fastest certified gradient of a problem. @throws ComputationError where no basis proves epsilon */
	async run(problem: AttentionProblem): Promise<CertifiedRun> {
		let fastest: CertifiedRun | undefined;
		for (const candidate of this.#racing(problem.n)) {
			try {
				const run = await this.#proved(candidate, problem);
				candidate.fastest = Math.min(
					candidate.n === problem.n ? candidate.fastest : Number.POSITIVE_INFINITY,
					run.milliseconds,
				);
				candidate.n = problem.n;
				if (!fastest || run.milliseconds < fastest.milliseconds) fastest = run;
			} catch (error) {
				if (!(error instanceof ComputationError)) throw error;
				candidate.reason = error.message;
			}
		}
		if (fastest) return fastest;
		throw new ComputationError("invalid", this.#candidates[0]?.reason ?? "nothing proves epsilon");
	}

	#racing(n: number): readonly Candidate[] {
		const left = this.#candidates.filter(({ reason }) => reason === undefined);
		return n <= BOTH ? left : left.toSorted((a, b) => a.fastest - b.fastest).slice(0, 1);
	}

	/** A run that proves epsilon: at the degree of the size before, at the next one, or at the one that is predicted. */
	async #proved(candidate: Candidate, problem: AttentionProblem): Promise<CertifiedRun> {
		const { basis, degree } = candidate;
		if (degree === undefined) return this.#first(candidate, problem);
		for (const tried of [degree, degree + 1]) {
			const run = await this.#timed(basis, { degree: tried }, problem);
			if (this.#proves(run)) return run;
			candidate.degree = tried + 1;
		}
		const run = await this.#timed(basis, { epsilon: this.#epsilon }, problem);
		candidate.degree = run.result.degree;
		return run;
	}

	/** The first run of a basis: predictions leave room, so that lower degrees are tried. */
	async #first(candidate: Candidate, problem: AttentionProblem): Promise<CertifiedRun> {
		const { basis } = candidate;
		let best = await this.#timed(basis, { epsilon: this.#epsilon }, problem);
		for (let degree = (best.result.degree ?? 0) - 1; degree >= 0; degree--) {
			const run = await this.#timed(basis, { degree }, problem);
			if (!this.#proves(run)) break;
			best = run;
		}
		candidate.degree = best.result.degree;
		return best;
	}

	#proves({ result }: CertifiedRun): boolean {
		return (result.certificate?.bound ?? Number.POSITIVE_INFINITY) <= this.#epsilon;
	}

	async #timed(
		basis: Basis,
		accuracy: { readonly degree: number } | { readonly epsilon: number },
		problem: AttentionProblem,
	): Promise<CertifiedRun> {
		const options = polynomial.options.parse({ route: "moment", basis, ...accuracy });
		const start = performance.now();
		const result = await polynomial.run(problem, options, this.#runtime);
		return { basis, result, milliseconds: performance.now() - start };
	}
}
