import type { Row } from "../../cells/index.ts";
import type { Axis, DotFigure, Quantity } from "../figure.ts";
import { fontSize, margin } from "../look/layout.ts";
import { type CurveStyle, ink, stylesOf } from "../look/palette.ts";
import { textWidth } from "../look/text.ts";
import { describeMarks, words } from "../panels/frame.ts";
import { axisEncoding, position, type Range, rangeOf, ticksIn } from "../scales/axes.ts";
import { drawnValue } from "../scales/number-text.ts";
import type { Tick } from "../scales/ticks.ts";
import { median } from "./curves.ts";
import { legendColumns } from "./legend.ts";
import { type FigureModel, marks, type PanelModel } from "./panel-model.ts";

/** A dot, or why there is none. */
interface Dot {
	readonly category: string;
	readonly group: string;
	readonly value?: number;
	readonly status: Row["status"];
}

/** Height of a line and space between panels, in pixels. */
const lineHeight = 25;
const spacing = 18;

/** Least width at which panels stand beside each other, in pixels. */
const leastPanelWidth = 130;

/** Least distance between the labels of two ticks, in pixels. */
const tickGap = 9;

/**
 * The model of a figure of dots. Thin lines mark what the first category has, or one value.
 * @returns undefined where no row has a value
 */
export function dotFigureModel(figure: DotFigure, rows: readonly Row[], figureWidth: number): FigureModel | undefined {
	const panels = figure.quantities.map((quantity) => dotsOf(figure, quantity, rows));
	const dots = panels.flat();
	if (dots.every(({ value }) => value === undefined)) return undefined;
	const categories = [...new Set(dots.map(({ category }) => category))];
	const groups = [...new Set(dots.map(({ group }) => group))];
	const styles = stylesOf(groups);
	const names = Math.max(...categories.map((category) => textWidth(category, fontSize.label, true))) + 8;
	const widthOf = (columns: number) => (figureWidth - 2 * margin - names - spacing * (columns - 1)) / columns;
	const columns = widthOf(panels.length) >= leastPanelWidth ? panels.length : 1;
	const width = widthOf(columns);
	const models = panels.map((panel, i) =>
		dotPanel(figure.quantities[i], panel, {
			width,
			figureWidth,
			categories,
			styles,
			isNamed: i % columns === 0,
			rule: figure.rule,
			values: [
				...(figure.sharesRange ? dots : panel).flatMap(({ value }) => value ?? []),
				...(figure.rule === undefined ? [] : [figure.rule]),
			],
		}),
	);
	const missing = dots.flatMap(({ value, status }) => (value === undefined ? [status] : []));
	return {
		...words(figure, { rows, curves: [] }, describeMarks(missing)),
		columns,
		panels: models,
		legend: [...styles].map(([name, { colour, shape }]) => ({ name, colour, shape })),
	};
}

function dotsOf(figure: DotFigure, { value }: Quantity, rows: readonly Row[]): Dot[] {
	const groups = Map.groupBy(rows, (row) => JSON.stringify([figure.category(row), figure.group?.(row) ?? ""]));
	return [...groups.values()].flatMap((members): Dot[] => {
		const [first] = members as [Row];
		const category = figure.category(first);
		if (category === undefined) return [];
		const place = { category, group: figure.group?.(first) ?? "" };
		const values = members.flatMap((row) => (row.status === "done" ? (value(row, rows) ?? []) : []));
		if (values.length > 0) return [{ ...place, value: drawnValue(median(values)), status: "done" }];
		return first.status === "done" ? [] : [{ ...place, status: first.status }];
	});
}

interface DotFrame {
	readonly width: number;
	/** Width of the whole figure. */
	readonly figureWidth: number;
	readonly categories: readonly string[];
	readonly styles: ReadonlyMap<string, CurveStyle>;
	/** A value that is marked in place of those of the first category. */
	readonly rule: number | undefined;
	/** Whether the categories stand beside it. */
	readonly isNamed: boolean;
	/** The values that its axis shows. */
	readonly values: readonly number[];
}

/** A panel, from the back to the front: what the first category has, dots, marks at the edge of those that are missing. */
function dotPanel({ axis }: Quantity, dots: readonly Dot[], frame: DotFrame): PanelModel {
	const { width, categories, styles, isNamed, values, rule } = frame;
	const groups = [...styles.keys()];
	const range: Range = values.length > 0 ? rangeOf(axis, values) : [1, 10];
	const x = {
		field: "value",
		type: "quantitative",
		...axisEncoding(axis, range, fittingTicks(axis, range, width), true),
	};
	const y = {
		field: "category",
		type: "nominal",
		scale: { domain: categories },
		axis: { title: null, labels: isNamed, labelLimit: 0, labelFontSize: fontSize.label, grid: true, ticks: false },
	};
	const ranged = (look: (style: CurveStyle) => string) => ({
		field: "group",
		type: "nominal",
		scale: { domain: groups, range: [...styles.values()].map(look) },
		legend:
			groups.length > 1 ? { title: null, orient: "top", columns: legendColumns(groups, frame.figureWidth) } : null,
	});
	const color = ranged(({ colour }) => colour);
	const shape = ranged((style) => style.shape);
	const compared = dots.filter(({ category, value }) => category === categories[0] && value !== undefined);
	const missing = dots.filter(({ value }) => value === undefined);
	return {
		width,
		height: lineHeight * categories.length,
		titles: { x: axis.title },
		guides: [],
		layers: marks([
			{
				data: { values: rule === undefined ? compared : [{ value: rule }] },
				mark: { type: "rule", strokeWidth: 1, ...(rule !== undefined && { color: ink.rule }) },
				encoding: { x, ...(rule === undefined && { color }) },
			},
			{
				data: { values: dots.filter(({ value }) => value !== undefined) },
				mark: { type: "point", filled: true, size: 70, tooltip: true },
				encoding: { x, y, color, shape },
			},
			{
				data: { values: missing.map((dot) => ({ ...dot, across: width - 7 - 12 * groups.indexOf(dot.group) })) },
				mark: {
					type: "point",
					filled: false,
					shape: "M-1,-1L1,1M-1,1L1,-1",
					size: 45,
					strokeWidth: 2.2,
					tooltip: true,
				},
				encoding: {
					x: { field: "across", type: "quantitative", scale: null, axis: null },
					y,
					color,
					detail: { field: "status", type: "nominal" },
				},
			},
		]),
	};
}

/** As many ticks as an axis of this length has room for. */
function fittingTicks(axis: Axis, range: Range, length: number): Tick[] {
	const isFitting = (ticks: readonly Tick[]) =>
		ticks.every(({ value, label }, i) => {
			const next = ticks[i + 1];
			if (!next) return true;
			const distance = position(axis, range, length, next.value) - position(axis, range, length, value);
			return distance >= (textWidth(label, fontSize.tick) + textWidth(next.label, fontSize.tick)) / 2 + tickGap;
		});
	let most = Math.floor(length / (2 * tickGap));
	while (most > 1 && !isFitting(ticksIn(axis, range, most))) most--;
	return ticksIn(axis, range, most);
}
