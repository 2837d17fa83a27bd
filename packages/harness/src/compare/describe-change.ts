import type { ComparedPoint } from "./compare-runs.ts";

/** The change of a point, in words: `slower by 12 %`; "" where no change is above the noise. */
export function describeChange({ verdict, ratio }: Pick<ComparedPoint, "verdict" | "ratio">): string {
	if (verdict === "same") return "";
	if (verdict === "unknown") return "timed once";
	return `${verdict} by ${(100 * Math.abs(ratio - 1)).toFixed(0)} %`;
}
