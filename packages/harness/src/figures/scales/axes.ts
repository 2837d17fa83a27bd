import type { Axis } from "../figure.ts";
import { numberText } from "./number-text.ts";
import { linearTicks, power, powerOfTenTicks, powerOfTwoTicks, type Tick } from "./ticks.ts";

/** Least and largest value that an axis shows. */
export type Range = readonly [low: number, high: number];

/** A part of the axis left free at both ends. */
const margin = 0.035;

const isLogarithmic = ({ scale }: Axis) => scale !== "linear";

/** The range of an axis that shows these values, of which there is at least one. */
export function rangeOf(axis: Axis, values: readonly number[]): Range {
	const [forth, back] = isLogarithmic(axis) ? [Math.log, Math.exp] : [Number, Number];
	const shown = axis.from === undefined ? values : [...values, axis.from];
	const low = forth(Math.min(...shown));
	const high = forth(Math.max(...shown));
	const free = (high - low || 1) * margin;
	return [back(low - free), back(high + free)];
}

/** Where a value lies on an axis of this length, from its low end. */
export function position(axis: Axis, [low, high]: Range, length: number, value: number): number {
	const forth = isLogarithmic(axis) ? Math.log : Number;
	return (length * (forth(value) - forth(low))) / (forth(high) - forth(low));
}

/** Scale and axis of a channel with these ticks, for vega-lite. */
export function axisEncoding(axis: Axis, range: Range, ticks: readonly Tick[], isTitled: boolean): object {
	return {
		scale: { domain: range, nice: false, ...(isLogarithmic(axis) ? { type: "log" } : { type: "linear", zero: false }) },
		axis: {
			title: isTitled ? axis.title : null,
			values: ticks.map(({ value }) => value),
			// A table from tick to label, as an expression of vega; each tick finds the nearest, since logarithms round.
			labelExpr: ticks.reduceRight(
				(otherwise, { value, label }) =>
					`abs(datum.value - ${value}) <= 1e-9 * abs(${value}) ? ${JSON.stringify(label)} : ${otherwise}`,
				'""',
			),
		},
	};
}

/** Round values in a range, at most so many. */
export function ticksIn({ scale }: Axis, range: Range, most: number): Tick[] {
	if (scale === "linear") return linearTicks(range, Math.floor(most));
	return scale === "powers-of-two"
		? powerOfTwoTicks(range, Math.floor(most))
		: powerOfTenTicks(range, Math.floor(most));
}

/** These values themselves, or every second, third, … of them so that there are at most so many. */
export function ticksAt({ scale }: Axis, values: readonly number[], most: number): Tick[] {
	const sorted = [...new Set(values)].sort((a, b) => a - b);
	const step = Math.max(1, Math.ceil(sorted.length / Math.floor(most)));
	const arePowers =
		scale === "powers-of-two" &&
		Math.max(...sorted) >= 1e4 &&
		sorted.every((value) => Number.isInteger(Math.log2(value)));
	const label = arePowers ? (value: number) => power(2, Math.log2(value)) : numberText;
	return sorted.filter((_, i) => i % step === 0).map((value) => ({ value, label: label(value) }));
}
