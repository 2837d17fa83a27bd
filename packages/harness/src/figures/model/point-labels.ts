import type { LineFigure } from "../figure.ts";
import { type Box, boxAround, boxesAlong, isWithin, overlap } from "../labels/boxes.ts";
import type { PlacedLabel } from "../labels/place-labels.ts";
import { fontSize } from "../look/layout.ts";
import { textWidth } from "../look/text.ts";
import { position } from "../scales/axes.ts";
import type { Curve, Frame } from "./curves.ts";
import type { PlacedRule } from "./rules.ts";

/** Text beside a point, with the place of its middle. */
export interface PointLabel {
	readonly text: string;
	readonly curve: string;
	readonly x: number;
	readonly y: number;
}

/** Half the size of a point with the air around it. */
const pointRadius = 5;

/** Least distance between two labels on a line. */
const apart = 4;

/**
 * Labels of points, where there is room for them: each above, below, right or left of its point, whichever is first
 * free of points, lines and other labels. Ends of curves come first.
 * @param names names of curves and rules, which stand in the panel
 * @param rules thin lines through the panel
 */
export function pointLabels(
	figure: LineFigure,
	curves: readonly Curve[],
	frame: Pick<Frame, "width" | "height" | "x" | "y">,
	names: readonly Pick<PlacedLabel, "x" | "y" | "width">[],
	rules: readonly Pick<PlacedRule, "ends">[],
): PointLabel[] {
	const placed = curves.flatMap(({ name, points }) =>
		points.map((point, i) => ({
			curve: name,
			text: point.label,
			isEnd: i === 0 || i === points.length - 1,
			x: position(figure.x, frame.x, frame.width, point.x),
			y: frame.height - position(figure.y, frame.y, frame.height, point.y),
		})),
	);
	const taken: Box[] = [
		...placed.map(({ x, y }) => boxAround(x, y, 2 * pointRadius, 2 * pointRadius)),
		...names.map(({ x, y, width }) => boxAround(x + width / 2, y, width, fontSize.label)),
		...[...Map.groupBy(placed, ({ curve }) => curve).values()].flatMap(boxesAlong),
		...rules.map(({ ends: { x, x2, y, y2 } }) => ({ left: x - 1, right: x2 + 1, top: y - 1, bottom: y2 + 1 })),
	];
	const labelled = placed
		.flatMap(({ text, ...place }) => (text === undefined ? [] : [{ ...place, text }]))
		.sort((a, b) => Number(b.isEnd) - Number(a.isEnd));
	return labelled.flatMap(({ text, curve, x, y }) => {
		const width = textWidth(text, fontSize.point);
		const [aside, above] = [pointRadius + 1 + width / 2, pointRadius + 1 + fontSize.point / 2];
		const places = [
			[x, y - above],
			[x, y + above],
			[x + aside, y],
			[x - aside, y],
			[x + aside, y - above],
			[x + aside, y + above],
			[x - aside, y - above],
			[x - aside, y + above],
		] as const;
		for (const [middle, height] of places) {
			const box = boxAround(middle, height, width, fontSize.point);
			if (!isWithin(box, frame) || taken.some((other) => overlap(box, other))) continue;
			// Two numbers beside each other would be read as one.
			taken.push(boxAround(middle, height, width + 2 * apart, fontSize.point));
			return [{ text: text, curve, x: middle, y: height }];
		}
		return [];
	});
}
