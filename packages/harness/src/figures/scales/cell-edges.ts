import type { Axis } from "../figure.ts";
import type { Range } from "./axes.ts";

/**
 * Where rectangles around these values meet: half way between neighbours, on the axis's scale, and as far beyond the
 * first and last. A value that is alone gets a rectangle of some width.
 * @param values positive where the scale is logarithmic
 */
export function cellEdges(axis: Axis, values: readonly number[]): Map<number, Range> {
	const [forth, back] = axis.scale === "linear" ? [Number, Number] : [Math.log, Math.exp];
	const sorted = [...new Set(values)].sort((a, b) => a - b);
	const places = sorted.map(forth);
	const between = places.slice(1).map((place, i) => (place + places[i]) / 2);
	const end = places.length - 1;
	const first = end > 0 ? 2 * places[0] - between[0] : places[0] - 0.5;
	const last = end > 0 ? 2 * places[end] - between[end - 1] : places[0] + 0.5;
	const edges = [first, ...between, last].map(back);
	return new Map(sorted.map((value, i) => [value, [edges[i], edges[i + 1]]]));
}
