/** A figure before it is drawn: its words, its legend and its panels. */
export interface FigureModel {
	readonly title: string;
	/** Regime, caveat, the meaning of marks. */
	readonly notes: readonly string[];
	/** Panels side by side. @default as many as `panelColumns` says */
	readonly columns?: number;
	readonly panels: readonly PanelModel[];
	/** The curves by name, in the order of the legend. */
	readonly legend: readonly LegendEntry[];
}

/** The look of a curve. */
export interface LegendEntry {
	readonly name: string;
	readonly colour: string;
	/** A symbol of vega. */
	readonly shape?: string;
	/** Dashes of its line; none where it is solid. */
	readonly dash?: readonly number[];
}

/** A panel: layers from the back to the front. */
export interface PanelModel {
	readonly heading?: string;
	/** Below the heading: what the panel shows, where no title says it for all. */
	readonly note?: string;
	/** Pixels. */
	readonly width: number;
	readonly height: number;
	/** Titles of the axes that this panel shows. */
	readonly titles: { readonly x?: string; readonly y?: string };
	/** Labels of the thin lines to compare slopes with, where they stand in the panel. */
	readonly guides: readonly string[];
	readonly layers: readonly Layer[];
}

/** A layer of a panel. */
export interface Layer {
	/**
	 * `mark`: drawn everywhere. `curve-name`: the name beside the end of a line, for which only print has a fixed place;
	 * a screen has its legend. `room`: unseen, keeps room in print.
	 */
	readonly role: "mark" | "curve-name" | "room";
	/** Data, mark and encoding as vega-lite has them, in pixels of the panel where a mark has a place of its own. */
	readonly spec: object;
}

/** Layers that are drawn everywhere. */
export const marks = (specs: readonly object[]): Layer[] => specs.map((spec) => ({ role: "mark", spec }));
