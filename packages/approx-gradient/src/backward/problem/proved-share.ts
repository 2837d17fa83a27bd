import { type MatrixName, matrixNames, provedRelative } from "@attgrad/attention-problem";
import { type Matrix, maxAbs } from "@attgrad/matrix-core";
import { ABSOLUTE_OF_ZERO } from "../../accuracy.ts";
import type { CertifiedProblemGradients } from "./problem-gradients-request.ts";

/** The largest bound over what is asked for; with `zeros`, a gradient that its bound does not tell from zero is held to an absolute error. */
export function shareOf(
	{ gradients, bounds }: CertifiedProblemGradients,
	{ epsilon, relative, zeros }: { epsilon?: number | undefined; relative?: number | undefined; zeros?: boolean },
): number {
	let share = 0;
	for (const [name, bound] of Object.entries(bounds) as [MatrixName, number][]) {
		const size = sizeOf(gradients[name]);
		if (epsilon !== undefined) share = Math.max(share, bound / epsilon);
		if (relative === undefined) continue;
		const isZero = zeros && size <= bound;
		share = Math.max(share, isZero ? bound / ABSOLUTE_OF_ZERO : provedRelative(bound, size) / relative);
	}
	return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
}

const sizeOf = (gradient: Matrix | undefined): number => (gradient ? maxAbs(gradient) : 0);

/** The remark for gradients that their bounds do not tell from zero. */
export function zeroRemark({ gradients, bounds }: CertifiedProblemGradients): string {
	const zeros = matrixNames.filter((name) => {
		const bound = bounds[name];
		return bound !== undefined && sizeOf(gradients[name]) <= bound;
	});
	return `${zeros.join(", ")} cannot be told from zero: a relative error has no meaning, an absolute one of ${ABSOLUTE_OF_ZERO} is proved`;
}
