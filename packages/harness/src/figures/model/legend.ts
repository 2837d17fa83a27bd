import { fontSize, margin, yAxisWidth } from "../look/layout.ts";
import { textWidth } from "../look/text.ts";

/** Width of a symbol with the space around it. */
const symbolWidth = 45;

/** As many columns of names as the figure is wide enough for, one at least. */
export function legendColumns(names: readonly string[], width: number): number {
	const widest = Math.max(...names.map((name) => textWidth(name, fontSize.label)));
	const fitting = Math.floor((width - 2 * margin - yAxisWidth) / (widest + symbolWidth));
	return Math.max(1, Math.min(names.length, fitting));
}
