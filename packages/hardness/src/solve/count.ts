import { UsageError } from "@attgrad/matrix-core";
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
 * @throws UsageError for a formula whose file asks for a projected or weighted count
 */
export async function count(formula: Formula, { oracle, ...options }: CountOptions): Promise<ModelCount> {
	requirePlainCount(formula);
	return answerFormula(formula, oracle, async ({ target }, progress) => {
		const { sizes, ...counted } = await countPairs(target, oracle, options);
		progress.sizes = sizes;
		progress.reading = { value: counted.estimate, error: counted.error };
		return counted.status === "counted"
			? { status: "counted", models: counted.count }
			: { status: "unknown", reason: counted.reason };
	});
}

/** @throws UsageError for a formula whose file asks for another count than that of all models */
export function requirePlainCount({ wantedCount }: Formula): void {
	if (!wantedCount) return;
	const { kind, line } = wantedCount;
	throw new UsageError(
		`the formula asks for a ${kind} count (line ${line}); only models over all variables are counted, each as one`,
	);
}
