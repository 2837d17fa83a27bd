import type { AnyGradientAlgorithm, AttentionProblem, GradientResult } from "@attgrad/attention-problem";
import { ComputationError, type Runtime } from "@attgrad/matrix-core";

/** Runs one algorithm on problem after problem and keeps account of those that it refused. */
export class Attempts {
	readonly #algorithm: AnyGradientAlgorithm;
	readonly #options: unknown;
	readonly #runtime: Runtime;
	readonly #refusals: string[] = [];
	#ran = 0;
	#supported = 0;

	/** @param options parsed */
	constructor(algorithm: AnyGradientAlgorithm, options: unknown, runtime: Runtime) {
		this.#algorithm = algorithm;
		this.#options = options;
		this.#runtime = runtime;
	}

	/**
	 * The result, or undefined where the algorithm refuses the problem: before the run (`supports`) or in it (`ComputationError`).
	 * @throws Error where a refusal gives no reason of one line
	 */
	async run(problem: AttentionProblem): Promise<GradientResult | undefined> {
		const supported = this.#algorithm.supports(problem, this.#options);
		if (supported !== true) return this.#refuse(problem, supported.reason);
		this.#supported++;
		try {
			const result = await this.#algorithm.run(problem, this.#options, this.#runtime);
			this.#ran++;
			return result;
		} catch (error) {
			if (!(error instanceof ComputationError)) throw error;
			if (!/^[a-z]/.test(error.message))
				throw new Error(`a refusal must begin in lower case, got ${JSON.stringify(error.message)}`);
			return this.#refuse(problem, error.message);
		}
	}

	/**
	 * The refusals in one line: how many of how many, and each reason once; empty where there were none.
	 * @throws Error where the algorithm supports some of the problems and ran on none of them
	 */
	account(): string {
		const all = this.#ran + this.#refusals.length;
		if (this.#refusals.length === 0) return "";
		const reasons = [...new Set(this.#refusals)];
		const shown = reasons.slice(0, 5).join("; ") + (reasons.length > 5 ? `; and ${reasons.length - 5} more` : "");
		if (this.#supported > 0 && this.#ran === 0)
			throw new Error(
				`${this.#algorithm.name} supports ${this.#supported} of ${all} problems and ran on none: ${shown}`,
			);
		return `skipped ${this.#refusals.length} of ${all} problems: ${shown}`;
	}

	/** Whether no problem has been run on. */
	get ranOnNone(): boolean {
		return this.#ran === 0;
	}

	#refuse({ n, d, A1 }: AttentionProblem, reason: string): undefined {
		if (reason.length === 0 || reason.includes("\n"))
			throw new Error(`a refusal must be one line that says why, got ${JSON.stringify(reason)}`);
		this.#refusals.push(`n = ${n}, d = ${d}, ${A1.dtype}: ${reason}`);
		return undefined;
	}
}
