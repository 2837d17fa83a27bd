import { present } from "@attgrad/matrix-core";
import type { Axis, HeatMapFigure } from "../figure.ts";
import { position, type Range } from "../scales/axes.ts";
import { cellEdges } from "../scales/cell-edges.ts";
import type { Colouring } from "../scales/colour-scale.ts";

/** An axis of a heat map. */
interface HeatAxis {
	/** Values of rectangles, ascending. */
	readonly values: readonly number[];
	readonly range: Range;
	/** The sides of the rectangle of a value. */
	edgesOf(value: number): Range;
}

/** The frame that all panels of a heat map share. */
export interface HeatFrame {
	readonly width: number;
	readonly height: number;
	readonly x: HeatAxis;
	readonly y: HeatAxis;
	readonly colours: Colouring;
}

/** The axis of a heat map that has rectangles at these values. */
export function heatAxis(axis: Axis, values: readonly number[]): HeatAxis {
	const edges = cellEdges(axis, values);
	const ends = [...edges.values()].flat();
	return {
		values: [...edges.keys()],
		range: [Math.min(...ends), Math.max(...ends)],
		edgesOf: (value) => present(edges.get(value), `the rectangle at ${value}`),
	};
}

/** The place of a point in a panel, in pixels from its left and its top. */
export function placeIn(
	{ width, height, ...frame }: HeatFrame,
	figure: HeatMapFigure,
	{ x, y }: { readonly x: number; readonly y: number },
) {
	return {
		across: position(figure.x, frame.x.range, width, x),
		down: height - position(figure.y, frame.y.range, height, y),
	};
}
