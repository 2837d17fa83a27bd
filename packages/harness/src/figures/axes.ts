import type { Axis } from "./figure.ts";
import { linearTicks, powerOfTenTicks, powerOfTwoTicks, type Tick } from "./ticks.ts";

/** Least and largest value that an axis shows. */
export type Range = readonly [low: number, high: number];

/** A part of the axis left free at both ends. */
const margin = 0.035;

const isLogarithmic = ({ scale }: Axis) => scale !== "linear";

/** The range of an axis that shows these values, of which there is at least one. */
export function rangeOf(axis: Axis, values: readonly number[]): Range {
	const [forth, back] = isLogarithmic(axis) ? [Math.log, Math.exp] : [Number, Number];
	const low = forth(Math.min(...values));
	const high = forth(Math.max(...values));
	const free = (high - low || 1) * margin;
	return [back(low - free), back(high + free)];
}

/** Where a value lies on an axis of this length, from its low end. */
export function position(axis: Axis, [low, high]: Range, length: number, value: number): number {
	const forth = isLogarithmic(axis) ? Math.log : Number;
	return (length * (forth(value) - forth(low))) / (forth(high) - forth(low));
}

/** Scale and axis of a channel with at most so many ticks, for vega-lite. */
export function axisEncoding(axis: Axis, range: Range, most: number, isTitled: boolean): object {
	const ticks = ticksOf(axis, range, Math.floor(most));
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

function ticksOf({ scale }: Axis, range: Range, most: number): Tick[] {
	if (scale === "linear") return linearTicks(range, most);
	return scale === "powers-of-two" ? powerOfTwoTicks(range, most) : powerOfTenTicks(range, most);
}
