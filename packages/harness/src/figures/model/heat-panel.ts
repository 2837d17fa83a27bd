import type { Row } from "../../cells/index.ts";
import type { Axis, HeatCell, HeatMapFigure } from "../figure.ts";
import { type Box, boxAround } from "../labels/boxes.ts";
import { fontSize } from "../look/layout.ts";
import { ink } from "../look/palette.ts";
import { textWidth } from "../look/text.ts";
import type { PanelRows } from "../panels/frame.ts";
import { axisEncoding, ticksAt } from "../scales/axes.ts";
import { drawnValue } from "../scales/number-text.ts";
import { median } from "./curves.ts";
import { type HeatFrame, placeIn } from "./heat-frame.ts";
import { overlayLayers } from "./overlays.ts";
import { marks, type PanelModel } from "./panel-model.ts";

/** A rectangle: where, and the median of its values, or why it has none. */
interface HeatRectangle extends HeatCell {
	readonly status: Row["status"];
}

/** Width of the mark of a rectangle without a value, in pixels. */
const crossSize = 10;

/** Room that a tick takes along an axis, in pixels. */
const tickRoom = { x: 42, y: 24 } as const;

/** The rectangles of the rows of a panel. */
export function cellsOf(figure: HeatMapFigure, rows: readonly Row[]): HeatRectangle[] {
	const placed = rows.flatMap((row) =>
		figure.cells(row, rows).flatMap(({ x, y, value }): HeatRectangle[] => {
			if (row.status !== "done") return [{ x, y, status: row.status }];
			return value === undefined ? [] : [{ x, y, value, status: row.status }];
		}),
	);
	return [...Map.groupBy(placed, ({ x, y }) => `${x} ${y}`).values()].map((group) => {
		const values = group.flatMap(({ value }) => value ?? []);
		const { x, y, status } = group[0];
		return values.length > 0 ? { x, y, status: "done", value: median(values) } : { x, y, status };
	});
}

/** The middle between two values, as an axis of this scale has it. */
function middleOf({ scale }: Axis, low: number, high: number): number {
	return drawnValue(scale === "linear" ? (low + high) / 2 : Math.sqrt(low * high));
}

/** A rectangle with its sides and its middle. */
interface DrawnRectangle extends HeatRectangle {
	readonly left: number;
	readonly right: number;
	readonly bottom: number;
	readonly top: number;
	readonly middle: HeatCell;
}

function drawn(figure: HeatMapFigure, cell: HeatRectangle, frame: HeatFrame): DrawnRectangle {
	const [left, right] = frame.x.edgesOf(cell.x).map(drawnValue);
	const [bottom, top] = frame.y.edgesOf(cell.y).map(drawnValue);
	const middle = { x: middleOf(figure.x, left, right), y: middleOf(figure.y, bottom, top) };
	return { ...cell, left, right, bottom, top, middle };
}

/** A panel, from the back to the front: rectangles, overlays with their names, marks of those without a value, text. */
export function heatPanel(figure: HeatMapFigure, { heading, titled, rows }: PanelRows, frame: HeatFrame): PanelModel {
	const { width, height } = frame;
	const ranged = (channel: "x" | "y", most: number) => ({
		type: "quantitative",
		...axisEncoding(
			figure[channel],
			frame[channel].range,
			ticksAt(figure[channel], frame[channel].values, most),
			titled[channel],
		),
	});
	const axes = { x: ranged("x", width / tickRoom.x), y: ranged("y", height / tickRoom.y) };
	const cells = cellsOf(figure, rows).map((cell) => drawn(figure, cell, frame));
	const filled = cells.flatMap(({ value, ...cell }) =>
		value === undefined ? [] : [{ ...cell, value: drawnValue(value) }],
	);
	const empty = cells.filter(({ value }) => value === undefined);
	const texts = textsOf(figure, filled, frame);
	const boxOf = ({ middle }: DrawnRectangle, room: number): Box => {
		const { across, down } = placeIn(frame, figure, middle);
		return boxAround(across, down, room + 8, fontSize.point + 4);
	};
	return {
		...(heading && { heading }),
		width,
		height,
		titles: { ...(titled.x && { x: figure.x.title }), ...(titled.y && { y: figure.y.title }) },
		guides: [],
		layers: marks([
			...rectangleLayers(figure, empty, filled, frame, axes),
			...overlayLayers(figure, rows, frame, axes, [
				...empty.map((cell) => boxOf(cell, crossSize)),
				...texts.map(({ cell, text }) => boxOf(cell, textWidth(text, fontSize.point))),
			]),
			crossLayer(empty, axes),
			...(texts.length > 0 ? [textLayer(texts, axes)] : []),
		]),
	};
}

/** The encodings of both axes of a panel. */
interface HeatAxes {
	readonly x: object;
	readonly y: object;
}

/** The text in each rectangle, with its colour; none where the figure has none. */
function textsOf({ text }: HeatMapFigure, filled: readonly (DrawnRectangle & { value: number })[], frame: HeatFrame) {
	return text ? filled.map((cell) => ({ cell, text: text(cell.value), ink: frame.colours.inkOn(cell.value) })) : [];
}

const centred = ({ x, y }: HeatAxes) => ({ x: { field: "x", ...x }, y: { field: "y", ...y } });

/** Grey rectangles where there is no value, and coloured ones. */
function rectangleLayers(
	figure: HeatMapFigure,
	empty: readonly DrawnRectangle[],
	filled: readonly DrawnRectangle[],
	frame: HeatFrame,
	{ x, y }: HeatAxes,
) {
	const rectangle = {
		x: { field: "left", ...x },
		x2: { field: "right" },
		y: { field: "bottom", ...y },
		y2: { field: "top" },
	};
	const tooltip = [
		{ field: "x", type: "quantitative", title: figure.x.title },
		{ field: "y", type: "quantitative", title: figure.y.title },
		{ field: "value", type: "quantitative", title: figure.colour.title, format: ".3~g" },
	];
	const color = { field: "value", type: "quantitative", ...frame.colours.encoding };
	return [
		{
			data: { values: empty },
			mark: { type: "rect", color: ink.grid, stroke: "white", strokeWidth: 1 },
			encoding: rectangle,
		},
		{
			data: { values: filled },
			mark: { type: "rect", stroke: "white", strokeWidth: 1 },
			encoding: { ...rectangle, color, tooltip },
		},
	];
}

/** A cross in each rectangle without a value. */
function crossLayer(empty: readonly DrawnRectangle[], axes: HeatAxes) {
	return {
		data: { values: empty.map(({ middle, status }) => ({ ...middle, status })) },
		mark: {
			type: "point",
			filled: false,
			shape: "M-1,-1L1,1M-1,1L1,-1",
			size: 45,
			strokeWidth: 1.8,
			color: ink.faint,
		},
		encoding: centred(axes),
	};
}

function textLayer(texts: ReturnType<typeof textsOf>, axes: HeatAxes) {
	return {
		data: { values: texts.map(({ cell, text, ink }) => ({ ...cell.middle, text, ink })) },
		mark: { type: "text", fontSize: fontSize.point },
		encoding: {
			...centred(axes),
			text: { field: "text" },
			color: { field: "ink", type: "nominal", scale: null },
		},
	};
}
