import type { Certificate } from "@attgrad/attention-problem";
import type { Random, Runtime } from "@attgrad/matrix-core";
import type { AttackedProblem } from "./problems.ts";

/** A bound that was claimed, and the error of what it was claimed for: of all entries, or of the row with the least room. */
export interface Claim {
	readonly kind: Certificate["kind"];
	readonly bound: number;
	readonly error: number;
}

/** A target of attacks: it chooses options for a problem, and its run returns a claim with the true error. */
export interface Target {
	readonly name: string;
	prepare(attacked: AttackedProblem, random: Random): Prepared;
}

/** An attack that is ready to run. */
export interface Prepared {
	/** In words, for the report. */
	readonly options: object;
	run(runtime: Runtime): Promise<Claim>;
}
