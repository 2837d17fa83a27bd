import type { Row } from "../../cells/index.ts";
import type { Figure, FigureFacts, Panels } from "../figure.ts";
import { panelColumns } from "../look/layout.ts";
import { describeRegime } from "./regime.ts";

/** The rows of a panel, its heading, and which axes have their title there: of several panels, those at the outer edge. */
export interface PanelRows {
	readonly rows: readonly Row[];
	readonly heading?: string;
	readonly titled: { readonly x: boolean; readonly y: boolean };
}

/** Rows by panel, in the order of the values that tell panels apart. */
export function splitPanels(panels: Panels | undefined, rows: readonly Row[]): PanelRows[] {
	if (!panels) return [{ rows, titled: { x: true, y: true } }];
	const groups = [...Map.groupBy(rows, panels.value)]
		.filter(([key]) => key !== undefined)
		.sort(([a], [b]) => (a! < b! ? -1 : 1));
	const columns = panelColumns(groups.length);
	return groups.map(([, members], i) => ({
		rows: members,
		heading: panels.heading(members),
		titled: { x: i >= groups.length - columns, y: i % columns === 0 },
	}));
}

/** The title and the notes of a figure: the regime that its rows have in common, the caveat, and the meaning of marks. */
export function words(
	figure: Figure,
	facts: FigureFacts,
	marks: readonly string[],
): { readonly title: string; readonly notes: readonly string[] } {
	const done = facts.rows.filter(({ status }) => status === "done");
	const regime = typeof figure.regime === "function" ? figure.regime(done) : (figure.regime ?? describeRegime(done));
	const caveat = typeof figure.caveat === "function" ? figure.caveat(done) : figure.caveat;
	const notes = [regime, caveat, ...marks].filter((note) => note !== undefined);
	return { title: figure.title(facts), notes };
}

/** What the marks of cells without a value mean, where there are any. */
export function describeMarks(statuses: readonly Row["status"][]): string[] {
	const different = [...new Set(statuses)];
	return different.length > 0 ? [`× ${different.join(" or ")}: the reasons are in rows.csv`] : [];
}
