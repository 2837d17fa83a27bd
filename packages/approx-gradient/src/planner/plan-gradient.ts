import type { AttentionProblem } from "@attgrad/attention-problem";
import { type RowSource, type Runtime, shortDuration } from "@attgrad/matrix-core";
import { DEFAULT_RELATIVE } from "../accuracy.ts";
import { profileOn } from "../polynomial/method/method-of.ts";
import type { Profile } from "../polynomial/profile/profile.ts";
import { Budget, unlimited } from "./candidates/budget.ts";
import { exactEntry } from "./candidates/exact-candidate.ts";
import { featureMapEntry, featureMapNames, outlook } from "./candidates/feature-map-candidates.ts";
import type { PlanContext } from "./candidates/plan-context.ts";
import { polynomialEntries } from "./candidates/polynomial-entries.ts";
import { calibratedModel } from "./costs/calibration.ts";
import type { CostModel } from "./costs/cost-model.ts";
import type { CostName } from "./costs/costs.ts";
import { type Plan, type PlanEntry, planOf, timeByName } from "./plan.ts";
import { planRelative } from "./plan-relative.ts";
import { refusalOf } from "./refusal.ts";

/** The request that a plan answers. */
export interface PlanOptions {
	/** Bound on max |g~ − g|. */
	readonly epsilon?: number | undefined;
	/** Bound on max |g~ − g| as a part of max |g|. @default 1e-3, where there is no epsilon */
	readonly relative?: number | undefined;
	/** Looks at every algorithm, as long as that may take, not only at those that may be the cheapest. The choice stays that of `auto`. @default false */
	readonly thorough?: boolean;
}

const usual: readonly CostName[] = ["streaming", "polynomial/moment", "polynomial/gauss", "polynomial/reverse"];

/**
 * Predicts what each algorithm takes to prove epsilon on a problem, on this machine, and chooses the cheapest that can:
 * within 2 % of the predicted run or 5 ms, unless it is to be thorough. What costs more to look at than it may save is left
 * out, with the reason. Degrees are those of the runs; what feature maps need is foreseen from a sample of rows.
 */
export async function planGradient(
	problem: AttentionProblem<RowSource>,
	{ epsilon, relative, thorough = false }: PlanOptions,
	runtime: Runtime,
): Promise<Plan> {
	const dtype = problem.A1.dtype;
	const modelOf = (names: readonly CostName[]) => calibratedModel(runtime, dtype, names);
	const model = await modelOf(usual);
	let known: Promise<Profile> | undefined;
	const profile = (): Promise<Profile> => {
		known ??= profileOn(problem, runtime);
		return known;
	};
	const base = { problem, runtime, model, profile };
	const planned = (thorough: boolean): Promise<Plan> => {
		const within = (context: PlanContext): Promise<Plan> => planWithin(context, modelOf, thorough);
		if (epsilon !== undefined) return within({ ...base, epsilon, asked: { epsilon } });
		return planRelative({ ...base, asked: { relative: relative ?? DEFAULT_RELATIVE } }, within, thorough);
	};
	const plan = await planned(false);
	if (!thorough) return plan;
	const { entries, target } = await planned(true);
	return { ...plan, entries, ...(target && { target }) };
}

/** The plan for an absolute error. */
async function planWithin(
	context: PlanContext,
	modelOf: (names: readonly CostName[]) => Promise<CostModel>,
	thorough: boolean,
): Promise<Plan> {
	const { problem } = context;
	const { dtype } = problem.A1;
	const budget = thorough ? unlimited : new Budget();
	const exact = exactEntry(context);
	const entries: PlanEntry[] = [exact];
	const best = (): number =>
		Math.min(...entries.map(({ run, milliseconds }) => (run && milliseconds) || Number.POSITIVE_INFINITY));

	entries.push(...(await polynomialEntries(context, budget, thorough, best())));
	for (const name of featureMapNames) {
		if (dtype === "f32") {
			entries.push({ ...unseen(context, name), reason: "it works in double precision whatever the data: ask for f64" });
			continue;
		}
		// Nominal times give a lower bound, until measuring the machine may be worth it.
		const nominal = outlook(context, name);
		if (!budget.allows(nominal.cost, nominal.least, best())) {
			const reason = `not looked at: at least ${shortDuration(nominal.least)}, and a closer look would take longer than it may save`;
			entries.push({ ...unseen(context, name), milliseconds: nominal.least, reason });
			continue;
		}
		entries.push(await featureMapEntry({ ...context, model: await modelOf([name]) }, name));
	}
	const plan = planOf(entries, thorough ? timeByName : undefined);
	const refusal = await refusalOf(context, plan);
	return { ...plan, target: { epsilon: context.epsilon }, ...(refusal !== undefined && { refusal }) };
}

const unseen = ({ asked }: PlanContext, name: string) => ({ algorithm: name, options: asked, detail: "" });
