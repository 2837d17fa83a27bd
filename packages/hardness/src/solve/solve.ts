import { type Assignment, type Formula, satisfies } from "../formulas/formula.ts";
import type { Oracle } from "../oracle/oracle.ts";
import type { CountingOptions } from "../reductions/orthogonal/counting-plan.ts";
import { orthogonalGradient } from "../reductions/orthogonal/orthogonal-gradient.ts";
import { countPairs, findPairByCounting } from "./count-pairs.ts";
import { findPair } from "./find-pair.ts";
import { answerFormula, type Report, type Unknown } from "./report.ts";

/** Reductions that start from formulas. */
export const formulaReductions = ["R1a", "R3"] as const;

/** How to decide a formula. */
export interface SolveOptions extends CountingOptions {
	readonly oracle: Oracle;
	/** R1a decides and spells a model from one gradient; R3 counts, in halves to find a model. @default "R1a" */
	readonly reduction?: (typeof formulaReductions)[number];
}

/** Answer to a formula. A model is checked against the formula; `unsatisfiable` is proven from the oracle's error. */
export type Solution = Report &
	(
		| { readonly status: "satisfiable"; readonly assignment: Assignment }
		| { readonly status: "unsatisfiable" }
		| Unknown
	);

/**
 * Decides a formula through gradients: split-and-list, a gradient reduction, an oracle, and decoders.
 * A model is checked before it is given; without one that checks, and without a proof that none exists, the answer is
 * `unknown` with the reason: margins too small for the oracle's error, an oracle that fails, a formula too large.
 * Memory O(nd) with n = Θ(2^(N/2)).
 */
export function solve(formula: Formula, { oracle, reduction = "R1a", ...counting }: SolveOptions): Promise<Solution> {
	return answerFormula(formula, oracle, async ({ target: source, back }, progress) => {
		const checked = (assignment: Assignment): boolean => satisfies(formula, assignment);
		if (reduction === "R3") {
			const { sizes, ...counted } = await countPairs(source, oracle, counting);
			progress.sizes = sizes;
			progress.reading = { value: counted.estimate, error: counted.error };
			if (counted.status === "unknown") return { status: "unknown", reason: counted.reason };
			if (counted.count === 0) return { status: "unsatisfiable" };
			const search = await findPairByCounting(source, oracle, counting);
			if (search.status === "unknown") return search;
			const assignment = back(search.pair);
			return checked(assignment)
				? { status: "satisfiable", assignment }
				: { status: "unknown", reason: "the oracle contradicts itself: its counts do not lead to a model" };
		}
		progress.sizes = orthogonalGradient.sizes(source);
		const search = await findPair(orthogonalGradient, source, oracle, (pair) => checked(back(pair)));
		const { value, error, yes, no } = search.decision;
		progress.reading = { value, error, threshold: (yes + no) / 2 };
		if (search.status === "none") return { status: "unsatisfiable" };
		if (search.status === "unknown") return { status: "unknown", reason: search.reason };
		return { status: "satisfiable", assignment: back(search.pair) };
	});
}
