/** Attributes of SVG that hold places and sizes. */
const placing = ["d", "transform", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "width", "height", "points"];

const attribute = new RegExp(`(?<=\\s)(${placing.join("|")})="([^"]*)"`, "g");

/**
 * SVG as vega writes it, in fewer bytes: places and sizes have two decimals, since a hundredth of a pixel is less than an eye
 * sees, and no opacity is told that is whole. Text, colours and descriptions stay as they are.
 */
export function shortSvg(svg: string): string {
	return svg.replace(/<[a-z][^<>]*>/gi, (tag) =>
		tag.replace(attribute, (_, name: string, value: string) => `${name}="${rounded(value)}"`).replace(wholeOpacity, ""),
	);
}

const wholeOpacity = /\sopacity="1"/;

/** A list of numbers, each rounded where it has more than two decimals. */
function rounded(text: string): string {
	return text.replace(/-?\d*\.\d{3,}(?:e[-+]?\d+)?|-?\d+(?:\.\d+)?e[-+]?\d+/gi, (number) =>
		String(Math.round(Number(number) * 100) / 100 + 0),
	);
}
