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
export { describeProved, provedShare } from "./labels/proved-share.ts";
export { layoutWidth } from "./look/layout.ts";
export { figureModel } from "./model/figure-model.ts";
export type { LegendEntry } from "./model/panel-model.ts";
export { describeRegime } from "./panels/regime.ts";
export { figureSpec } from "./print/print-spec.ts";
export {
	type FigureFormat,
	figureFormats,
	type PaperOptions,
	renderFigure,
	renderForPaper,
} from "./print/render.ts";
export { numberText } from "./scales/number-text.ts";
export { power } from "./scales/ticks.ts";
export { type ScreenFigure, screenFigure } from "./screen/screen-figure.ts";
