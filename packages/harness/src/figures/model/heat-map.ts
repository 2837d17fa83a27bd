import type { Row } from "../../cells/index.ts";
import type { Axis, HeatCell, HeatMapFigure } from "../figure.ts";
import { boxAround } from "../labels/boxes.ts";
import { fontSize, margin, panelColumns, singlePanelHeight, smallPanel, yAxisWidth } from "../look/layout.ts";
import { ink } from "../look/palette.ts";
import { textWidth } from "../look/text.ts";
import { describeMarks, type PanelRows, splitPanels, titleOverSettings, words } from "../panels/frame.ts";
import { placesOfCells, settingsOf } from "../panels/settings.ts";
import { axisEncoding, position, type Range, ticksAt } from "../scales/axes.ts";
import { cellEdges } from "../scales/cell-edges.ts";
import { type Colouring, colouring } from "../scales/colour-scale.ts";
import { drawnValue } from "../scales/number-text.ts";
import { median } from "./curves.ts";
import { overlayLayers } from "./overlays.ts";
import { type FigureModel, marks, type PanelModel } from "./panel-model.ts";

/** A rectangle: where, and the median of its values, or why it has none. */
interface PlacedCell extends HeatCell {
	readonly status: Row["status"];
}

/** The frame that all panels of a heat map share. */
export interface HeatFrame {
	readonly width: number;
	readonly height: number;
	readonly x: { readonly edges: ReadonlyMap<number, Range>; readonly range: Range };
	readonly y: { readonly edges: ReadonlyMap<number, Range>; readonly range: Range };
	readonly colours: Colouring;
}

/** Width of the mark of a rectangle without a value, in pixels. */
const crossSize = 10;

/** Room that a tick takes along an axis, in pixels. */
const tickRoom = { x: 42, y: 24 } as const;

/**
 * The model of a heat map. Rectangles without a value are grey with a mark; where there is no row
 * there is no rectangle.
 * @returns undefined where no row has a value
 */
export function heatMapModel(figure: HeatMapFigure, rows: readonly Row[], width: number): FigureModel | undefined {
	const settings = settingsOf(rows, placesOfCells(figure));
	const panels = splitPanels(figure.panels, rows, width, settings);
	const cells = panels.flatMap((panel) => cellsOf(figure, panel.rows));
	const values = cells.flatMap(({ value }) => value ?? []);
	if (values.length === 0) return undefined;
	const size =
		panels.length > 1
			? smallPanel(panelColumns(panels.length, width), width)
			: { width: width - 2 * margin - yAxisWidth, height: singlePanelHeight(width) };
	const frame: HeatFrame = {
		...size,
		x: axisFrame(
			figure.x,
			cells.map(({ x }) => x),
		),
		y: axisFrame(
			figure.y,
			cells.map(({ y }) => y),
		),
		colours: colouring(figure.colour, values, Math.min(260, width / 2)),
	};
	const missing = cells.flatMap(({ value, status }) => (value === undefined ? [status] : []));
	return {
		...words(figure, { rows, curves: [] }, describeMarks(missing)),
		...(settings.length > 0 && { title: titleOverSettings(figure.colour.title, figure.x.title, settings) }),
		panels: panels.map((panel) => ({
			...heatPanel(figure, panel, frame),
			...(settings.length > 0 && { note: figure.title({ rows: panel.rows, curves: [] }) }),
		})),
		legend: [],
	};
}

/** The rectangles of the rows of a panel. */
function cellsOf(figure: HeatMapFigure, rows: readonly Row[]): PlacedCell[] {
	const placed = rows.flatMap((row) =>
		figure.cells(row, rows).flatMap(({ x, y, value }): PlacedCell[] => {
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

function axisFrame(axis: Axis, values: readonly number[]) {
	const edges = cellEdges(axis, values);
	const ends = [...edges.values()].flat();
	return { edges, range: [Math.min(...ends), Math.max(...ends)] as const };
}

/** The middle between two values, as an axis of this scale has it. */
function middleOf({ scale }: Axis, low: number, high: number): number {
	return drawnValue(scale === "linear" ? (low + high) / 2 : Math.sqrt(low * high));
}

/** A panel, from the back to the front: rectangles, overlays with their names, marks of those without a value, text. */
function heatPanel(figure: HeatMapFigure, { heading, titled, rows }: PanelRows, frame: HeatFrame): PanelModel {
	const { width, height, colours } = frame;
	const ranged = (channel: "x" | "y", isTitled: boolean, most: number) => ({
		type: "quantitative",
		...axisEncoding(
			figure[channel],
			frame[channel].range,
			ticksAt(figure[channel], [...frame[channel].edges.keys()], most),
			isTitled,
		),
	});
	const x = ranged("x", titled.x, width / tickRoom.x);
	const y = ranged("y", titled.y, height / tickRoom.y);
	const cells = cellsOf(figure, rows).map((cell) => {
		const [left, right] = frame.x.edges.get(cell.x)!.map(drawnValue);
		const [bottom, top] = frame.y.edges.get(cell.y)!.map(drawnValue);
		const middle = { x: middleOf(figure.x, left, right), y: middleOf(figure.y, bottom, top) };
		return { ...cell, left, right, bottom, top, middle };
	});
	const filled = cells.flatMap(({ value, ...cell }) =>
		value === undefined ? [] : [{ ...cell, value: drawnValue(value) }],
	);
	const empty = cells.filter(({ value }) => value === undefined);
	const boxAt = ({ middle: { x, y } }: { readonly middle: HeatCell }, width: number) =>
		boxAround(
			position(figure.x, frame.x.range, frame.width, x),
			frame.height - position(figure.y, frame.y.range, frame.height, y),
			width + 8,
			fontSize.point + 4,
		);
	const rectangle = {
		x: { field: "left", ...x },
		x2: { field: "right" },
		y: { field: "bottom", ...y },
		y2: { field: "top" },
	};
	const centred = { x: { field: "x", ...x }, y: { field: "y", ...y } };
	const tooltip = [
		{ field: "x", type: "quantitative", title: figure.x.title },
		{ field: "y", type: "quantitative", title: figure.y.title },
		{ field: "value", type: "quantitative", title: figure.colour.title, format: ".3~g" },
	];
	return {
		...(heading && { heading }),
		width,
		height,
		titles: { ...(titled.x && { x: figure.x.title }), ...(titled.y && { y: figure.y.title }) },
		guides: [],
		layers: marks([
			{
				data: { values: empty },
				mark: { type: "rect", color: ink.grid, stroke: "white", strokeWidth: 1 },
				encoding: rectangle,
			},
			{
				data: { values: filled },
				mark: { type: "rect", stroke: "white", strokeWidth: 1 },
				encoding: {
					...rectangle,
					color: { field: "value", type: "quantitative", ...colours.encoding },
					tooltip,
				},
			},
			...overlayLayers(figure, rows, frame, { x, y }, [
				...empty.map((cell) => boxAt(cell, crossSize)),
				...(figure.text ? filled.map((cell) => boxAt(cell, textWidth(figure.text!(cell.value), fontSize.point))) : []),
			]),
			{
				data: { values: empty.map(({ middle, status }) => ({ ...middle, status })) },
				mark: {
					type: "point",
					filled: false,
					shape: "M-1,-1L1,1M-1,1L1,-1",
					size: 45,
					strokeWidth: 1.8,
					color: ink.faint,
				},
				encoding: centred,
			},
			...(figure.text
				? [
						{
							data: {
								values: filled.map(({ value, middle }) => ({
									...middle,
									text: figure.text!(value),
									ink: colours.inkOn(value),
								})),
							},
							mark: { type: "text", fontSize: fontSize.point },
							encoding: { ...centred, text: { field: "text" }, color: { field: "ink", type: "nominal", scale: null } },
						},
					]
				: []),
		]),
	};
}
