import type { ColourScale } from "../figure.ts";
import { ink } from "../look/palette.ts";
import type { Range } from "./axes.ts";
import { powerOfTenTicks } from "./ticks.ts";

/** Ends and middle of the scales; blue and vermillion are Okabe and Ito's, and lightness alone tells the sequence. */
const colours = {
	sequential: ["#F2F7FC", "#56A0CE", "#08306B"],
	diverging: ["#D55E00", "#FFFFFF", "#0072B2"],
} as const;

/** The luminance on which dark ink and white are told from the ground alike: their contrasts (WCAG 2) are equal. */
const equallyLegible = 0.21;

/** Colours of the values of a figure. */
export interface Colouring {
	/** Scale and legend for vega-lite. */
	readonly encoding: { readonly scale: object; readonly legend: object };
	/** Ink that can be read on the colour of a value. */
	inkOn(value: number): string;
}

/**
 * The colours for values, at least one.
 * @param legendLength length of the bar above the figure, pixels
 */
export function colouring(colour: ColourScale, values: readonly number[], legendLength: number): Colouring {
	const isLogarithmic = colour.scale === "log";
	const [forth, back] = isLogarithmic ? [Math.log, Math.exp] : [Number, Number];
	const [low, high] = endsOf(colour, values.map(forth), forth);
	const range = colours[colour.kind];
	const domain = [low, (low + high) / 2, high].map(back);
	const ticks = isLogarithmic ? powerOfTenTicks([domain[0], domain[2]], 6).map(({ value }) => value) : [];
	return {
		encoding: {
			scale: { type: colour.scale, domain, range, interpolate: "rgb", clamp: true },
			legend: {
				title: colour.title,
				orient: "top",
				direction: "horizontal",
				gradientLength: legendLength,
				gradientThickness: 11,
				...(ticks.length > 1 ? { values: ticks } : { tickCount: 5 }),
				format: isLogarithmic ? "~r" : "~g",
			},
		},
		inkOn: (value) => {
			const part = Math.min(1, Math.max(0, (forth(value) - low) / (high - low)));
			return luminance(mixed(range, part)) > equallyLegible ? ink.text : "#FFFFFF";
		},
	};
}

/** The ends of the scale, on its logarithm if it has one. */
function endsOf(
	{ kind, scale, middle }: ColourScale,
	places: readonly number[],
	forth: (value: number) => number,
): Range {
	const [low, high] = [Math.min(...places), Math.max(...places)];
	if (kind === "sequential") return low < high ? [low, high] : [low, low + 1];
	const centre = forth(middle ?? (scale === "log" ? 1 : 0));
	const reach = Math.max(high - centre, centre - low) || 1;
	return [centre - reach, centre + reach];
}

/** The colour at 0..1 along three, as red, green and blue of 0..1. */
function mixed(range: readonly [string, string, string], part: number): number[] {
	const segment = part < 0.5 ? 0 : 1;
	const [from, to] = [channels(range[segment]), channels(range[segment + 1])];
	const t = 2 * part - segment;
	return from.map((value, i) => value + t * (to[i] - value));
}

function channels(colour: string): number[] {
	return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
}

/** Relative luminance of sRGB (WCAG 2). */
function luminance(rgb: readonly number[]): number {
	const weights = [0.2126, 0.7152, 0.0722];
	return rgb
		.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
		.reduce((sum, value, i) => sum + weights[i] * value, 0);
}
