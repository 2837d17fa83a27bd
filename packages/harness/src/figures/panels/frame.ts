import type { Row } from "../../cells/index.ts";
import type { Figure, FigureFacts, Panels } from "../figure.ts";
import { panelColumns } from "../look/layout.ts";
import { describeCondition, describeRegime } from "./regime.ts";
import { bySetting, type Setting } from "./settings.ts";

/** The rows of a panel, its heading, and which axes have their title there: of several panels, those at the outer edge. */
export interface PanelRows {
	readonly rows: readonly Row[];
	readonly heading?: string;
	readonly titled: { readonly x: boolean; readonly y: boolean };
}

/**
 * Rows by panel, in the order of the values that tell panels apart.
 * @param width of the whole figure
 * @param settings columns that make panels of their own, where one panel would show several measurements as one point
 */
export function splitPanels(
	panels: Panels | undefined,
	rows: readonly Row[],
	width: number,
	settings: readonly Setting[] = [],
): PanelRows[] {
	const groups = ownPanels(panels, rows).flatMap(({ heading, members }) =>
		settings.length === 0 ? [{ heading, members }] : settingPanels(heading, members, settings),
	);
	if (!panels && settings.length === 0) return [{ rows, titled: { x: true, y: true } }];
	const columns = panelColumns(groups.length, width);
	return groups.map(({ heading, members }, i) => ({
		rows: members,
		heading,
		titled: { x: i >= groups.length - columns, y: i % columns === 0 },
	}));
}

interface Group {
	readonly heading: string;
	readonly members: readonly Row[];
}

function ownPanels(panels: Panels | undefined, rows: readonly Row[]): Group[] {
	if (!panels) return [{ heading: "", members: rows }];
	return [...Map.groupBy(rows, panels.value)]
		.flatMap(([key, members]) => (key === undefined ? [] : [[key, members] as const]))
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([, members]) => ({ heading: panels.heading(members), members }));
}

function settingPanels(heading: string, members: readonly Row[], settings: readonly Setting[]): Group[] {
	return bySetting(members, settings).map((own) => {
		const conditions = settings.map((setting) =>
			describeCondition(setting, own.find((row) => row[setting] !== undefined)?.[setting]),
		);
		return { heading: [heading, ...conditions].filter((part) => part !== "").join(", "), members: own };
	});
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

/** The title of a figure that has a panel for each setting: what its own says of numbers stands over each panel. */
export function titleOverSettings(y: string, x: string, settings: readonly Setting[]): string {
	const bare = (title: string) => title.replace(/ \([^)]*\)$/, "");
	const name = bare(y);
	return `${name.charAt(0).toUpperCase()}${name.slice(1)} against ${bare(x)}, for each ${settings.join(" and ")}`;
}

/** The meaning of the marks of cells without a value, where there are any. */
export function describeMarks(statuses: readonly Row["status"][]): string[] {
	const different = [...new Set(statuses)];
	return different.length > 0 ? [`× ${different.join(" or ")}: the reasons are in rows.csv`] : [];
}
