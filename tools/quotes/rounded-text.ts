// How numbers stand in the documents: 17 s, 65,536, 1.3 to 2.3, 0.12 %, 3.4e-8.
import { QuoteError } from "./expression.ts";

/** Units, each with what a value in the unit of rows.csv (ms, MiB, or none) is multiplied by. */
export const units: Readonly<Record<string, number>> = {
	"": 1,
	µs: 1e3,
	ms: 1,
	s: 1e-3,
	min: 1e-3 / 60,
	MiB: 1,
	GiB: 1 / 1024,
	"GFLOP/s": 1,
	"rows/s": 1,
	"million rows/s": 1e-6,
	"%": 100,
	times: 1,
};

/** To the nearest unless said. */
export type Rounding = "nearest" | "down" | "up";

/**
 * One number, or two with "to" between them where they differ when rounded, to so many significant digits, and the unit.
 * A whole number can stand as it is.
 * @throws QuoteError for a number that is not whole and is to be
 */
export function roundedText(
	values: readonly number[],
	digits: number | "whole",
	unit: string,
	roundings: readonly Rounding[] = [],
): string {
	const texts = values.map((value, i) => {
		const given = value * units[unit];
		if (digits !== "whole") return decimal(rounded(given, digits, roundings[i]), digits);
		if (!Number.isInteger(given)) throw new QuoteError(`${given} is no whole number: say how many digits`);
		return separated(String(given));
	});
	const joined = [...new Set(texts)].join(" to ");
	return unit === "" ? joined : `${joined} ${unit}`;
}

function rounded(value: number, digits: number, rounding: Rounding = "nearest"): number {
	const nearest = Number(value.toPrecision(digits));
	const slack = 1e-12 * Math.abs(value);
	const step = value === 0 ? 0 : 10 ** (Math.floor(Math.log10(Math.abs(value))) - digits + 1);
	if (rounding === "up" && nearest < value - slack) return nearest + step;
	if (rounding === "down" && nearest > value + slack) return nearest - step;
	return nearest;
}

function decimal(value: number, digits: number): string {
	const size = Math.abs(value);
	if (size === 0) return "0";
	if (size < 1e-3 || size >= 1e7) return value.toExponential(digits - 1).replace("e+", "e");
	const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size) + 1e-12));
	const text = value.toFixed(places);
	return separated(text);
}

/** 65,536; up to 9999 without a comma. */
const separated = (text: string) => (/^-?\d{5,}$/.test(text) ? text.replace(/\B(?=(\d{3})+$)/g, ",") : text);
