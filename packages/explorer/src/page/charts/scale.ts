/** How numbers lie along an axis. */
export interface Scale {
	readonly kind: "linear" | "log";
	readonly from: number;
	readonly to: number;
}

/** Where a number lies on a scale, 0 to 1 within it. */
export function placeOn({ kind, from, to }: Scale, value: number): number {
	if (kind === "linear") return (value - from) / (to - from);
	return Math.log(value / from) / Math.log(to / from);
}

/** A mark on an axis. */
export interface Tick {
	readonly value: number;
	readonly text: string;
}

/** Marks at powers of ten, at most `most` of them, with the power in a superscript. */
export function decades({ from, to }: Scale, most = 7): Tick[] {
	const [first, last] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
	const step = Math.max(1, Math.ceil((last - first + 1) / most));
	const ticks: Tick[] = [];
	for (let power = first; power <= last; power += step)
		ticks.push({ value: 10 ** power, text: `10${superscript(power)}` });
	return ticks;
}

/** Marks at powers of two. */
export function powersOfTwo({ from, to }: Scale, most = 8): Tick[] {
	const [first, last] = [Math.ceil(Math.log2(from) - 1e-9), Math.floor(Math.log2(to) + 1e-9)];
	const step = Math.max(1, Math.ceil((last - first + 1) / most));
	const ticks: Tick[] = [];
	for (let power = first; power <= last; power += step)
		ticks.push({ value: 2 ** power, text: `2${superscript(power)}` });
	return ticks;
}

/** Marks at round numbers of a linear scale. */
export function roundNumbers({ from, to }: Scale, most = 6): Tick[] {
	const rough = (to - from) / most;
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
	const ticks: Tick[] = [];
	for (let value = Math.ceil(from / step - 1e-9) * step; value <= to + step * 1e-9; value += step)
		ticks.push({ value, text: String(Number(value.toPrecision(6))) });
	return ticks;
}

const raised: Readonly<Record<string, string>> = {
	...{ "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴" },
	...{ "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹", ".": "·" },
};

/** A number as an exponent: ⁻¹². */
export const superscript = (power: number): string =>
	Array.from(String(power), (character) => raised[character] ?? character).join("");
