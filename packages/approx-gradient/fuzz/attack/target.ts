import type { Certificate } from "@attgrad/attention-problem";
import type { ExactMatrix } from "@attgrad/attention-problem/reference";
import type { Matrix, Random, Runtime } from "@attgrad/matrix-core";
import type { AttackedProblem } from "./problems.ts";

/** A bound that was claimed, and the error of what it was claimed for: of all entries, or of the row with the least room. */
export interface Claim {
	readonly kind: Certificate["kind"];
	readonly bound: number;
	readonly error: number;
}

/** Kinds of certificates that claim a bound: two proofs, and one that fails with a chance that no attack sees. */
export const claiming: ReadonlySet<Certificate["kind"]> = new Set(["a-priori", "a-posteriori", "probabilistic"]);

/** No claim. */
export const nothing: Claim = { kind: "none", bound: Number.POSITIVE_INFINITY, error: Number.NaN };

/** The claim of a certificate about a matrix; nothing where there is none, and then the truth is not worked out. */
export function claimOf(certificate: Certificate | undefined, computed: Matrix, truth: () => ExactMatrix): Claim {
	if (certificate === undefined || !claiming.has(certificate.kind)) return nothing;
	return { kind: certificate.kind, bound: certificate.bound, error: truth().distanceTo(computed) };
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
