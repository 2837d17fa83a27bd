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

/** Inner size of one of several panels, by how many stand beside each other. */
export const smallPanel = { 2: { width: 283, height: 220 }, 3: { width: 172, height: 190 } } as const;

/** Height of a panel that is alone; it is as wide as the names beside its curves allow. */
export const largePanelHeight = 400;

/** Width that the labels and the title of a y axis take. */
export const yAxisWidth = 58;

/** Panels beside each other of so many: rows of three where that leaves no place empty, otherwise rows of two. */
export const panelColumns = (count: number): 2 | 3 => (count > 0 && count % 3 === 0 ? 3 : 2);

/** Inner width of one of two panels that both have a titled y axis. */
export const titledPanelWidth = (columns: 2 | 3): number =>
	(figureWidth - 2 * margin - 18 * (columns - 1)) / columns - yAxisWidth;
