import { longExponent } from "../../cells/index.ts";
import { power } from "./ticks.ts";

/** A number as people write it, up to six digits where it is no whole one: `65,536`, `0.25`, `10⁻⁶`, `3.1·10⁻⁵`, `2¹⁰⁰`. */
export function numberText(value: number): string {
	const magnitude = Math.abs(value);
	const long = longExponent(value);
	if (long !== undefined) return power(2, long);
	if (value === 0 || (magnitude >= 1e-3 && magnitude < 1e12))
		return value.toLocaleString("en", Number.isInteger(value) ? {} : { maximumSignificantDigits: 6 }).replace("-", "−");
	if (!Number.isFinite(value)) return String(value);
	const exponent = Math.floor(Math.log10(magnitude) + 1e-9);
	const leading = Number((value / 10 ** exponent).toPrecision(3));
	return leading === 1 ? power(10, exponent) : `${leading}·${power(10, exponent)}`.replace("-", "−");
}

/** A value to the precision of a drawing: six digits, and whole numbers as they are. */
export function drawnValue(value: number): number {
	return Number.isInteger(value) ? value : Number(value.toPrecision(6));
}
