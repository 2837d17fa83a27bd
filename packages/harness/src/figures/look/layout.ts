/** Width of a figure in SVG units; its PNG has twice as many pixels, so that text is legible at half of them. */
export const figureWidth = 700;

/** Margin around a figure. */
export const margin = 14;

/** The font of all text; it comes with the project, since a host may have none. */
export const fontFamily = "Source Sans 3";

/** The same as SVG and browsers take it: a name with a digit for a word has to be quoted. */
export const fontStack = `'${fontFamily}', sans-serif`;

/** Sizes of text. */
export const fontSize = {
	title: 17,
	subtitle: 12.5,
	panel: 13.5,
	panelNote: 11,
	axisTitle: 13,
	tick: 12,
	label: 13,
	point: 10.5,
} as const;

/** Inner size of one of several panels of a figure of this width, by how many stand beside each other. */
export function smallPanel(columns: 1 | 2 | 3, width = figureWidth): { width: number; height: number } {
	const { axis, height } = { 1: { axis: 58, height: 180 }, 2: { axis: 44, height: 220 }, 3: { axis: 40, height: 190 } }[
		columns
	];
	return { width: columnWidth(columns, width) - axis, height };
}

/** Width of a column with its axis. */
const columnWidth = (columns: 1 | 2 | 3, width: number): number => (width - 2 * margin - 18 * (columns - 1)) / columns;

/** Height of a panel that is alone in a figure of this width; it is as wide as the names beside its curves allow. */
export const singlePanelHeight = (width: number): number => Math.max(240, (400 * width) / figureWidth);

/** Width that the labels and the title of a y axis take. */
export const yAxisWidth = 58;

/** Least inner width at which ticks and headings of a panel have room. */
const leastPanelWidth = 165;

/**
 * Panels beside each other of so many: rows of three where that leaves no place empty, otherwise rows of two. A narrow
 * figure has as many as keep a width of 165.
 */
export function panelColumns(count: number, width = figureWidth): 1 | 2 | 3 {
	const wanted = count > 0 && count % 3 === 0 ? ([3, 2] as const) : ([2] as const);
	return wanted.find((columns) => smallPanel(columns, width).width >= leastPanelWidth) ?? 1;
}

/** Inner width of one of so many panels beside each other that all have a titled y axis. */
export const titledPanelWidth = (columns: 1 | 2 | 3, width = figureWidth): number =>
	columnWidth(columns, width) - yAxisWidth;

/** Least width of a panel that is alone, as a part of the figure, at which names stand beside the curves. */
const leastPlotShare = 0.55;

/** Whether names of this width fit beside the curves of a figure; in one of the usual width they always do. */
export const fitsBeside = (names: number, width: number): boolean =>
	width >= figureWidth || width - 2 * margin - yAxisWidth - names >= leastPlotShare * width;

/** Least size of small text on paper, points. */
const leastTextSize = 7;

/** Width to lay a figure out for, so that its text stays legible on a page of this width in points. */
export const layoutWidth = (points: number): number =>
	Math.min(figureWidth, Math.max(figureWidth / 2.5, (points * fontSize.tick) / leastTextSize));
