/** A tick of an axis. */
export interface Tick {
	readonly value: number;
	readonly label: string;
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** `10⁻¹²` */
export function power(base: number, exponent: number): string {
	const digits = Math.abs(exponent)
		.toString()
		.replace(/\d/g, (digit) => superscripts[Number(digit)]!);
	return `${base}${exponent < 0 ? "⁻" : ""}${digits}`;
}

/** Every power of two in a range, or every second, third, … so that there are at most `most`. */
export function powerOfTwoTicks([low, high]: readonly [number, number], most = 9): Tick[] {
	const exponents = spread(Math.ceil(Math.log2(low) - 1e-9), Math.floor(Math.log2(high) + 1e-9), most);
	const written =
		high < 1e5 ? (exponent: number) => (2 ** exponent).toLocaleString("en") : (exponent: number) => power(2, exponent);
	return exponents.map((exponent) => ({ value: 2 ** exponent, label: written(exponent) }));
}

/** Powers of ten in a range, at most `most`; written out from 0.01 to 100,000. */
export function powerOfTenTicks([low, high]: readonly [number, number], most = 9): Tick[] {
	const exponents = spread(Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9), most);
	const isShort = exponents.every((exponent) => exponent >= -2 && exponent <= 5);
	return exponents.map((exponent) => ({
		value: 10 ** exponent,
		label:
			isShort || exponent === 0
				? (10 ** exponent).toLocaleString("en", { maximumFractionDigits: 2 })
				: power(10, exponent),
	}));
}

/** Round numbers in a range, at most `most`. */
export function linearTicks([low, high]: readonly [number, number], most = 9): Tick[] {
	const least = Math.max((high - low) / most, Number.MIN_VALUE);
	const decade = 10 ** Math.floor(Math.log10(least));
	const step = [1, 2, 5, 10].map((factor) => factor * decade).find((candidate) => candidate >= least * (1 - 1e-9))!;
	const from = Math.ceil(low / step - 1e-9);
	const to = Math.floor(high / step + 1e-9);
	return Array.from({ length: to - from + 1 }, (_, i) => {
		const value = Number(((from + i) * step).toPrecision(12));
		return { value, label: value.toLocaleString("en") };
	});
}

/** Whole numbers from..to with a constant step, multiples of it, at most `most`. */
function spread(from: number, to: number, most: number): number[] {
	const step = Math.max(1, Math.ceil((to - from + 1) / most));
	const first = Math.ceil(from / step) * step;
	return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, i) => first + i * step);
}
