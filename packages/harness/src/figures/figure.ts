import type { PowerLaw } from "../fits/power-law.ts";
import type { Row } from "../row.ts";

/** A figure, declared as data: one piece of code draws every figure of a form. */
export type Figure = LineFigure | HeatMapFigure;

/** What figures of every form have. */
interface FigureWords {
	/** Name of its files. */
	readonly name: string;
	/** What the reader should see. What it says of numbers comes from `facts`. */
	title(facts: FigureFacts): string;
	readonly x: Axis;
	readonly y: Axis;
	/** One panel for each value of a column. */
	readonly panels?: Panels;
	/** What the figure must not be read as, and where what it is about does not pay; as long as it needs to be. */
	readonly caveat?: string;
}

/** Curves over one variable, or of one quantity against another, in one panel or several. */
export interface LineFigure extends FigureWords {
	readonly form?: "lines";
	readonly series: readonly Series[];
	/** Thin lines that grow as n^exponent, to compare slopes with. */
	readonly guides?: readonly Guide[];
	/** Thin lines across a panel, each with a name. */
	readonly rules?: readonly Rule[];
	/** Whether each measured curve gets the exponent of a power law fitted to it. @default false */
	readonly fitted?: boolean;
}

/** A value of each row as a coloured rectangle over two variables, in one panel or several. */
export interface HeatMapFigure extends FigureWords {
	readonly form: "heat-map";
	/** Coordinates of a row's rectangle; the value is the median of the rows that share it. */
	readonly cell: {
		x(row: Row): number | undefined;
		y(row: Row): number | undefined;
		value(row: Row): number | undefined;
	};
	readonly colour: ColourScale;
	/** What is written in a rectangle; nothing unless given. */
	text?(value: number): string;
	readonly overlays?: readonly Overlay[];
}

/** What a title can say. */
export interface FigureFacts {
	readonly rows: readonly Row[];
	/** Curves that are drawn, in the order of the first row of each; none in a heat map. */
	readonly curves: readonly { readonly name: string; readonly law?: PowerLaw }[];
}

export interface Axis {
	/** With the unit. */
	readonly title: string;
	/** `powers-of-two` and `log` are logarithmic. */
	readonly scale: "linear" | "log" | "powers-of-two";
}

/** One value of each row, drawn as points that a line joins. */
export interface Series {
	/** Name in the legend, by row or of all rows; where there is none each algorithm is a curve of its own, under its name. */
	readonly name?: string | ((row: Row) => string | undefined);
	x(row: Row): number | undefined;
	y(row: Row): number | undefined;
	/** Half the height of the band around `y`. */
	spread?(row: Row): number | undefined;
	/**
	 * What the curve runs along where that is not x: the degree or rank of a curve of error against time. Rows that share
	 * it are one point.
	 */
	along?(row: Row): number | undefined;
	/** What is written beside a point, where there is room. */
	label?(row: Row): string | undefined;
	/** A measurement is a solid line with points, a prediction is dashed, a limit of the arithmetic dotted. */
	readonly kind: "measured" | "predicted" | "floor";
}

export interface Panels {
	value(row: Row): number | string | undefined;
	/** Heading of a panel. */
	heading(rows: readonly Row[]): string;
}

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
	/** What the colour means, with the unit. */
	readonly title: string;
	/** `diverging` has white at `middle` and as far to one side as to the other; `sequential` runs from light to dark. */
	readonly kind: "sequential" | "diverging";
	readonly scale: "linear" | "log";
	/** The value that is white. @default 1 of a logarithmic scale, 0 of a linear one */
	readonly middle?: number;
}

/** A dashed curve over a heat map. */
export interface Overlay {
	readonly label: string;
	/** Its height at x in the panel of these rows; it is not drawn where this is outside of the panel. */
	y(x: number, rows: readonly Row[]): number;
}
