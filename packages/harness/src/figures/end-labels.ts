import { describeExponent } from "../fits/power-law.ts";
import { position, type Range } from "./axes.ts";
import type { Curve } from "./curves.ts";
import type { LineFigure } from "./figure.ts";
import type { GuideLine } from "./guides.ts";
import { fontSize } from "./layout.ts";
import { ink } from "./palette.ts";
import { type Label, labelGap, type PlacedLabel, placeLabels } from "./place-labels.ts";
import { textWidth } from "./text.ts";

/** Name of a curve, with its exponent where one was fitted. */
export function curveLabel({ name, law }: Pick<Curve, "name" | "law">): string {
	return law ? `${name} ${describeExponent(law)}` : name;
}

/** Width of a curve's label and of the space before it. */
export function labelWidth(curve: Pick<Curve, "name" | "law">): number {
	return textWidth(curveLabel(curve), fontSize.label, true) + labelGap;
}

/** Names of curves, with the exponent where one was fitted, and of guides, each beside the last point of its line. */
export function endLabels(
	figure: LineFigure,
	curves: readonly Curve[],
	guides: readonly GuideLine[],
	frame: { readonly width: number; readonly height: number; readonly x: Range; readonly y: Range },
	colourOf: (name: string) => string,
): PlacedLabel[] {
	const pixel = ({ x, y }: { x: number; y: number }) => ({
		x: position(figure.x, frame.x, frame.width, x),
		y: frame.height - position(figure.y, frame.y, frame.height, y),
	});
	const label = (text: string, colour: string, isBold: boolean, last: { x: number; y: number }): Label => ({
		text,
		colour,
		isBold,
		width: textWidth(text, fontSize.label, isBold),
		anchor: pixel(last),
	});
	const labels = [
		...curves.map((curve) => label(curveLabel(curve), colourOf(curve.name), true, curve.points.at(-1)!)),
		...guides.map((guide) => label(guide.label, ink.faint, false, guide.ends.at(-1)!)),
	];
	const lines = curves.map(({ points }) => points.map(pixel));
	return placeLabels(labels, lines, fontSize.label * 1.25, frame.height);
}
