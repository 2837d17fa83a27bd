import type { TopLevelSpec } from "vega-lite";
import type { Row } from "../../cells/index.ts";
import type { Figure } from "../figure.ts";
import { config } from "../look/config.ts";
import { figureWidth, fontSize, margin, panelColumns } from "../look/layout.ts";
import { wrapEvenly, wrapText } from "../look/text.ts";
import { figureModel } from "../model/figure-model.ts";
import type { FigureModel, PanelModel } from "../model/panel-model.ts";

/**
 * The vega-lite specification of a figure for print, or for a page of one's own: of one width, with names beside curves.
 * @param width of the whole figure, in the unit of text sizes: `layoutWidth` gives the one for a width on paper
 * @returns undefined where the rows hold nothing that it draws
 */
export function figureSpec(figure: Figure, rows: readonly Row[], width = figureWidth): TopLevelSpec | undefined {
	const model = figureModel(figure, rows, width);
	return model && printSpec(model, width);
}

/** The panels of a figure side by side below its title and notes. */
export function printSpec(model: FigureModel, figureWidth: number): TopLevelSpec {
	const { title, notes, panels, columns = panelColumns(panels.length, figureWidth) } = model;
	const width = figureWidth - 2 * margin;
	const noted = notesOf(panels);
	const specs = panels.map((panel, i) => panelSpec(panel, noted[i]));
	return {
		$schema: "https://vega.github.io/schema/vega-lite/v6.json",
		usermeta: { notes },
		background: "white",
		padding: margin,
		title: {
			text: wrapEvenly(title, width, fontSize.title, true),
			subtitle: notes.flatMap((note) => wrapEvenly(keepConditions(note), width, fontSize.subtitle)),
		},
		config,
		// A panel that has a heading keeps it: its title would take the place of the figure's.
		...(panels.length === 1 && !panels[0].heading
			? specs[0]
			: { concat: specs, columns, spacing: { row: 22, column: 18 } }),
	} as object as TopLevelSpec;
}

/** Conditions, which stand between dots, are not broken: a line ends between two of them. */
function keepConditions(note: string): string {
	const parts = note.split(" · ");
	return parts.length > 2 ? parts.map((part) => part.replaceAll(" ", "\u00a0")).join(" · ") : note;
}

/** The notes of panels, broken into as many lines each, so that headings stand level. */
function notesOf(panels: readonly PanelModel[]): string[][] {
	const lines = panels.map(({ note, width }) => (note ? wrapText(note, width, fontSize.panelNote) : []));
	const most = Math.max(...lines.map(({ length }) => length));
	return lines.map((own) => [...own, ...Array.from({ length: most - own.length }, () => " ")]);
}

function panelSpec({ heading, width, height, layers }: PanelModel, note: readonly string[]): object {
	return {
		width,
		height,
		...(heading && {
			title: {
				text: heading,
				fontSize: fontSize.panel,
				frame: "group",
				offset: 5,
				...(note.length > 0 && { subtitle: note, subtitleFontSize: fontSize.panelNote, subtitlePadding: 2 }),
			},
		}),
		layer: layers.map(({ spec }) => spec),
	};
}
