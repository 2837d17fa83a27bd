import type { TopLevelSpec } from "vega-lite";
import type { Row } from "../row.ts";
import { rangeOf } from "./axes.ts";
import { type Curve, curvesOf, type Gap } from "./curves.ts";
import { labelWidth } from "./end-labels.ts";
import type { LineFigure } from "./figure.ts";
import {
	figureWidth,
	fontFamily,
	fontSize,
	largePanelHeight,
	margin,
	panelColumns,
	smallPanel,
	yAxisWidth,
} from "./layout.ts";
import { ink, styleOf } from "./palette.ts";
import { type Frame, type Panel, panelSpec } from "./panel-spec.ts";
import { describeRegime } from "./regime.ts";
import { wrapText } from "./text.ts";

/**
 * The vega-lite specification of a figure.
 * @returns undefined where the rows hold nothing that it draws
 */
export function lineFigureSpec(figure: LineFigure, rows: readonly Row[]): TopLevelSpec | undefined {
	const { curves, gaps } = curvesOf(figure, rows);
	if (curves.length === 0) return undefined;
	const panels = splitPanels(figure, rows);
	const isSingle = panels.length === 1;
	const points = curves.flatMap((curve) => curve.points);
	const kinds = new Map(curves.map(({ name, kind }) => [name, kind]));
	const frame: Frame = {
		...(isSingle ? { width: freeWidth(curves), height: largePanelHeight } : smallPanel),
		namesBeside: isSingle,
		x: rangeOf(
			figure.x,
			[...points, ...gaps].map(({ x }) => x),
		),
		y: rangeOf(
			figure.y,
			points.flatMap(({ low, high }) => [low, high]),
		),
		styles: new Map([...kinds].map(([name, kind], i) => [name, { kind, ...styleOf(name, i) }])),
	};
	const specs = panels.map((panel) => panelSpec(figure, panel, frame));
	const notes = [describeRegime(rows.filter(({ status }) => status === "done")), figure.caveat, describeGaps(gaps)];
	const wrapped = (text: string, size: number) => wrapText(text, figureWidth - 2 * margin, size);
	return {
		$schema: "https://vega.github.io/schema/vega-lite/v6.json",
		background: "white",
		padding: margin,
		title: {
			text: wrapped(figure.title({ rows, curves }), fontSize.title),
			subtitle: notes.flatMap((note) => (note ? wrapped(note, fontSize.subtitle) : [])),
		},
		config,
		...(isSingle ? specs[0] : { concat: specs, columns: panelColumns, spacing: { row: 22, column: 18 } }),
	} as TopLevelSpec;
}

/** Width of a panel that is alone, so that the figure with the names beside the curves is `figureWidth` wide. */
function freeWidth(curves: readonly Curve[]): number {
	return figureWidth - 2 * margin - yAxisWidth - Math.max(...curves.map(labelWidth));
}

function splitPanels(figure: LineFigure, rows: readonly Row[]): Panel[] {
	if (!figure.panels) return [{ titled: { x: true, y: true }, ...curvesOf(figure, rows) }];
	const { value, heading } = figure.panels;
	const groups = [...Map.groupBy(rows, value)]
		.filter(([key]) => key !== undefined)
		.sort(([a], [b]) => (a! < b! ? -1 : 1));
	return groups.map(([, members], i) => ({
		heading: heading(members),
		titled: { x: i >= groups.length - panelColumns, y: i % panelColumns === 0 },
		...curvesOf(figure, members),
	}));
}

/** What the marks at the edge mean, where there are any. */
function describeGaps(gaps: readonly Gap[]): string | undefined {
	const statuses = [...new Set(gaps.map(({ status }) => status))];
	return statuses.length > 0 ? `× ${statuses.join(" or ")}: the reasons are in rows.csv` : undefined;
}

const config = {
	font: `${fontFamily}, sans-serif`,
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
		symbolSize: 70,
		symbolStrokeWidth: 2,
		columnPadding: 18,
	},
	text: { font: `${fontFamily}, sans-serif`, fontSize: fontSize.tick, baseline: "middle" },
	point: { opacity: 1 },
	view: { stroke: null },
} as const;
