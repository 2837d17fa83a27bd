export type {
	Axis,
	ColourScale,
	DotFigure,
	Figure,
	FigureFacts,
	Guide,
	HeatCell,
	HeatMapFigure,
	LineFigure,
	Overlay,
	Panels,
	Quantity,
	Rule,
	Series,
} from "./figure.ts";
export { figureSpec } from "./model/figure-spec.ts";
export { describeRegime } from "./model/regime.ts";
export { renderFigure } from "./print/render.ts";
export { numberText } from "./scales/number-text.ts";
export { type LegendEntry, type ScreenFigure, screenFigure } from "./screen/screen-figure.ts";
