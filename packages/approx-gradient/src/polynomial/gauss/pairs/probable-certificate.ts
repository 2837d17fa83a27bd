import type { Certificate } from "@attgrad/attention-problem";
import { certificateOf, plus } from "../../../error-bound/index.ts";
import type { FeatureSpace } from "../../method/feature-space.ts";
import type { Profile } from "../../profile/profile.ts";
import type { ErrorConstants } from "../bounds/error-constants.ts";
import { type AllTotals, boundFromGaussTotals } from "../bounds/gauss-bound.ts";
import type { PairCertificate } from "./pair-certificate.ts";

/** The pairs that a run has drawn, and what it proves without them. */
interface Drawn {
	readonly pairs: PairCertificate;
	readonly coins: { readonly failure: number; readonly seed: number };
	readonly proved: Certificate;
}

/**
 * The certificate of a run whose pairs have been drawn: the error of the method from the pairs, all else as it is proved from the
 * totals. Where that is no less than what is proved, the proof.
 */
export function probableOf(
	where: { readonly profile: Profile; readonly space: FeatureSpace },
	constants: ErrorConstants,
	totals: AllTotals,
	{ pairs, coins: { failure, seed }, proved }: Drawn,
): Certificate {
	const { d } = where.profile;
	const { method, rounding, drawn } = pairs.error(failure);
	const ofRows = { ...totals.ofRows, l1: new Float64Array(d), spread: new Float64Array(d * d) };
	const rest = boundFromGaussTotals(where, constants, { ...totals, ofRows });
	const error = { ...rest, method: plus(rest.method, method), rounding: plus(rest.rounding, rounding) };
	const { radius, relativeError } = proved;
	const probable = certificateOf({ kind: "probabilistic", error, radius, relativeError });
	if (!(probable.bound < proved.bound)) return proved;
	return { ...probable, confidence: 1 - failure, seed, pairs: drawn };
}
