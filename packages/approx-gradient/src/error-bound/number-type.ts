import { type Dtype, unitRoundoff } from "@attgrad/matrix-core";
import { LEAST_NORMAL } from "./upward.ts";

/**
 * Bounds on the error of one operation of a number type: fl(x · y) = x y (1 + δ) + ε with |δ| <= unit and |ε| <= tiny, and
 * fl(x + y) = (x + y)(1 + δ): sums do not underflow. Beyond `largest` results are infinite.
 */
export interface NumberType {
	/** u, half the distance of 1 to the next number. */
	readonly unit: number;
	/**
	 * The least normal number. Gradual underflow loses at most half the least subnormal one; this holds as well for
	 * functions and machines that flush to zero, and it is still far below everything at ordinary sizes.
	 */
	readonly tiny: number;
	/** The largest finite number. */
	readonly largest: number;
}

/** Number types by name. */
export const numberTypes: Readonly<Record<Dtype, NumberType>> = {
	f64: { unit: unitRoundoff("f64"), tiny: LEAST_NORMAL, largest: Number.MAX_VALUE },
	f32: { unit: unitRoundoff("f32"), tiny: 2 ** -126, largest: (2 - 2 ** -23) * 2 ** 127 },
};
