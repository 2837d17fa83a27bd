import type { ExactMatrix } from "@attgrad/attention-problem/reference";
import { type Dtype, type Matrix, maxAbs } from "@attgrad/matrix-core";

/** Largest error of an entry over the largest entry. */
export const relativeError = (truth: ExactMatrix, computed: Matrix): number =>
	truth.distanceTo(computed) / maxAbs(truth.toMatrix());

/** Largest error of an entry over the largest entry, of each column; of a column of zeros the error over the largest entry of all. */
export function columnErrors(truth: ExactMatrix, computed: Matrix): number[] {
	const rounded = truth.toMatrix();
	return Array.from({ length: rounded.cols }, (_, b) => {
		let [error, size] = [0, 0];
		for (let i = 0; i < rounded.rows; i++) {
			error = Math.max(error, Math.abs(rounded.at(i, b) - computed.at(i, b)));
			size = Math.max(size, Math.abs(rounded.at(i, b)));
		}
		return error / (size || maxAbs(rounded));
	});
}

/** Whether the largest entry is a normal number of the type. */
export function isNormal(truth: ExactMatrix, dtype: Dtype): boolean {
	const [least, most] = dtype === "f64" ? [1e-300, 1e300] : [1e-36, 1e38];
	const size = maxAbs(truth.toMatrix());
	return size > least && size < most;
}

/** Powers of 10 of extreme sizes; their products with ordinary numbers are in the range of the number type. */
export const extremePower = { f64: 200, f32: 30 } as const;
