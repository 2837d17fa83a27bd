import type { Row } from "../../cells/index.ts";
import type { Figure } from "../figure.ts";
import { dotFigureModel } from "./dot-figure.ts";
import { heatMapModel } from "./heat-map.ts";
import { lineFigureModel } from "./line-figure.ts";
import type { FigureModel } from "./panel-model.ts";

/**
 * The model of a figure of any form: what print and screen are drawn from. Data inline, nothing to fetch.
 * @returns undefined where the rows hold nothing that it draws
 */
export function figureModel(figure: Figure, rows: readonly Row[]): FigureModel | undefined {
	const { only, unfold } = figure;
	const wanted = only ? rows.filter((row) => only(row, rows)) : rows;
	const about = unfold ? wanted.flatMap((row) => unfold(row)) : wanted;
	switch (figure.form) {
		case "heat-map":
			return heatMapModel(figure, about);
		case "dots":
			return dotFigureModel(figure, about);
		default:
			return lineFigureModel(figure, about);
	}
}
