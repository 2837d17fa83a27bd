/** What the page knows of the data in it; `report-page.ts` writes it. */
interface PageFigure {
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
	/** Name of the file to download. */
	readonly fileName: string;
}

/** What is used of vega. */
interface VegaView {
	signal(name: string, value: unknown): VegaView;
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
	View: new (runtime: object, options: { renderer: "svg"; container: Element; hover: boolean }) => VegaView;
};
