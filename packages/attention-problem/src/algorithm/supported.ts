import { ComputationError, UsageError } from "@attgrad/matrix-core";
import type { Reason } from "./algorithm.ts";

/** @throws UsageError with the reason, where the answer of `supports` is not `true` */
export function refuseUnless(supported: true | Reason): void {
	if (supported !== true) throw new UsageError(supported.reason);
}

/** @throws ComputationError `skipped` with the reason, where the answer of `supports` is not `true` */
export function skipUnless(supported: true | Reason): void {
	if (supported !== true) throw new ComputationError("skipped", supported.reason);
}
