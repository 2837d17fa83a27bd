import { type Dtype, unitRoundoff } from "@attgrad/matrix-core";

/**
 * u e^(2R): the relative error below which a sum of monomials cannot bring exp on [-R, R], in order of magnitude.
 * At x = -R the terms reach e^R and the result is e^-R. For choosing a number type and for messages; the certificates
 * count roundings (`certificates/rounding.ts`) instead.
 */
export function roundingFloor(radius: number, dtype: Dtype): number {
	return unitRoundoff(dtype) * Math.exp(2 * radius);
}
