import { present } from "@attgrad/matrix-core";
import { describeExponent } from "../../fits/index.ts";
import type { LineFigure } from "../figure.ts";
import { labelGap, type PlacedLabel, placeLabels } from "../labels/place-labels.ts";
import { fontSize } from "../look/layout.ts";
import { ink } from "../look/palette.ts";
import { textWidth } from "../look/text.ts";
import { position, type Range } from "../scales/axes.ts";
import type { Curve } from "./curves.ts";
import type { GuideLine } from "./guides.ts";
import type { PlacedRule } from "./rules.ts";

/** Name of a curve, with its exponent where one was fitted. */
export function curveLabel({ name, law }: Pick<Curve, "name" | "law">): string {
	return law ? `${name} ${describeExponent(law)}` : name;
}

/** Width of a curve's label and of the space before it. */
export function labelWidth(curve: Pick<Curve, "name" | "law">): number {
	return textWidth(curveLabel(curve), fontSize.label, true) + labelGap;
}

/**
 * Names of curves, with the exponent where one was fitted, and of guides, each beside the last point of its line. Those of
 * curves that end together stand in the order of the curves' heights.
 */
export function endLabels(
	figure: LineFigure,
	curves: readonly Curve[],
	guides: readonly GuideLine[],
	rules: readonly Pick<PlacedRule, "ends" | "name">[],
	frame: { readonly width: number; readonly height: number; readonly x: Range; readonly y: Range },
	colourOf: (name: string) => string,
): PlacedLabel[] {
	const pixel = ({ x, y }: { x: number; y: number }) => ({
		x: position(figure.x, frame.x, frame.width, x),
		y: frame.height - position(figure.y, frame.y, frame.height, y),
	});
	const label = (text: string, colour: string, isGuide: boolean, line: readonly { x: number; y: number }[]) => {
		const points = line.map(pixel);
		const { x, y } = present(points.at(-1), "the end of a line");
		return {
			text,
			colour,
			isGuide,
			width: textWidth(text, fontSize.label, !isGuide),
			anchor: { x, y: Math.round(y) },
			height: points.reduce((sum, point) => sum + point.y, 0) / points.length,
		};
	};
	const labels = [
		...curves.map((curve) => label(curveLabel(curve), colourOf(curve.name), false, curve.points)),
		...guides.map((guide) => label(guide.label, ink.faint, true, guide.ends)),
	].sort((a, b) => a.anchor.y - b.anchor.y || a.height - b.height);
	const lines = [
		...curves.map(({ points }) => points.map(pixel)),
		...rules.map(({ ends: { x, x2, y, y2 } }) => [
			{ x, y },
			{ x: x2, y: y2 },
		]),
		...rules.map(({ name }) => [name, { x: name.x + name.width, y: name.y }]),
	];
	return placeLabels(labels, lines, fontSize.label * 1.25, frame.height);
}
