import type { Gradient } from "./pen.ts";

/** The colour of a gradient at an offset. */
export function colourAt(stops: Gradient["stops"], offset: number): string {
	const after = stops.findIndex(([place]) => place >= offset);
	if (after === 0) return stops[0][1];
	if (after < 0) return stops[stops.length - 1][1];
	const [[low, first], [high, second]] = [stops[after - 1], stops[after]];
	const [a, b] = [rgbOf(first), rgbOf(second)];
	const share = (offset - low) / (high - low || 1);
	return `rgb(${a.map((part, k) => Math.round(part + share * (b[k] - part))).join(",")})`;
}

const named: Readonly<Record<string, string>> = { white: "#ffffff", black: "#000000" };

/** Red, green and blue, 0 to 255, of a colour as CSS writes it. @throws Error for a form that figures do not use */
export function rgbOf(css: string): [number, number, number] {
	const [, hex] = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(named[css] ?? css) ?? [];
	if (hex !== undefined) {
		const wide = hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
		return [0, 2, 4].map((at) => Number.parseInt(wide.slice(at, at + 2), 16)) as [number, number, number];
	}
	const [, parts] = /^rgba?\(([^)]*)\)$/.exec(css) ?? [];
	if (parts === undefined) throw new Error(`figure: unknown colour: ${css}`);
	return parts.split(",").slice(0, 3).map(Number) as [number, number, number];
}

/** A colour as `#rrggbb`. */
export function hexOf(css: string): string {
	return `#${rgbOf(css)
		.map((part) => Math.round(part).toString(16).padStart(2, "0"))
		.join("")}`;
}
