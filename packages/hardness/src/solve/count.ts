import type { Formula } from "../formulas/formula.ts";
import type { Oracle } from "../oracle/oracle.ts";
import type { CountingOptions } from "../reductions/orthogonal/counting-plan.ts";
import { countPairs } from "./count-pairs.ts";
import { answerFormula, type Report, type Unknown } from "./report.ts";

/** How to count the models of a formula. */
export interface CountOptions extends CountingOptions {
	readonly oracle: Oracle;
}

/** Number of models, over all variables of the `p` line, or why it is not known. */
export type ModelCount = Report & ({ readonly status: "counted"; readonly models: number } | Unknown);

/**
 * Counts the models of a formula through gradients (R3). A count is given where the bound on its error is below 1/2;
 * otherwise the answer is `unknown`, with the amplification that was too much.
 */
export function count(formula: Formula, { oracle, ...options }: CountOptions): Promise<ModelCount> {
	return answerFormula(formula, oracle, async ({ target }, progress) => {
		const { sizes, ...counted } = await countPairs(target, oracle, options);
		progress.sizes = sizes;
		progress.reading = { value: counted.estimate, error: counted.error };
		return counted.status === "counted"
			? { status: "counted", models: counted.count }
			: { status: "unknown", reason: counted.reason };
	});
}
