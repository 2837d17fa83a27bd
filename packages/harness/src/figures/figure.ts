import type { PowerLaw } from "../fits/power-law.ts";
import type { Row } from "../row.ts";

/** A figure, declared as data: one piece of code draws every figure of a form. */
export type Figure = LineFigure;

/** Curves over one variable, in one panel or several. */
export interface LineFigure {
	/** Name of its files. */
	readonly name: string;
	/** What the reader should see. What it says of numbers comes from `facts`. */
	title(facts: FigureFacts): string;
	readonly x: Axis;
	readonly y: Axis;
	readonly series: readonly Series[];
	/** One panel for each value of a column. */
	readonly panels?: Panels;
	/** Thin lines that grow as n^exponent, to compare slopes with. */
	readonly guides?: readonly Guide[];
	/** Whether each measured curve gets the exponent of a power law fitted to it. @default false */
	readonly fitted?: boolean;
	/** What the figure must not be read as. */
	readonly caveat?: string;
}

/** What a title can say. */
export interface FigureFacts {
	readonly rows: readonly Row[];
	/** Curves that are drawn, in the order of the first row of each. */
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
	/** Name in the legend; where there is none each algorithm is a curve of its own, under its name. */
	readonly name?: string;
	x(row: Row): number | undefined;
	y(row: Row): number | undefined;
	/** Half the height of the band around `y`. */
	spread?(row: Row): number | undefined;
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
