import type { Row } from "../../cells/index.ts";
import type { Figure } from "../figure.ts";
import { figureWidth } from "../look/layout.ts";
import { dotFigureModel } from "./dot-figure.ts";
import { heatMapModel } from "./heat-map.ts";
import { lineFigureModel } from "./line-figure.ts";
import type { FigureModel } from "./panel-model.ts";

/**
 * The model of a figure of any form: what print and screen are drawn from. Data inline, nothing to fetch.
 * @param width of the whole figure, in the unit of text sizes
 * @returns undefined where the rows hold nothing that it draws
 */
export function figureModel(figure: Figure, rows: readonly Row[], width = figureWidth): FigureModel | undefined {
	const { only, unfold } = figure;
	const wanted = only ? rows.filter((row) => only(row, rows)) : rows;
	const about = unfold ? wanted.flatMap((row) => unfold(row)) : wanted;
	switch (figure.form) {
		case "heat-map":
			return heatMapModel(figure, about, width);
		case "dots":
			return dotFigureModel(figure, about, width);
		default:
			return lineFigureModel(figure, about, width);
	}
}
