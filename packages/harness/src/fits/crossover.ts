import { varianceAt, zeroOf } from "./line.ts";
import { type LocalLaw, localLaw } from "./local-law.ts";
import type { SizedValue } from "./power-law.ts";
import { studentQuantile } from "./student-t.ts";

/** Where one curve passes another. */
export interface Crossover {
	/** The size at which both are equal. */
	readonly n: number;
	/** 95 % interval of `n`. */
	readonly interval: readonly [low: number, high: number];
	/** Which curve is lower above `n`. */
	readonly lowerAbove: "first" | "second";
	/** Whether `n` is outside the sizes of both curves: it then assumes that both continue unchanged. */
	readonly extrapolated: boolean;
}

/** Past this a crossover is no statement about anything that runs. */
const largestSize = 1e15;

/**
 * The size n* from which one curve is below the other. Each curve is a power law near n* (over the 6 sizes nearest to it,
 * or its largest where n* is beyond them); the interval is Fieller's for the zero of the difference of two lines, with
 * Welch's degrees of freedom, since the two scatter differently.
 * @param first values > 0
 * @param second values > 0
 * @returns undefined where a curve has fewer than 4 sizes, or where they are too parallel for a bounded interval
 */
export function findCrossover(first: readonly SizedValue[], second: readonly SizedValue[]): Crossover | undefined {
	const estimate = crossoverNear(first, second, Number.POSITIVE_INFINITY);
	return estimate && crossoverNear(first, second, estimate.n);
}

/** The crossover by the power laws at the sizes nearest to `n`. */
function crossoverNear(first: readonly SizedValue[], second: readonly SizedValue[], n: number): Crossover | undefined {
	const [one, other] = [localLaw(first, n), localLaw(second, n)];
	const found = one && other && crossing(one, other);
	if (!found) return undefined;
	const [low, high] = [Math.max(one.smallest, other.smallest), Math.min(one.largest, other.largest)];
	return { ...found, extrapolated: found.n < low || found.n > high };
}

function crossing(one: LocalLaw, other: LocalLaw): Omit<Crossover, "extrapolated"> | undefined {
	const difference = {
		alpha: one.line.alpha - other.line.alpha,
		beta: one.line.beta - other.line.beta,
		varianceAlpha: one.line.varianceAlpha + other.line.varianceAlpha,
		varianceBeta: one.line.varianceBeta + other.line.varianceBeta,
		covariance: one.line.covariance + other.line.covariance,
	};
	const x = -difference.alpha / difference.beta;
	const zero = zeroOf(difference, studentQuantile(0.975, welchFreedom(one, other, x)));
	if (!zero || !(zero.x > 0 && zero.x < Math.log(largestSize))) return undefined;
	const [low, high] = zero.interval.map(Math.exp) as [number, number];
	return { n: Math.exp(zero.x), interval: [low, high], lowerAbove: difference.beta < 0 ? "first" : "second" };
}

/** Welch and Satterthwaite's degrees of freedom of the difference of two lines at x. */
function welchFreedom(one: LocalLaw, other: LocalLaw, x: number): number {
	const [a, b] = [varianceAt(one.line, x), varianceAt(other.line, x)];
	if (a + b === 0) return one.freedom + other.freedom;
	return (a + b) ** 2 / (a ** 2 / one.freedom + b ** 2 / other.freedom);
}
