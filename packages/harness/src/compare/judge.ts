import { quantile } from "simple-statistics";
import type { Ratio } from "./ratio.ts";

/** The verdict on a point: `unknown` where a time was taken only once. */
export type Verdict = "slower" | "faster" | "same" | "unknown";

/** The judgement of all points. */
export interface Judgement {
	/** One for each ratio. */
	readonly verdicts: readonly Verdict[];
	/** The bound that 19 of 20 differences between identical halves stay below, as a factor − 1: 0.03 is 3 %. */
	readonly noise: number;
}

/**
 * Says which times have changed: those whose interval excludes 1 and whose change is larger than the noise, which is
 * measured between halves of the same run, over all points and at the point itself.
 */
export function judge(ratios: readonly Ratio[]): Judgement {
	const halves = ratios.flatMap((ratio) => ratio.halves);
	const noise = halves.length > 0 ? quantile(halves, 0.95) : 0;
	return { verdicts: ratios.map((ratio) => verdictOf(ratio, noise)), noise: Math.expm1(noise) };
}

/** The change of a point, in words: `slower by 12 %`; "" where no change is above the noise. */
export function describeChange({ verdict, ratio }: { readonly verdict: Verdict; readonly ratio: number }): string {
	if (verdict === "same") return "";
	if (verdict === "unknown") return "timed once";
	return `${verdict} by ${(100 * Math.abs(ratio - 1)).toFixed(0)} %`;
}

function verdictOf({ ratio, interval, halves }: Ratio, noise: number): Verdict {
	if (!interval) return "unknown";
	const isCertain = interval[0] > 1 || interval[1] < 1;
	if (!isCertain || Math.abs(Math.log(ratio)) <= Math.max(noise, ...halves)) return "same";
	return ratio > 1 ? "slower" : "faster";
}
