import { zeroOf } from "./line.ts";
import { localLaw } from "./local-law.ts";
import type { SizedValue } from "./power-law.ts";
import { studentQuantile } from "./student-t.ts";

/** How far a time goes. */
export interface Reach {
	/** Largest size that is done within the time. */
	readonly n: number;
	/** 95 % interval of `n`. */
	readonly interval: readonly [low: number, high: number];
	/** Whether `n` is outside the measured sizes: it then assumes that the curve continues unchanged. */
	readonly extrapolated: boolean;
}

/**
 * The largest n whose value is at most `limit`, from the power law through the 6 sizes nearest to it, or the largest
 * ones where it is beyond them. The interval is that of inverse regression (Fieller).
 * @param points values > 0, milliseconds say
 * @param limit in the unit of the values, > 0
 * @returns undefined where there are fewer than 4 sizes, where the value does not grow with n for certain, or where not even n = 1 is within the limit
 */
export function largestWithin(points: readonly SizedValue[], limit: number): Reach | undefined {
	let at = Number.POSITIVE_INFINITY;
	let found: Reach | undefined;
	// The second pass is over the sizes about the answer of the first.
	for (let pass = 0; pass < 2; pass++) {
		const law = localLaw(points, at);
		if (!law || law.line.beta <= 0) return undefined;
		const { line, freedom, smallest, largest } = law;
		const zero = zeroOf({ ...line, alpha: line.alpha - Math.log(limit) }, studentQuantile(0.975, freedom));
		if (!zero || zero.x < 0) return undefined;
		const [low, high] = zero.interval.map(Math.exp) as [number, number];
		at = Math.exp(zero.x);
		found = { n: at, interval: [low, high], extrapolated: at < smallest || at > largest };
	}
	return found;
}
