import type { Certificate } from "@attgrad/attention-problem";
import { type ErrorParts, totalError } from "./error-parts.ts";
import { plus } from "./upward.ts";

/** A bound on max |g̃ - g| by cause, with what is reported beside it. */
export interface Proof {
	readonly kind: "a-priori" | "a-posteriori" | "probabilistic";
	readonly error: ErrorParts;
	/** R and δ as in `Certificate`. */
	readonly radius: number;
	readonly relativeError: number;
}

/** The certificate of a proof. A bound that is infinite or no number proves nothing: its kind is `none`. */
export function certificateOf({ kind, error, radius, relativeError }: Proof): Certificate {
	const bound = totalError(error);
	const floatFloor = plus(error.rounding, plus(error.underflow, error.input));
	return { kind: Number.isFinite(bound) ? kind : "none", bound, radius, relativeError, floatFloor };
}
