import { shortDuration } from "@attgrad/matrix-core";
import { longExponent, sizeText } from "../cells/index.ts";
import type { Reach } from "../fits/index.ts";

/** A number in four digits for people: 0.05291, 16,384, 2.487e-7; a dash for none. */
export function shown(x: number | undefined): string {
	if (x === undefined) return "–";
	if (Number.isInteger(x) && Math.abs(x) < 1e9) return x.toLocaleString("en");
	const rounded = Number(x.toPrecision(4));
	return Math.abs(rounded) < 1e-3 || Math.abs(rounded) >= 1e6 ? rounded.toExponential() : String(rounded);
}

/** A range of numbers for people; one number where both ends are the same. */
export function shownRange(range: readonly [low: number, high: number] | undefined): string {
	if (!range) return "–";
	const [low, high] = range.map(shown);
	return low === high ? low : `${low} to ${high}`;
}

/** A time in milliseconds for people, in three digits; a dash for none. */
export function shownTime(ms: number | undefined): string {
	return ms === undefined ? "–" : shortDuration(ms, 3);
}

/** A size for people, with its power of two where it is a large one: 131,072; 2^1000. */
export function shownSize(n: number): string {
	return longExponent(n) === undefined ? shown(Math.round(n)) : sizeText(n);
}

/** `5,210 (4,800 to 5,650)`, in square brackets where it is beyond what was measured. */
export function describeReach(reach: Reach | undefined): string {
	if (!reach) return "–";
	const { n, interval, extrapolated } = reach;
	const text = `${rounded(n)} (${interval.map(rounded).join(" to ")})`;
	return extrapolated ? `[${text}]` : text;
}

/** A size in three digits; past what anything could run it is infinite. */
function rounded(n: number): string {
	if (n > 1e15) return "∞";
	return n < 1e9 ? Number(n.toPrecision(3)).toLocaleString("en") : Number(n.toPrecision(3)).toExponential();
}
