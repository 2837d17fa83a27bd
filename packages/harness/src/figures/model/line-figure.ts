import { present } from "@attgrad/matrix-core";
import type { Row } from "../../cells/index.ts";
import type { LineFigure } from "../figure.ts";
import {
	fitsBeside,
	margin,
	panelColumns,
	singlePanelHeight,
	smallPanel,
	titledPanelWidth,
	yAxisWidth,
} from "../look/layout.ts";
import { stylesOf } from "../look/palette.ts";
import { describeMarks, splitPanels, titleOverSettings, words } from "../panels/frame.ts";
import { placesOnCurves, settingsOf } from "../panels/settings.ts";
import { rangeOf } from "../scales/axes.ts";
import { dashes, type Panel, panelModel } from "./curve-panel.ts";
import { type Curve, curvesOf, type Frame, type Gap } from "./curves.ts";
import { labelWidth } from "./end-labels.ts";
import type { FigureModel, LegendEntry } from "./panel-model.ts";
import { rulesOf } from "./rules.ts";

/**
 * The model of a figure of curves.
 * @returns undefined where the rows hold nothing that it draws
 */
export function lineFigureModel(figure: LineFigure, rows: readonly Row[], width: number): FigureModel | undefined {
	const { curves, gaps } = curvesOf(figure, rows);
	if (curves.length === 0) return undefined;
	const settings = settingsOf(rows, placesOnCurves(figure));
	const parts = splitPanels(figure.panels, rows, width, settings).map((panel) => {
		const own = curvesOf(figure, panel.rows);
		const note = settings.length > 0 && figure.title({ rows: panel.rows, curves: own.curves });
		return { ...panel, ...(note && { note }), ...own, rules: rulesOf(figure.rules ?? [], panel.rows) };
	});
	const isSingle = parts.length === 1;
	const pointless = new Set(curves.filter(({ isMarked }) => !isMarked).map(({ name }) => name));
	const points = parts.flatMap((part) => part.curves.flatMap((curve) => curve.points));
	// Also those of which no point was measured: their marks have a colour too.
	const kinds = new Map<string, Curve["kind"]>([
		...curves.map(({ name, kind }) => [name, kind] as const),
		...emptyCurves(curves, gaps).map((name) => [name, "measured"] as const),
	]);
	const columns = panelColumns(parts.length, width);
	const size = { ...smallPanel(columns, width), ...(figure.panelY && { width: titledPanelWidth(columns, width) }) };
	const names = Math.max(...curves.map(labelWidth));
	const namesBeside = isSingle && fitsBeside(names, width);
	const single = {
		width: width - 2 * margin - yAxisWidth - (namesBeside ? names : 0),
		height: singlePanelHeight(width),
	};
	const frame: Frame = {
		...(isSingle ? single : size),
		namesBeside,
		figureWidth: width,
		x: rangeOf(figure.x, [...[...points, ...gaps].flatMap(({ x }) => x ?? []), ...ruledAt("x", parts)]),
		y: rangeOf(figure.y, heights(parts)),
		gapped: [...kinds.keys()].filter((name) => gaps.some(({ curve, x }) => curve === name && x !== undefined)),
		styles: new Map(
			[...stylesOf([...kinds.keys()])].map(([name, style]) => {
				const kind = present(kinds.get(name), "the kind of a curve");
				// Curves without points have none in the legend.
				return [name, { ...style, kind, ...(pointless.has(name) && { shape: "stroke" }) }];
			}),
		),
	};
	const panels = parts.map((part) => {
		const own = heights([part]);
		if (!figure.panelY || own.length === 0) return panelModel(figure, part, frame);
		const y = figure.panelY(part.rows);
		return panelModel(
			{ ...figure, y },
			{ ...part, titled: { ...part.titled, y: true } },
			{ ...frame, y: rangeOf(y, own) },
		);
	});
	return {
		...words(figure, { rows, curves }, [...describeKinds(curves), ...describeGaps(curves, gaps)]),
		...(settings.length > 0 && { title: titleOverSettings(figure.y.title, figure.x.title, settings) }),
		panels,
		legend: legendOf(frame, parts),
	};
}

/** Every curve of the figure; dashed where any of its lines is. */
function legendOf({ styles }: Frame, parts: readonly Part[]): LegendEntry[] {
	const kinds = new Map<string, "predicted" | "floor">();
	for (const { curves } of parts)
		for (const kind of ["predicted", "floor"] as const)
			for (const curve of curves) if (curve.kind === kind) kinds.set(curve.name, kind);
	return [...styles].map(([name, { colour, shape }]) => {
		const kind = kinds.get(name);
		return { name, colour, shape, ...(kind && { dash: dashes[kind] }) };
	});
}

type Part = Pick<Panel, "curves" | "rules">;

/** Values that the axis of y of these panels has to show. */
function heights(parts: readonly Part[]): number[] {
	const points = parts.flatMap(({ curves }) => curves.flatMap((curve) => curve.points));
	return [...points.flatMap(({ low, high }) => [low, high]), ...ruledAt("y", parts)];
}

function ruledAt(axis: "x" | "y", parts: readonly Part[]): number[] {
	return parts.flatMap(({ rules }) => rules.filter((rule) => rule.axis === axis).map(({ at }) => at));
}

/** The meaning of dashes, where there are solid lines too. */
function describeKinds(curves: readonly Curve[]): string[] {
	const has = (wanted: Curve["kind"]) => curves.some(({ kind }) => kind === wanted);
	return has("measured") && has("predicted") ? ["Solid lines are measured, dashed ones computed."] : [];
}

/** The meaning of the marks at the edge, and the missing points that have no mark because their place is unknown. */
function describeGaps(curves: readonly Curve[], gaps: readonly Gap[]): string[] {
	const marked = gaps.filter(({ x }) => x !== undefined);
	const unmarked = Map.groupBy(
		gaps.filter(({ x }) => x === undefined),
		({ curve, status }) => `${curve} (${status})`,
	);
	const missing = [...unmarked].map(([what, { length }]) => `${length} of ${what}`);
	const empty = emptyCurves(curves, marked);
	return [
		...(empty.length > 0 ? [`No point was measured of ${empty.join(", ")}.`] : []),
		...describeMarks(marked.map(({ status }) => status)),
		...(missing.length > 0 ? [`Points missing: ${missing.join(", ")}; the reasons are in rows.csv`] : []),
	];
}

/** Names of curves that have gaps and no point. */
function emptyCurves(curves: readonly Curve[], gaps: readonly Gap[]): string[] {
	const drawn = new Set(curves.map(({ name }) => name));
	return [...new Set(gaps.map(({ curve }) => curve))].filter((name) => !drawn.has(name));
}
