import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import type { Profile } from "../../polynomial/profile/profile.ts";
import type { CostModel } from "../costs/cost-model.ts";

/** The problem and the accuracy that a plan is made for, with the machine's costs. */
export interface PlanContext {
	readonly problem: AttentionProblem<RowSource>;
	/** Bound on max |g~ − g| to prove. */
	readonly epsilon: number;
	/** The requested accuracy, as options of an algorithm: an absolute error, or a relative one that `epsilon` stands for. */
	readonly asked: { readonly epsilon: number } | { readonly relative: number };
	readonly runtime: Runtime;
	readonly model: CostModel;
	/** The profile of the problem, gathered once, when it is first asked for. */
	readonly profile: () => Promise<Profile>;
}

/** A problem that a relative error is asked for: no absolute one is known yet. */
export type RelativeContext = Omit<PlanContext, "epsilon" | "asked"> & {
	readonly asked: { readonly relative: number };
};
