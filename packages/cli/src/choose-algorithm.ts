import type { AttentionProblem } from "@attgrad/attention-problem";
import { type Selection, selectAlgorithm } from "./gradient-request.ts";

/** What `auto` picked, and why in words. */
export interface Choice extends Selection {
	readonly why: string;
}

export function chooseAlgorithm(problem: AttentionProblem, epsilon: number): Choice {
	return { ...selectAlgorithm("streaming", {}), why: `n ${problem.n} eps ${epsilon}` };
}
