import type { TopLevelSpec } from "vega-lite";
import type { Row } from "../../cells/index.ts";
import type { Figure, FigureFacts, Panels } from "../figure.ts";
import { figureWidth, fontSize, fontStack, margin, panelColumns } from "../look/layout.ts";
import { ink } from "../look/palette.ts";
import { balanceText, wrapText } from "../look/text.ts";
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
	return groups.map(([, members], i) => ({
		rows: members,
		heading: panels.heading(members),
		titled: { x: i >= groups.length - panelColumns, y: i % panelColumns === 0 },
	}));
}

/** The heading of a panel as vega-lite has it. */
export function panelHeading(heading: string | undefined): object {
	return heading ? { title: { text: heading, fontSize: fontSize.panel, frame: "group", offset: 5 } } : {};
}

/** Puts panels side by side below the title, the regime that the rows have in common, the caveat, and what marks mean. */
export function framed(
	figure: Figure,
	facts: FigureFacts,
	panels: readonly object[],
	marks: readonly string[],
): TopLevelSpec {
	const done = facts.rows.filter(({ status }) => status === "done");
	const regime = typeof figure.regime === "function" ? figure.regime(done) : (figure.regime ?? describeRegime(done));
	const width = figureWidth - 2 * margin;
	const notes = [regime, figure.caveat, ...marks].filter((note) => note !== undefined);
	return {
		$schema: "https://vega.github.io/schema/vega-lite/v6.json",
		usermeta: { notes },
		background: "white",
		padding: margin,
		title: {
			text: balanceText(figure.title(facts), width, fontSize.title, true),
			subtitle: notes.flatMap((note) => wrapText(note, width, fontSize.subtitle)),
		},
		config,
		// A panel that has a heading keeps it: its title would take the place of the figure's.
		...(panels.length === 1 && !("title" in panels[0])
			? panels[0]
			: { concat: panels, columns: panelColumns, spacing: { row: 22, column: 18 } }),
	} as object as TopLevelSpec;
}

/** What the marks of cells without a value mean, where there are any. */
export function describeMarks(statuses: readonly Row["status"][]): string[] {
	const different = [...new Set(statuses)];
	return different.length > 0 ? [`× ${different.join(" or ")}: the reasons are in rows.csv`] : [];
}

const config = {
	font: fontStack,
	title: {
		anchor: "start",
		frame: "bounds",
		fontSize: fontSize.title,
		fontWeight: 700,
		color: ink.text,
		lineHeight: 21,
		subtitleFontSize: fontSize.subtitle,
		subtitleColor: ink.faint,
		subtitleLineHeight: 16,
		subtitlePadding: 5,
		offset: 12,
	},
	axis: {
		labelFontSize: fontSize.tick,
		labelColor: ink.text,
		titleFontSize: fontSize.axisTitle,
		titleFontWeight: 400,
		titleColor: ink.text,
		titlePadding: 8,
		gridColor: ink.grid,
		tickColor: ink.guide,
		domainColor: ink.guide,
		labelOverlap: false,
	},
	legend: {
		labelFontSize: fontSize.label,
		labelColor: ink.text,
		labelLimit: 0,
		titleFontSize: fontSize.axisTitle,
		titleFontWeight: 400,
		titleColor: ink.text,
		titleLimit: 0,
		symbolSize: 70,
		symbolStrokeWidth: 2,
		columnPadding: 18,
	},
	text: { font: fontStack, fontSize: fontSize.tick, baseline: "middle" },
	point: { opacity: 1 },
	view: { stroke: null },
} as const;
