import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import type { CostModel } from "../costs/cost-model.ts";

/** What a plan is made for. */
export interface PlanContext {
	readonly problem: AttentionProblem<RowSource>;
	/** Bound on max |g~ − g| to prove. */
	readonly epsilon: number;
	readonly runtime: Runtime;
	readonly model: CostModel;
}
