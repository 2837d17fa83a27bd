import type { TopLevelSpec } from "vega-lite";
import type { Row } from "../row.ts";
import { rangeOf } from "./axes.ts";
import { type Curve, curvesOf, type Gap } from "./curves.ts";
import { labelWidth } from "./end-labels.ts";
import type { LineFigure } from "./figure.ts";
import { describeMarks, framed, splitPanels } from "./frame.ts";
import { figureWidth, largePanelHeight, margin, smallPanel, yAxisWidth } from "./layout.ts";
import { styleOf } from "./palette.ts";
import { type Frame, panelSpec } from "./panel-spec.ts";
import { rulesOf } from "./rules.ts";

/**
 * The vega-lite specification of a figure of curves.
 * @returns undefined where the rows hold nothing that it draws
 */
export function lineFigureSpec(figure: LineFigure, rows: readonly Row[]): TopLevelSpec | undefined {
	const { curves, gaps } = curvesOf(figure, rows);
	if (curves.length === 0) return undefined;
	const parts = splitPanels(figure.panels, rows).map((panel) => ({
		...panel,
		...curvesOf(figure, panel.rows),
		rules: rulesOf(figure.rules ?? [], panel.rows),
	}));
	const isSingle = parts.length === 1;
	const points = parts.flatMap((part) => part.curves.flatMap((curve) => curve.points));
	const rules = parts.flatMap((part) => part.rules);
	const ruledAt = (axis: "x" | "y") => rules.filter((rule) => rule.axis === axis).map(({ at }) => at);
	const kinds = new Map(curves.map(({ name, kind }) => [name, kind]));
	const frame: Frame = {
		...(isSingle ? { width: freeWidth(curves), height: largePanelHeight } : smallPanel),
		namesBeside: isSingle,
		x: rangeOf(figure.x, [...[...points, ...gaps].flatMap(({ x }) => x ?? []), ...ruledAt("x")]),
		y: rangeOf(figure.y, [...points.flatMap(({ low, high }) => [low, high]), ...ruledAt("y")]),
		styles: new Map([...kinds].map(([name, kind], i) => [name, { kind, ...styleOf(name, i) }])),
	};
	const panels = parts.map((part) => panelSpec(figure, part, frame));
	return framed(figure, { rows, curves }, panels, describeGaps(gaps));
}

/** What the marks at the edge mean, and what is missing without one because nobody knows where it would be. */
function describeGaps(gaps: readonly Gap[]): string[] {
	const marked = gaps.filter(({ x }) => x !== undefined);
	const unmarked = Map.groupBy(
		gaps.filter(({ x }) => x === undefined),
		({ curve, status }) => `${curve} (${status})`,
	);
	const missing = [...unmarked].map(([what, { length }]) => `${length} of ${what}`);
	return [
		...describeMarks(marked.map(({ status }) => status)),
		...(missing.length > 0 ? [`Points missing: ${missing.join(", ")}; the reasons are in rows.csv`] : []),
	];
}

/** Width of a panel that is alone, so that the figure with the names beside the curves is `figureWidth` wide. */
function freeWidth(curves: readonly Curve[]): number {
	return figureWidth - 2 * margin - yAxisWidth - Math.max(...curves.map(labelWidth));
}
