import { countMonomials, type PlannedRun, roundingFloor } from "@attgrad/approx-gradient";
import { chebyshevDegree, log2MonomialCount } from "@attgrad/hardness";
import type { Dtype } from "@attgrad/matrix-core";

/** A model of which only the shape is known: one attention layer. */
export interface ModelShape {
	/** Tokens. */
	readonly n: number;
	/** Width of a head. */
	readonly d: number;
	readonly heads: number;
	/** Bound on the entries of queries and keys (Definition 1.4). */
	readonly B: number;
	/** Relative error of each softmax weight, in (0, 1). */
	readonly relative: number;
}

/** Milliseconds that a run of an algorithm takes. */
export type TimeOf = (run: PlannedRun) => number;

/** Whether certified attention pays for a model, and what would make it pay. */
export interface ModelPlan {
	/** Largest |score| that entries of this bound can have: B², with the scale 1/d. */
	readonly radius: number;
	/** Degree of the polynomial in place of exp, and log2 of its features a token. */
	readonly degree: number;
	readonly log2Rank: number;
	/** Relative error of a softmax weight, in order of magnitude, that rounding in sums of monomials makes at scores of this size. */
	readonly rounding: number;
	/** Milliseconds of the gradients of all heads. */
	readonly exactMs: number;
	readonly certifiedMs: number;
	/** Whether certified is faster, and rounding leaves the relative error that is asked for. */
	readonly pays: boolean;
	/** log2 of the least n from which certified is faster. */
	readonly log2Crossover: number;
	/** The largest B that pays at this n and d; undefined where none does. */
	readonly largestB: number | undefined;
	/** The largest width that pays at this n and B; undefined where none does. */
	readonly largestWidth: number | undefined;
	/** √ln n, the paper's threshold for B. */
	readonly threshold: number;
}

/** Sizes beyond which nothing is said: 2^1000 tokens. */
const LARGEST_LOG2 = 1000;

/** Rank of which a time model can still be asked. */
const MODELLED_LOG2_RANK = 24;

/** The degree within a relative error δ of exp gives softmax weights within (1 + δ)/(1 - δ) - 1. */
const deltaOf = (relative: number): number => relative / (2 + relative);

const degreeOf = (B: number, relative: number): number => chebyshevDegree(B * B, deltaOf(relative));

/**
 * log2 of the least n from which the certified gradient is faster than the exact one, by bisection to 1e-3; `LARGEST_LOG2` where there is none below.
 * @param timeOf predicted times on this machine
 */
export function log2CrossoverOf({ d, B, relative }: Omit<ModelShape, "n" | "heads">, timeOf: TimeOf): number {
	const degree = degreeOf(B, relative);
	const isFaster = (log2n: number): boolean => log2Certified(log2n, d, degree, timeOf) < log2Exact(log2n, d, timeOf);
	let [low, high] = [0, LARGEST_LOG2];
	if (!isFaster(high)) return LARGEST_LOG2;
	if (isFaster(low)) return low;
	while (high - low > 1e-3) {
		const middle = (low + high) / 2;
		if (isFaster(middle)) high = middle;
		else low = middle;
	}
	return high;
}

/** Times are asked at sizes that a double holds with room to spare; beyond, they grow as n² and n. */
const ASKED_LOG2 = 40;

/** log2 of the milliseconds of the exact gradient. */
function log2Exact(log2n: number, d: number, timeOf: TimeOf): number {
	const asked = Math.min(log2n, ASKED_LOG2);
	const time = timeOf({ algorithm: "streaming", options: {}, n: 2 ** asked, d, B: 1 });
	return Math.log2(time) + 2 * (log2n - asked);
}

/** log2 of the milliseconds of the polynomial gradient; of more features than are ever run, as the features grow. */
function log2Certified(log2n: number, d: number, degree: number, timeOf: TimeOf): number {
	const rank = log2MonomialCount(d, degree);
	const asked = Math.min(log2n, ASKED_LOG2);
	const modelled = Math.min(degree, largestModelled(d));
	const time = timeOf({
		algorithm: "polynomial/moment",
		options: { degree: modelled },
		n: 2 ** asked,
		d,
		B: 1,
	});
	return Math.log2(time) + (log2n - asked) + rank - log2MonomialCount(d, modelled);
}

/** Largest degree in d variables that has a modelled rank. */
function largestModelled(d: number): number {
	let degree = 0;
	while (degree < 60 && Math.log2(countMonomials(d, degree + 2)) <= MODELLED_LOG2_RANK) degree++;
	return degree;
}

/** Whether certified attention pays for a model: worst case over all data of bound B. */
export function planModel(shape: ModelShape, timeOf: TimeOf, dtype: Dtype): ModelPlan {
	const { n, d, heads, B, relative } = shape;
	const log2n = Math.log2(n);
	const degree = degreeOf(B, relative);
	const paysWith = (change: Partial<ModelShape>): boolean => {
		const changed = { ...shape, ...change };
		return roundingFloor(changed.B ** 2, dtype) <= relative && log2CrossoverOf(changed, timeOf) <= log2n;
	};
	return {
		radius: B * B,
		degree,
		log2Rank: log2MonomialCount(d, degree),
		rounding: roundingFloor(B * B, dtype),
		exactMs: heads * 2 ** log2Exact(log2n, d, timeOf),
		certifiedMs: heads * 2 ** log2Certified(log2n, d, degree, timeOf),
		pays: paysWith({}),
		log2Crossover: log2CrossoverOf(shape, timeOf),
		largestB: largestBound(paysWith),
		largestWidth: largestWidth(paysWith),
		threshold: Math.sqrt(Math.log(n)),
	};
}

/** The largest B that pays, to a thousandth. */
function largestBound(paysWith: (change: { B: number }) => boolean): number | undefined {
	let [low, high] = [1e-3, 64];
	if (!paysWith({ B: low })) return undefined;
	while (high - low > 1e-3 * low) {
		const middle = Math.sqrt(low * high);
		if (paysWith({ B: middle })) low = middle;
		else high = middle;
	}
	return low;
}

/** The largest width that pays, up to 1024. */
function largestWidth(paysWith: (change: { d: number }) => boolean): number | undefined {
	if (!paysWith({ d: 1 })) return undefined;
	let [low, high] = [1, 1024];
	if (paysWith({ d: high })) return high;
	while (high - low > 1) {
		const middle = Math.floor((low + high) / 2);
		if (paysWith({ d: middle })) low = middle;
		else high = middle;
	}
	return low;
}
