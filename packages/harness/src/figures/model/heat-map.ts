import type { Row } from "../../cells/index.ts";
import type { HeatMapFigure } from "../figure.ts";
import { margin, panelColumns, singlePanelHeight, smallPanel, yAxisWidth } from "../look/layout.ts";
import { describeMarks, splitPanels, titleOverSettings, words } from "../panels/frame.ts";
import { placesOfCells, settingsOf } from "../panels/settings.ts";
import { colouring } from "../scales/colour-scale.ts";
import { type HeatFrame, heatAxis } from "./heat-frame.ts";
import { cellsOf, heatPanel } from "./heat-panel.ts";
import type { FigureModel } from "./panel-model.ts";

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
		x: heatAxis(
			figure.x,
			cells.map(({ x }) => x),
		),
		y: heatAxis(
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
