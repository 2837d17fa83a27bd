import { defineAlgorithm, type GradientResult } from "@attgrad/attention-problem";
import { ComputationError, type Runtime, shortDuration, shortNumber, withCachedRows } from "@attgrad/matrix-core";
import { z } from "zod";
import { oneAccuracy, relativeOption } from "../accuracy.ts";
import type { Plan, PlanEntry } from "./plan.ts";
import { planGradient } from "./plan-gradient.ts";
import { PATIENCE } from "./refusal.ts";

/** Picks the cheapest algorithm that can prove what is asked for and runs it; exact, where nothing else can. */
export const auto = defineAlgorithm({
	name: "auto",
	summary:
		"the cheapest algorithm on this machine that proves the error asked for; exact where that is fastest or nothing else can",
	exact: false,
	version: 2,
	modules: [import.meta.url],
	options: z
		.strictObject({
			epsilon: z.number().positive().optional().describe("error to prove for every entry of the gradient"),
			relative: relativeOption,
		})
		.refine(...oneAccuracy("auto")),
	supports: () => true,
	async run(problem, asked, runtime): Promise<GradientResult> {
		const { A1, A2, A3, E } = problem;
		// A profile, a pilot and the run read the same rows.
		return withCachedRows(runtime, [A1, A2, A3, E], A1.dtype, async (runtime) => {
			const plan = await planGradient(problem, asked, runtime);
			const remark = plan.target?.remark;
			const result = await runPlan(plan, runtime);
			return remark === undefined ? result : { ...result, remark };
		});
	},
});

/** A run that takes so many times what was predicted, and no less than this, is told of. */
const OVERRUN = { times: 3, milliseconds: 1000 };

/**
 * Runs what was chosen, and should that fail in spite of what was foreseen, the next cheapest. Tells the runtime's notices what is
 * chosen before it runs, and of a run that takes three times the time predicted.
 * @throws ComputationError invalid where nothing can prove the error, or only the exact method in minutes: with what could be proved
 */
export async function runPlan(
	{ entries, why, target, refusal }: Plan,
	runtime: Pick<Runtime, "onNotice">,
): Promise<GradientResult> {
	if (refusal !== undefined) throw new ComputationError("invalid", `auto: ${refusal}`);
	let reason = why;
	const failures: string[] = [];
	for (const entry of entries) {
		if (!entry.run) continue;
		// A request predicted in seconds is refused rather than answered in minutes.
		const { milliseconds } = entry;
		if (failures.length > 0 && milliseconds !== undefined && milliseconds > PATIENCE) {
			failures.push(`${entry.algorithm} would take ${shortDuration(milliseconds)}: ask for it by name`);
			continue;
		}
		runtime.onNotice?.(`auto: ${entry.algorithm}, ${reason}`);
		try {
			const result = await watched(entry, entry.run, runtime);
			const exact = entry.certificate?.kind === "exact";
			return { ...result, picked: { algorithm: entry.algorithm, why: reason, ...(exact && { exact }) } };
		} catch (failure) {
			if (!(failure instanceof ComputationError)) throw failure;
			reason = `${entry.algorithm} failed: ${failure.message}`;
			failures.push(reason);
		}
	}
	const { epsilon = 0, relative } = target ?? {};
	const what = relative === undefined ? `epsilon ${shortNumber(epsilon)}` : `relative ${shortNumber(relative)}`;
	throw new ComputationError(
		"invalid",
		`auto: nothing can prove ${what}: ${failures.join("; ") || refusalOfEach(entries)}`,
	);
}

/** A run that is told of when it takes longer than was foreseen; it goes on. */
async function watched(
	{ algorithm, milliseconds = Number.POSITIVE_INFINITY }: PlanEntry,
	run: NonNullable<PlanEntry["run"]>,
	{ onNotice }: Pick<Runtime, "onNotice">,
): Promise<GradientResult> {
	const limit = Math.max(OVERRUN.milliseconds, OVERRUN.times * milliseconds);
	if (!onNotice || !(limit < 2 ** 31)) return run();
	const tell = (): void =>
		onNotice(
			`${algorithm} has taken ${shortDuration(limit)}, ${shortDuration(milliseconds)} were predicted; still running`,
		);
	const timer = setTimeout(tell, limit);
	try {
		return await run();
	} finally {
		clearTimeout(timer);
	}
}

/** The reasons of the exact method and of the usual polynomial, where they have one. */
const refusalOfEach = (entries: readonly PlanEntry[]): string =>
	["streaming", "polynomial/moment"]
		.flatMap(
			(name) => entries.find(({ algorithm, reason }) => algorithm === name && reason !== undefined)?.reason ?? [],
		)
		.join("; ");
