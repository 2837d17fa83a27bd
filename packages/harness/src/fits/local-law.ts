import { type UncertainLine, uncertain } from "./line.ts";
import { logLine, type SizedValue } from "./power-law.ts";

/** A power law through a few sizes of a curve, as far as predictions from it go. Both axes are natural logarithms. */
export interface LocalLaw {
	readonly line: UncertainLine;
	readonly freedom: number;
	/** Sizes that the whole curve spans. */
	readonly smallest: number;
	readonly largest: number;
}

/** Sizes that a prediction rests on: more would bring in the bend at small n, fewer leave the scatter unknown. */
export const predictingSizes = 6;

/**
 * The power law through the sizes of a curve that are nearest to one, in ratio.
 * @param n where the law is to be used; Infinity for the largest sizes
 * @returns undefined where there are fewer than 4 sizes
 */
export function localLaw(points: readonly SizedValue[], n: number): LocalLaw | undefined {
	const sizes = [...new Set(points.map((point) => point.n))].sort((a, b) => a - b);
	if (sizes.length < 4) return undefined;
	const distance = (size: number) => (n === Number.POSITIVE_INFINITY ? -size : Math.abs(Math.log(size / n)));
	const chosen = new Set(sizes.toSorted((a, b) => distance(a) - distance(b)).slice(0, predictingSizes));
	const line = logLine(points.filter((point) => chosen.has(point.n)));
	return {
		line: uncertain(line),
		freedom: line.freedom,
		smallest: sizes[0],
		largest: sizes[sizes.length - 1],
	};
}
