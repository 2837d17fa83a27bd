import type { Row } from "../row.ts";
import { position } from "./axes.ts";
import type { LineFigure, Rule } from "./figure.ts";
import { fontSize } from "./layout.ts";
import { ink } from "./palette.ts";
import type { Frame } from "./panel-spec.ts";
import { textWidth } from "./text.ts";

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

/**
 * Rules with the places of their names: at the upper end of a vertical one, above the left end of a horizontal one, on
 * the other side where a name would leave the panel.
 */
export function placeRules(
	rules: ReturnType<typeof rulesOf>,
	figure: LineFigure,
	frame: Pick<Frame, "width" | "height" | "x" | "y">,
): PlacedRule[] {
	return rules.map(({ axis, at, label: text }) => {
		const width = textWidth(text, fontSize.tick);
		if (axis === "x") {
			const x = position(figure.x, frame.x, frame.width, at);
			const isLate = x + width + 6 > frame.width;
			const name = { text, x: isLate ? x - 5 - width : x + 5, y: 8, width };
			return { ends: { x, x2: x, y: 0, y2: frame.height }, name };
		}
		const y = frame.height - position(figure.y, frame.y, frame.height, at);
		const name = { text, x: 28, y: y < 16 ? y + 9 : y - 8, width };
		return { ends: { x: 0, x2: frame.width, y, y2: y }, name };
	});
}

/** The layers of rules: thin lines and their names. */
export function ruleLayers(rules: readonly PlacedRule[]): object[] {
	return rules.flatMap(({ ends, name: { text, x, y } }) => [
		{
			data: { values: [{}] },
			mark: { type: "rule", color: ink.rule, strokeWidth: 1 },
			encoding: Object.fromEntries(Object.entries(ends).map(([channel, value]) => [channel, { value }])),
		},
		{
			data: { values: [{}] },
			mark: { type: "text", text, x, y, color: ink.faint, align: "left", fontSize: fontSize.tick },
		},
	]);
}
