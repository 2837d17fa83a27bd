/** A figure in the data of the page; `report-page.ts` writes it. */
interface PageFigure {
	readonly title: string;
	readonly legend: readonly { name: string; colour: string; shape?: string; dash?: readonly number[] }[];
	readonly panels: readonly {
		heading?: string;
		description: string;
		spec: object;
		labels: Readonly<Record<string, string>>;
	}[];
}

interface PageColumn {
	readonly name: string;
	readonly isNumber: boolean;
	/** Whether the table shows it; the file that is downloaded has all. */
	readonly isShown: boolean;
}

interface PageRows {
	readonly columns: readonly PageColumn[];
	/** Fields as rows.csv writes them, "" for what does not apply. */
	readonly rows: readonly (readonly string[])[];
	/** The command that measures each row again. */
	readonly commands: readonly string[];
	/** The distribution of the times of each row, null where they were not kept; absent where they were of none. */
	readonly samples?: readonly (PageSamples | null)[];
	/** Name of the file to download. */
	readonly fileName: string;
}

/** The times of a cell, milliseconds. */
interface PageSamples {
	readonly count: number;
	readonly low: number;
	readonly high: number;
	readonly median: number;
	/** How many times are in each of equal parts of low to high. */
	readonly bins: readonly number[];
	/** Where the median of each round is between low and high, 0 to 1. */
	readonly rounds: readonly number[];
}

/** The part of vega that is used. */
interface VegaView {
	signal(name: string, value: unknown): VegaView;
	signal(name: string): unknown;
	toSVG(): Promise<string>;
	scale(name: string): VegaScale;
	width(width: number): VegaView;
	tooltip(handler: (handler: unknown, event: MouseEvent, item: unknown, value: unknown) => void): VegaView;
	runAsync(): Promise<VegaView>;
	finalize(): void;
}

interface VegaScale {
	readonly type: string;
	domain(): number[];
	range(): number[];
	invert(pixel: number): number;
}

declare const vega: {
	parse(spec: object): object;
	View: new (runtime: object, options: { renderer: "svg" | "none"; container?: Element; hover: boolean }) => VegaView;
};
