import type { Row } from "../cells/index.ts";
import type { PowerLaw } from "../fits/index.ts";

/** A figure, declared as data: one piece of code draws every figure of a form. */
export type Figure = LineFigure | HeatMapFigure | DotFigure;

/** The parts of figures of every form. */
interface FigureWords {
	/** Name of its files. */
	readonly name: string;
	/** The message of the figure. Its numbers come from `facts`. */
	title(facts: FigureFacts): string;
	/**
	 * The rows that it is about.
	 * @param rows all rows, for a choice that depends on which others there are
	 * @default all
	 */
	only?(row: Row, rows: readonly Row[]): boolean;
	/** The rows that a row stands for: the points of a curve that it holds in `extra`, each as a row. @default the row itself */
	unfold?(row: Row): readonly Row[];
	/**
	 * Text in place of the conditions that the rows have in common: for values computed in closed form, or where a
	 * column means something else.
	 * @default describeRegime of the rows that are done
	 */
	readonly regime?: string | ((rows: readonly Row[]) => string);
	/** The limits of the figure: wrong readings of it, and where its subject does not pay; as long as it needs to be. */
	readonly caveat?: string | ((rows: readonly Row[]) => string);
}

/** The parts of figures over two axes. */
interface PlaneFigure extends FigureWords {
	readonly x: Axis;
	readonly y: Axis;
	/** One panel for each value of a column. */
	readonly panels?: Panels;
}

/** Curves over one variable, or of one quantity against another, in one panel or several. */
export interface LineFigure extends PlaneFigure {
	readonly form?: "lines";
	readonly series: readonly Series[];
	/** The axis of y of a panel, whose range is then its own. @default the figure's, with the range of all panels */
	panelY?(rows: readonly Row[]): Axis;
	/** Thin lines that grow as n^exponent, to compare slopes with. */
	readonly guides?: readonly Guide[];
	/** Thin lines across a panel, each with a name. */
	readonly rules?: readonly Rule[];
	/** Whether each measured curve gets the exponent of a power law fitted to it. @default false */
	readonly fitted?: boolean;
}

/** Values as coloured rectangles over two variables, in one panel or several. */
export interface HeatMapFigure extends PlaneFigure {
	readonly form: "heat-map";
	/**
	 * The rectangles of a row, one as a rule. Where several rows have the same one its value is their median.
	 * @param rows all rows of the panel, for values that relate rows to each other
	 */
	cells(row: Row, rows: readonly Row[]): readonly HeatCell[];
	readonly colour: ColourScale;
	/** The text in a rectangle; default: none. */
	text?(value: number): string;
	readonly overlays?: readonly Overlay[];
}

/** Named things, one below the other, with a dot for each quantity: a panel a quantity, side by side. */
export interface DotFigure extends FigureWords {
	readonly form: "dots";
	/** The category of a row: one line each, in the order of the first row of each. The first is the baseline. */
	category(row: Row): string | undefined;
	/** Dots of one colour, under this name in the legend. @default all are of one colour */
	group?(row: Row): string;
	readonly quantities: readonly Quantity[];
	/** Whether all quantities have the same range, to be compared across panels. @default false */
	readonly sharesRange?: boolean;
	/** A value that every panel marks by a thin line. @default for each group, the value of the first category */
	readonly rule?: number;
}

/** The quantity that a panel of dots shows: the median of the rows of a category and group. */
export interface Quantity {
	readonly axis: Axis;
	value(row: Row, rows: readonly Row[]): number | undefined;
}

/** The middle of a rectangle and its value. Without one a row that is done has no rectangle, one that is not a mark. */
export interface HeatCell {
	readonly x: number;
	readonly y: number;
	readonly value?: number | undefined;
}

/** The facts that a title can state. */
export interface FigureFacts {
	readonly rows: readonly Row[];
	/** Curves that are drawn, in the order of the first row of each; only in a figure of curves. */
	readonly curves: readonly { readonly name: string; readonly law?: PowerLaw }[];
}

/** An axis of a figure. */
export interface Axis {
	/** With the unit. */
	readonly title: string;
	/** `powers-of-two` and `log` are logarithmic. */
	readonly scale: "linear" | "log" | "powers-of-two";
	/** A value that the axis shows whatever the rows hold. @default only values of the rows */
	readonly from?: number;
}

/** One value of each row, drawn as points that a line joins. */
export interface Series {
	/** Name in the legend, by row or of all rows; where there is none each algorithm is a curve of its own, under its name. */
	readonly name?: string | ((row: Row) => string | undefined);
	x(row: Row): number | undefined;
	/** @param rows all rows of the panel, for values that relate rows to each other */
	y(row: Row, rows: readonly Row[]): number | undefined;
	/** Half the height of the band around `y`. */
	spread?(row: Row, rows: readonly Row[]): number | undefined;
	/**
	 * The variable that the curve runs along where that is not x: the degree or rank of a curve of error against time. Rows that share
	 * it are one point.
	 */
	along?(row: Row): number | undefined;
	/** The text beside a point, where there is room. */
	label?(row: Row): string | undefined;
	/** A measurement is a solid line with points, a prediction is dashed, a limit of the arithmetic dotted. */
	readonly kind: "measured" | "predicted" | "floor";
	/** Whether a predicted curve has a mark at each point. @default true */
	readonly marked?: boolean;
}

/** How rows are shared out over panels. */
export interface Panels {
	value(row: Row): number | string | undefined;
	/** Heading of a panel. */
	heading(rows: readonly Row[]): string;
}

/** A thin line of known growth to compare slopes with. */
export interface Guide {
	readonly exponent: number;
	readonly label: string;
}

/** A thin line across a panel: vertical where an axis of x has this value, horizontal for y. */
export interface Rule {
	readonly axis: "x" | "y";
	/** Where it is in the panel of these rows; nowhere where undefined. */
	at(rows: readonly Row[]): number | undefined;
	readonly label: string;
}

/** Colours for values: both kinds can be told apart by colour-blind readers. */
export interface ColourScale {
	/** The meaning of the colour, with the unit. */
	readonly title: string;
	/** `diverging` has white at `middle` and as far to one side as to the other; `sequential` runs from light to dark. */
	readonly kind: "sequential" | "diverging";
	readonly scale: "linear" | "log";
	/** The value that is white. @default 1 of a logarithmic scale, 0 of a linear one */
	readonly middle?: number;
}

/** A dashed curve over a heat map, interrupted where it would hide a number or a mark. */
export interface Overlay {
	readonly label: string;
	/** Its height at x in the panel of these rows; it is not drawn where this is outside of the panel. */
	y(x: number, rows: readonly Row[]): number;
}
