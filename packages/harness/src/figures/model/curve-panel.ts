import type { LineFigure } from "../figure.ts";
import type { PlacedLabel } from "../labels/place-labels.ts";
import { fontSize } from "../look/layout.ts";
import { type CurveStyle, ink } from "../look/palette.ts";
import type { PanelRows } from "../panels/frame.ts";
import { axisEncoding, ticksIn } from "../scales/axes.ts";
import { drawnValue } from "../scales/number-text.ts";
import type { Curve, Frame, Gap } from "./curves.ts";
import { endLabels } from "./end-labels.ts";
import { guideLines } from "./guides.ts";
import { legendColumns } from "./legend.ts";
import { type Layer, marks, type PanelModel } from "./panel-model.ts";
import { pointLabels } from "./point-labels.ts";
import { placeRules, ruleLayers, type rulesOf } from "./rules.ts";

/** The content of one panel. */
export interface Panel extends Omit<PanelRows, "rows"> {
	/** A line below the heading. */
	readonly note?: string;
	readonly curves: readonly Curve[];
	readonly gaps: readonly Gap[];
	readonly rules: ReturnType<typeof rulesOf>;
}

/** Room that a tick takes along an axis, in pixels. */
const xTickWidth = { linear: 28, log: 40, "powers-of-two": 40 } as const;
const yTickHeight = 26;

/** Dashes of each kind of curve. */
export const dashes = { measured: [1, 0], predicted: [6, 3], floor: [1.5, 3] } as const;

/** A panel of curves, from the back to the front: guides and rules, bands, lines, points, gaps, names. */
export function panelModel(
	figure: LineFigure,
	{ heading, note, titled, curves, gaps, rules }: Panel,
	frame: Frame,
): PanelModel {
	const { width, height, namesBeside } = frame;
	const encodings = encodingsOf(figure, titled, frame);
	const { x, y, color } = encodings;
	const ruled = placeRules(rules, figure, frame, curves);
	const guides = guideLines(figure.guides ?? [], curves);
	const labels = namesBeside
		? endLabels(figure, curves, guides, ruled, frame, (name) => styleOf(name, frame).colour)
		: [];
	const lines = [
		...guides.map(({ ends }) => ({
			data: { values: ends },
			mark: { type: "line", color: ink.guide, strokeWidth: 1.2, clip: true },
			encoding: { x, y },
		})),
		...ruleLayers(ruled),
		...curveLayers(figure, curves, encodings),
	];
	const texts = pointLabels(figure, curves, frame, [...labels, ...ruled.map(({ name }) => name)], ruled).map(
		({ text, curve, x, y }) => ({
			data: { values: [{}] },
			mark: { type: "text", text, x, y, color: styleOf(curve, frame).colour, fontSize: fontSize.point },
		}),
	);
	return {
		...(heading && { heading }),
		...(note && { note }),
		width,
		height,
		titles: { ...(titled.x && { x: figure.x.title }), ...(titled.y && { y: figure.y.title }) },
		guides: labels.filter(({ isGuide }) => isGuide).map(({ text }) => text),
		layers: [
			...marks(lines),
			...(frame.gapped.length > 0 ? gapLayers(gaps, frame.gapped, { x, color }) : []),
			...marks(texts),
			...labels.map(curveName),
		],
	};
}

/** The look of a curve. @throws Error for a name that the frame has none for */
function styleOf(name: string, { styles }: Pick<Frame, "styles">): CurveStyle & Pick<Curve, "kind"> {
	const style = styles.get(name);
	if (!style) throw new Error(`no style for curve ${name}`);
	return style;
}

/** Axes of a panel, and colour and shape by the curve. */
function encodingsOf(figure: LineFigure, titled: Panel["titled"], frame: Frame) {
	const { width, height, namesBeside } = frame;
	const names = [...frame.styles.keys()];
	const ranged = <Value>(range: (style: CurveStyle & Pick<Curve, "kind">) => Value) => ({
		field: "curve",
		type: "nominal",
		scale: { domain: names, range: names.map((name) => range(styleOf(name, frame))) },
		legend: namesBeside ? null : { title: null, orient: "top", columns: legendColumns(names, frame.figureWidth) },
	});
	const x = {
		field: "x",
		type: "quantitative",
		...axisEncoding(figure.x, frame.x, ticksIn(figure.x, frame.x, width / xTickWidth[figure.x.scale]), titled.x),
	};
	const y = {
		field: "y",
		type: "quantitative",
		...axisEncoding(figure.y, frame.y, ticksIn(figure.y, frame.y, height / yTickHeight), titled.y),
	};
	return { x, y, color: ranged(({ colour }) => colour), shape: ranged((style) => style.shape) };
}

/** Bands, lines and points of the curves. */
function curveLayers(figure: LineFigure, curves: Panel["curves"], encodings: ReturnType<typeof encodingsOf>) {
	const { x, y, color, shape } = encodings;
	const isAlong = figure.series.some(({ along }) => along !== undefined);
	const inOrder = isAlong ? { order: { field: "order", type: "quantitative" } } : {};
	const pointsOf = (wanted: Curve["kind"], among = curves) => ({
		values: among
			.filter(({ kind }) => kind === wanted)
			.flatMap(({ name, points }) =>
				points.map(({ x, y, low, high }, i) => ({
					curve: name,
					x: drawnValue(x),
					y: drawnValue(y),
					low: drawnValue(low),
					high: drawnValue(high),
					...(isAlong && { order: i }),
				})),
			),
	});
	return [
		{
			data: pointsOf(
				"measured",
				curves.filter(({ points }) => points.some(({ low, high }) => low < high)),
			),
			mark: { type: "area", opacity: 1, fillOpacity: 0.2, clip: true },
			encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color, ...inOrder },
		},
		...Object.entries(dashes).map(([kind, strokeDash]) => ({
			data: pointsOf(kind as Curve["kind"]),
			mark: { type: "line", strokeWidth: 2, strokeDash, clip: true },
			encoding: { x, y, color, ...inOrder },
		})),
		{
			data: pointsOf("measured"),
			mark: { type: "point", filled: true, size: 55, tooltip: true },
			encoding: { x, y, color, shape },
		},
		{
			data: pointsOf(
				"predicted",
				curves.filter(({ isMarked }) => isMarked),
			),
			mark: { type: "point", filled: false, fill: "white", strokeWidth: 1.5, size: 40, tooltip: true },
			encoding: { x, y, color, shape },
		},
	];
}

/** The name of a curve or guide beside its last point. */
function curveName({ text, colour, isGuide, anchor, width, x, y }: PlacedLabel): Layer {
	return {
		role: "curve-name",
		spec: {
			data: { values: [{}] },
			mark: {
				type: "text",
				text,
				// A name left of its point ends there, also where another font is wider.
				...(x < anchor.x ? { x: x + width, align: "right" } : { x, align: "left" }),
				y,
				color: colour,
				fontSize: fontSize.label,
				fontWeight: isGuide ? 400 : 700,
			},
		},
	};
}

/** Marks above the upper edge, a row for each curve that has gaps, and an unseen one that keeps room for all rows. */
function gapLayers(gaps: readonly Gap[], gapped: readonly string[], encoding: { x: object; color: object }): Layer[] {
	const height = (row: number) => -8 - 11 * row;
	const cross = { type: "point", filled: false, shape: "M-1,-1L1,1M-1,1L1,-1", size: 45, strokeWidth: 2.2 };
	const crosses = gaps.flatMap(({ curve, x }) =>
		x === undefined ? [] : [{ curve, x, down: height(gapped.indexOf(curve)) }],
	);
	return [
		{
			role: "room",
			spec: {
				data: { values: [{}] },
				mark: { ...cross, x: 0, y: height(gapped.length - 1), color: "transparent", aria: false },
			},
		},
		{
			role: "mark",
			spec: {
				data: { values: crosses },
				mark: cross,
				encoding: { ...encoding, y: { field: "down", type: "quantitative", scale: null, axis: null } },
			},
		},
	];
}
