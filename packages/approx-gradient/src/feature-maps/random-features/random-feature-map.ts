import { Matrix, multiply, qr, type Random } from "@attgrad/matrix-core";
import type { FeatureMap } from "../feature-map.ts";
import { type KernelScale, scaledKeys, scaledQueryRows } from "../kernel-scale.ts";

/**
 * K directions w, K x d, each N(0, I_d). Orthogonal ones come in blocks of d: Q of a QR factorisation with the diagonal of
 * R positive (without these signs the directions are not uniform and the estimate is biased), times the lengths of
 * independent Gaussian rows.
 */
export function randomDirections(features: number, d: number, orthogonal: boolean, random: Random): Matrix {
	const gaussian = (rows: number): Matrix => Matrix.build(rows, d, () => random.normal());
	const directions = gaussian(features);
	if (!orthogonal) return directions;
	for (let from = 0; from < features; from += d) {
		const { Q } = qr(gaussian(d));
		for (let m = from; m < Math.min(features, from + d); m++) {
			const length = Math.hypot(...directions.row(m));
			for (let b = 0; b < d; b++) directions.row(m)[b] = length * Q.at(b, m - from);
		}
	}
	return directions;
}

/**
 * Positive random features (paper.md 8.4): the mean over w ~ N(0, I) of e^(<w, x> − ‖x‖²/2) e^(<w, y> − ‖y‖²/2) is e^<x, y>.
 * ψ_m = e^(−‖w_m − y‖²/2) and φ_m = e^(<w_m, x> + ‖w_m‖²/2), of which the row's largest exponent is subtracted: every
 * feature is in (0, 1], every weight and normaliser positive.
 */
export function randomFeatureMap(scale: KernelScale, directions: Matrix): FeatureMap {
	const { rows: rank, cols: d } = directions;
	const steps = Matrix.build(rank, d, (m, b) => directions.at(m, b) / scale.t);
	const halfSquares = Float64Array.from({ length: rank }, (_, m) => {
		let sum = 0;
		for (let b = 0; b < d; b++) sum += directions.at(m, b) ** 2 / 2;
		return sum;
	});
	return {
		rank,
		keyFeatures(keys) {
			const points = scaledKeys(keys, scale);
			return Matrix.build(keys.rows, rank, (l, m) => {
				let square = 0;
				for (let b = 0; b < d; b++) square += (directions.at(m, b) - points.at(l, b)) ** 2;
				return Math.exp(-square / 2);
			});
		},
		queryFeatures(queries) {
			const exponents = multiply(scaledQueryRows(queries, scale), directions, { transposeB: true });
			for (let j = 0; j < queries.rows; j++) {
				const row = exponents.row(j);
				let largest = Number.NEGATIVE_INFINITY;
				for (let m = 0; m < rank; m++) largest = Math.max(largest, (row[m] += halfSquares[m]));
				for (let m = 0; m < rank; m++) row[m] = Math.exp(row[m] - largest);
			}
			return exponents;
		},
		pullBack(_, features, cotangents) {
			const weights = Matrix.build(features.rows, rank, (j, m) => features.at(j, m) * cotangents.at(j, m));
			return multiply(weights, steps);
		},
	};
}
