import type { Row } from "../../cells/index.ts";
import type { LineFigure, Rule } from "../figure.ts";
import { type Box, boxAround, boxesAlong, boxesBetween, isWithin, overlap } from "../labels/boxes.ts";
import { fontSize } from "../look/layout.ts";
import { ink } from "../look/palette.ts";
import { textWidth } from "../look/text.ts";
import { position } from "../scales/axes.ts";
import type { Curve, Frame } from "./curves.ts";

/** A rule with its place in a panel, in pixels. */
export interface PlacedRule {
	readonly ends: { readonly x: number; readonly x2: number; readonly y: number; readonly y2: number };
	/** Its name: the left end, in the middle of its height. */
	readonly name: { readonly text: string; readonly x: number; readonly y: number; readonly width: number };
}

/** The rules that a panel of these rows has, with their values. */
export function rulesOf(rules: readonly Rule[], rows: readonly Row[]): (Omit<Rule, "at"> & { readonly at: number })[] {
	return rules.flatMap((rule) => {
		const at = rule.at(rows);
		return at === undefined ? [] : [{ ...rule, at }];
	});
}

/** Distance between places that are tried for a name. */
const stride = 6;

/** Height of a name, with air. */
const lineHeight = fontSize.tick + 3;

/**
 * Rules with the places of their names: beside a vertical one as high as there is room, above or below a horizontal one as
 * far left. A name keeps clear of curves, points and other rules, and of bands too where it can.
 */
export function placeRules(
	rules: ReturnType<typeof rulesOf>,
	figure: LineFigure,
	frame: Pick<Frame, "width" | "height" | "x" | "y">,
	curves: readonly Curve[],
): PlacedRule[] {
	const across = (x: number) => position(figure.x, frame.x, frame.width, x);
	const down = (y: number) => frame.height - position(figure.y, frame.y, frame.height, y);
	const lines = curves.map(({ points }) => points.map(({ x, y }) => ({ x: across(x), y: down(y) })));
	const bands = curves
		.filter(({ kind }) => kind === "measured")
		.flatMap(({ points }) =>
			boxesBetween(points.map(({ x, low, high }) => ({ x: across(x), top: down(high), bottom: down(low) }))),
		);
	const ends = rules.map(({ axis, at }) =>
		axis === "x"
			? { x: across(at), x2: across(at), y: 0, y2: frame.height }
			: { x: 0, x2: frame.width, y: down(at), y2: down(at) },
	);
	const taken: Box[] = [
		...lines.flatMap(boxesAlong),
		...lines.flat().map(({ x, y }) => boxAround(x, y, 10, 10)),
		...ends.map(({ x, x2, y, y2 }) => ({ left: x - 1, right: x2 + 1, top: y - 1, bottom: y2 + 1 })),
	];
	return rules.map(({ axis, label: text }, i) => {
		const width = textWidth(text, fontSize.tick);
		const places = (axis === "x" ? besideVertical : besideHorizontal)(ends[i], width, frame);
		const boxOf = ({ x, y }: { x: number; y: number }) => boxAround(x + width / 2, y, width + 4, lineHeight);
		const isFree = (place: { x: number; y: number }, others: readonly Box[]) =>
			isWithin(boxOf(place), frame) && !others.some((other) => overlap(boxOf(place), other));
		const place =
			places.find((one) => isFree(one, [...taken, ...bands])) ??
			places.find((one) => isFree(one, taken)) ??
			places.find((one) => isWithin(boxOf(one), frame)) ??
			places[0];
		taken.push(boxOf(place));
		return { ends: ends[i], name: { text, ...place, width } };
	});
}

/** From the top, right of the line before left of it. */
function besideVertical({ x }: PlacedRule["ends"], width: number, { height }: { readonly height: number }) {
	const rows = Array.from({ length: Math.ceil(height / stride) }, (_, i) => lineHeight / 2 + i * stride);
	return rows.flatMap((y) => [
		{ x: x + 5, y },
		{ x: x - 5 - width, y },
	]);
}

/** From the left, above the line before below it. */
function besideHorizontal({ y }: PlacedRule["ends"], _: number, frame: { readonly width: number }) {
	const columns = Array.from({ length: Math.ceil(frame.width / stride) }, (_, i) => 6 + i * stride);
	return columns.flatMap((x) => [
		{ x, y: y - 10 },
		{ x, y: y + 10 },
	]);
}

/** The layers of rules: thin lines and their names. */
export function ruleLayers(rules: readonly PlacedRule[]): object[] {
	// A name left of its line ends there, so that it stays beside it on a screen that is narrower.
	const nameAt = ({ ends, name: { x, width } }: PlacedRule) =>
		ends.x === ends.x2 && x < ends.x ? { x: x + width, align: "right" } : { x, align: "left" };
	return rules.flatMap(({ ends, name }) => [
		{
			data: { values: [{}] },
			mark: { type: "rule", color: ink.rule, strokeWidth: 1 },
			encoding: Object.fromEntries(Object.entries(ends).map(([channel, value]) => [channel, { value }])),
		},
		{
			data: { values: [{}] },
			mark: {
				type: "text",
				text: name.text,
				...nameAt({ ends, name }),
				y: name.y,
				color: ink.faint,
				fontSize: fontSize.tick,
			},
		},
	]);
}
