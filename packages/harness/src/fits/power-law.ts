import type { Random } from "@attgrad/matrix-core";
import { linearRegression, linearRegressionLine, quantile } from "simple-statistics";

/** A measured value at a size. */
export interface SizedValue {
	readonly n: number;
	readonly value: number;
}

/** value ≈ coefficient · n^exponent. */
export interface PowerLaw {
	readonly exponent: number;
	readonly coefficient: number;
	/** 95 % interval of the exponent. */
	readonly interval: readonly [low: number, high: number];
	/** Different sizes the fit rests on. */
	readonly sizes: number;
}

/** Fewest different sizes for which an interval means something. */
export const leastSizes = 4;

/** A line through logarithms, and how far the points are from it. */
interface Line {
	readonly slope: number;
	readonly intercept: number;
	/** Standard error of the slope; least squares. */
	readonly slopeError: number;
	/** Distance of each point, corrected for the pull that the point itself has on the line. */
	readonly residuals: readonly number[];
}

/**
 * Fits a power law by least squares on logarithms, with a bootstrap interval for the exponent: residuals are drawn anew,
 * and the studentised slopes of `resamples` such data sets give the interval (bootstrap-t; Davison & Hinkley, Bootstrap
 * Methods and their Application, 1997, section 6.2.5), which keeps its 95 % at the few sizes that a sweep has.
 * @param points values > 0
 * @param random where the resampling draws from; a seeded one makes the interval repeatable
 * @returns undefined where there are fewer than `leastSizes` different sizes
 */
export function fitPowerLaw(points: readonly SizedValue[], random: Random, resamples = 1000): PowerLaw | undefined {
	const sizes = new Set(points.map(({ n }) => n)).size;
	if (sizes < leastSizes) return undefined;
	const x = points.map(({ n }) => Math.log(n));
	const line = fitLine(
		x,
		points.map(({ value }) => Math.log(value)),
	);
	const fitted = x.map((xi) => line.intercept + line.slope * xi);
	const draw = () => line.residuals[random.integer(0, points.length - 1)]!;
	const studentised = Array.from({ length: resamples }, () => {
		const again = fitLine(
			x,
			fitted.map((y) => y + draw()),
		);
		return again.slopeError > 0 ? (again.slope - line.slope) / again.slopeError : 0;
	});
	const low = quantile(studentised, 0.025);
	const high = quantile(studentised, 0.975);
	return {
		exponent: line.slope,
		coefficient: Math.exp(line.intercept),
		interval: [line.slope - high * line.slopeError, line.slope - low * line.slopeError],
		sizes,
	};
}

function fitLine(x: readonly number[], y: readonly number[]): Line {
	const { m: slope, b: intercept } = linearRegression(x.map((xi, i) => [xi, y[i]!]));
	const along = linearRegressionLine({ m: slope, b: intercept });
	const mean = x.reduce((a, b) => a + b, 0) / x.length;
	const spread = x.reduce((sum, xi) => sum + (xi - mean) ** 2, 0);
	const distances = x.map((xi, i) => y[i]! - along(xi));
	const variance = distances.reduce((sum, r) => sum + r * r, 0) / (x.length - 2);
	const corrected = distances.map((r, i) => r / Math.sqrt(1 - 1 / x.length - (x[i]! - mean) ** 2 / spread));
	const centre = corrected.reduce((a, b) => a + b, 0) / x.length;
	return {
		slope,
		intercept,
		slopeError: Math.sqrt(variance / spread),
		residuals: corrected.map((r) => r - centre),
	};
}

/** `1.99 ± 0.02`; half the interval, rounded up to the second decimal, so that the exponent is never claimed finer than it is. */
export function describeExponent({ exponent, interval: [low, high] }: PowerLaw): string {
	const half = Math.max(exponent - low, high - exponent);
	return `${exponent.toFixed(2)} ± ${(Math.ceil(half * 100 - 1e-9) / 100).toFixed(2)}`;
}
