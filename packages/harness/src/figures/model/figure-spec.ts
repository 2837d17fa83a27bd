import type { TopLevelSpec } from "vega-lite";
import type { Row } from "../../cells/index.ts";
import type { Figure } from "../figure.ts";
import { dotFigureSpec } from "./dot-figure.ts";
import { heatMapSpec } from "./heat-map.ts";
import { lineFigureSpec } from "./line-figure.ts";

/**
 * The vega-lite specification of a figure of any form, for `renderFigure` and for a browser: data inline, nothing to
 * fetch, points and rectangles with tooltips.
 * @returns undefined where the rows hold nothing that it draws
 */
export function figureSpec(figure: Figure, rows: readonly Row[]): TopLevelSpec | undefined {
	const wanted = figure.only ? rows.filter((row) => figure.only!(row)) : rows;
	const about = figure.unfold ? wanted.flatMap((row) => figure.unfold!(row)) : wanted;
	switch (figure.form) {
		case "heat-map":
			return heatMapSpec(figure, about);
		case "dots":
			return dotFigureSpec(figure, about);
		default:
			return lineFigureSpec(figure, about);
	}
}
