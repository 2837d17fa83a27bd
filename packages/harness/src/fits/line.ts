/** A least-squares line y ≈ intercept + slope · x with what its errors are made of. */
export interface Line {
	readonly slope: number;
	readonly intercept: number;
	/** Points less the two numbers that were fitted. */
	readonly freedom: number;
	/** Variance of a point about the line; 0 where the points lie on it. */
	readonly variance: number;
	readonly meanX: number;
	/** Σ (x − meanX)². */
	readonly spread: number;
	readonly count: number;
}

/**
 * Fits a line by least squares.
 * @param x not all equal
 * @param y of the same length, 3 at least
 */
export function fitLine(x: readonly number[], y: readonly number[]): Line {
	const count = x.length;
	let meanX = 0;
	let meanY = 0;
	for (let i = 0; i < count; i++) {
		meanX += x[i] / count;
		meanY += y[i] / count;
	}
	let spread = 0;
	let product = 0;
	for (let i = 0; i < count; i++) {
		spread += (x[i] - meanX) ** 2;
		product += (x[i] - meanX) * (y[i] - meanY);
	}
	const slope = product / spread;
	const intercept = meanY - slope * meanX;
	let squares = 0;
	for (let i = 0; i < count; i++) squares += (y[i] - meanY - slope * (x[i] - meanX)) ** 2;
	return { slope, intercept, freedom: count - 2, variance: squares / (count - 2), meanX, spread, count };
}

/** An estimate of a line's value, as far as intervals need it: α + βx with the covariances of α and β. */
export interface UncertainLine {
	readonly alpha: number;
	readonly beta: number;
	readonly varianceAlpha: number;
	readonly varianceBeta: number;
	readonly covariance: number;
}

/** A fitted line with the covariances of its two numbers. */
export function uncertain({ slope, intercept, variance, meanX, spread, count }: Line): UncertainLine {
	return {
		alpha: intercept,
		beta: slope,
		varianceAlpha: variance * (1 / count + meanX ** 2 / spread),
		varianceBeta: variance / spread,
		covariance: (-variance * meanX) / spread,
	};
}

/** Variance of α + βx. */
export function varianceAt({ varianceAlpha, varianceBeta, covariance }: UncertainLine, x: number): number {
	return Math.max(0, varianceAlpha + 2 * covariance * x + varianceBeta * x * x);
}

/**
 * Where a line is zero, with the interval of Fieller: every x at which the line's value is within t standard errors
 * of zero. It has the coverage of t exactly where the errors are normal.
 * @param t quantile of Student's distribution
 * @returns undefined where the slope is not t standard errors away from zero: then no bounded interval exists
 */
export function zeroOf(line: UncertainLine, t: number): { x: number; interval: [number, number] } | undefined {
	const { alpha, beta, varianceAlpha, varianceBeta, covariance } = line;
	const a = beta ** 2 - t * t * varianceBeta;
	if (!(a > 0)) return undefined;
	const halfB = alpha * beta - t * t * covariance;
	const c = alpha ** 2 - t * t * varianceAlpha;
	const root = Math.sqrt(Math.max(0, halfB ** 2 - a * c));
	return { x: -alpha / beta, interval: [(-halfB - root) / a, (-halfB + root) / a] };
}
