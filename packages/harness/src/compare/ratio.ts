import { studentQuantile } from "../fits/index.ts";

/** The times of one point in one run, as far as they are known. */
export interface RunTimes {
	/** Milliseconds. */
	readonly median: number;
	/** The times themselves by round, where they were kept. */
	readonly rounds?: readonly (readonly number[])[] | undefined;
	/** Median absolute deviation and number of times, where only these are known. */
	readonly mad?: number | undefined;
	readonly samples?: number | undefined;
}

/** How the second of two times compares with the first. */
export interface Ratio {
	/** Second over first. */
	readonly ratio: number;
	/** 95 % interval; absent where a time was taken once, so that nothing is known of its scatter. */
	readonly interval?: readonly [low: number, high: number];
	/** Differences between identical halves of each run's own times, as logarithms. */
	readonly halves: readonly number[];
}

/** The logarithm of a time, with how uncertain it is. */
interface Level {
	readonly mean: number;
	readonly variance: number;
	readonly freedom: number;
	readonly halves: readonly number[];
}

/** Fewest rounds whose scatter is told by themselves. */
const leastRounds = 3;

/** Times of one cell share what the machine was doing: however many they are, they tell no more than so many would. */
const mostIndependent = 5;

/**
 * The ratio of two times with Welch's interval on logarithms. The unit of scatter is the round, since times within one
 * share what the machine was doing; where rounds were not kept, it is the single time, by its median absolute deviation
 * (as of a normal distribution).
 */
export function ratioOf(first: RunTimes, second: RunTimes): Ratio {
	const [one, other] = [levelOf(first), levelOf(second)];
	const halves = [...(one?.halves ?? []), ...(other?.halves ?? [])];
	if (!one || !other) return { ratio: second.median / first.median, halves };
	const difference = other.mean - one.mean;
	const variance = one.variance + other.variance;
	const freedom = variance ** 2 / (one.variance ** 2 / one.freedom + other.variance ** 2 / other.freedom);
	const half = studentQuantile(0.975, freedom) * Math.sqrt(variance);
	return {
		ratio: Math.exp(difference),
		interval: [Math.exp(difference - half), Math.exp(difference + half)],
		halves,
	};
}

function levelOf({ median, rounds, mad, samples = 1 }: RunTimes): Level | undefined {
	if (rounds && rounds.length >= leastRounds) {
		const levels = rounds.map((times) => Math.log(medianOf(times)));
		const mean = meanOf(levels);
		const variance = levels.reduce((sum, y) => sum + (y - mean) ** 2, 0) / (levels.length - 1) / levels.length;
		// Alternate rounds: a slow drift is then in both halves.
		const [even, odd] = [0, 1].map((parity) => meanOf(levels.filter((_, i) => i % 2 === parity)));
		return variance > 0 ? { mean, variance, freedom: levels.length - 1, halves: [Math.abs(even - odd)] } : undefined;
	}
	if (mad === undefined || mad <= 0 || samples < 2) return undefined;
	const count = Math.min(samples, mostIndependent);
	// Of a normal distribution: deviation 1.4826 MAD, and π/2 the variance of a mean for that of a median.
	const variance = ((Math.PI / 2) * (1.4826 * mad) ** 2) / count / median ** 2;
	// Halves have half the times each: their difference has 4 times the variance; its mean size is that deviation √(2/π).
	return { mean: Math.log(median), variance, freedom: count - 1, halves: [Math.sqrt((4 * variance * 2) / Math.PI)] };
}

/** The median of times. */
export function medianOf(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = (sorted.length - 1) / 2;
	return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
