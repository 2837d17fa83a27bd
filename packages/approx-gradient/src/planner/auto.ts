import { defineAlgorithm, type GradientResult } from "@attgrad/attention-problem";
import { ComputationError } from "@attgrad/matrix-core";
import { z } from "zod";
import type { Plan, PlanEntry } from "./plan.ts";
import { planGradient } from "./plan-gradient.ts";

/** Picks the cheapest algorithm that can prove epsilon and runs it; exact, where nothing else can. */
export const auto = defineAlgorithm({
	name: "auto",
	summary:
		"the cheapest algorithm on this machine that proves epsilon; exact where that is fastest or nothing else can",
	exact: false,
	version: 1,
	modules: [import.meta.url],
	options: z.strictObject({
		epsilon: z.number().positive().default(1e-6).describe("error to prove for every entry of the gradient"),
	}),
	supports: () => true,
	async run(problem, { epsilon }, runtime): Promise<GradientResult> {
		return runPlan(await planGradient(problem, { epsilon }, runtime), epsilon);
	},
});

/**
 * Runs what was chosen, and should that fail in spite of what was foreseen, the next cheapest.
 * @throws ComputationError invalid where nothing can prove epsilon, with why runs failed or what could be proved
 */
export async function runPlan({ entries, why }: Plan, epsilon: number): Promise<GradientResult> {
	let reason = why;
	const failures: string[] = [];
	for (const entry of entries) {
		if (!entry.run) continue;
		try {
			const result = await entry.run();
			const exact = entry.certificate?.kind === "exact";
			return { ...result, picked: { algorithm: entry.algorithm, why: reason, ...(exact && { exact }) } };
		} catch (failure) {
			if (!(failure instanceof ComputationError)) throw failure;
			reason = `${entry.algorithm} failed: ${failure.message}`;
			failures.push(reason);
		}
	}
	throw new ComputationError(
		"invalid",
		`auto: nothing can prove epsilon ${epsilon}: ${failures.join("; ") || refusal(entries)}`,
	);
}

/** What the exact method and the usual polynomial say. */
const refusal = (entries: readonly PlanEntry[]): string =>
	["streaming", "polynomial/moment"]
		.flatMap(
			(name) => entries.find(({ algorithm, reason }) => algorithm === name && reason !== undefined)?.reason ?? [],
		)
		.join("; ");
