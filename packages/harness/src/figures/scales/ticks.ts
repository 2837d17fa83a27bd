/** A tick of an axis. */
export interface Tick {
	readonly value: number;
	readonly label: string;
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A power as it is written, with raised digits: `10⁻¹²`, `n²²`. */
export function power(base: number | string, exponent: number): string {
	const digits = Math.abs(exponent)
		.toString()
		.replace(/\d/g, (digit) => superscripts[Number(digit)]);
	return `${base}${exponent < 0 ? "⁻" : ""}${digits}`;
}

/** Every power of two in a range, or every second, third, … so that there are at most `most`. */
export function powerOfTwoTicks([low, high]: readonly [number, number], most = 9): Tick[] {
	const exponents = spread(Math.ceil(Math.log2(low) - 1e-9), Math.floor(Math.log2(high) + 1e-9), most);
	const written =
		high < 1e5 ? (exponent: number) => (2 ** exponent).toLocaleString("en") : (exponent: number) => power(2, exponent);
	return exponents.map((exponent) => ({ value: 2 ** exponent, label: written(exponent) }));
}

/** Powers of ten in a range, at most `most`, with twice and five times them, or thrice, where there are few; written out from 0.01 to 100,000. */
export function powerOfTenTicks([low, high]: readonly [number, number], most = 9): Tick[] {
	const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
	const exponents = spread(from, to, most);
	const isShort = from >= -2 && to <= 5;
	const between = [
		[1, 2, 5],
		[1, 3],
	]
		.map((digits) =>
			Array.from({ length: to - from + 2 }, (_, i) => 10 ** (from - 1 + i))
				.flatMap((decade) => digits.map((digit) => Number((digit * decade).toPrecision(1))))
				.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)),
		)
		.find((values) => values.length <= most && values.length > exponents.length);
	if (exponents.length < 3 && between)
		return between.map((value) => ({ value, label: isShort ? plain(value) : scientific(value) }));
	return exponents.map((exponent) => ({
		value: 10 ** exponent,
		label:
			isShort || exponent === 0
				? (10 ** exponent).toLocaleString("en", { maximumFractionDigits: 2 })
				: power(10, exponent),
	}));
}

const plain = (value: number) => value.toLocaleString("en", { maximumSignificantDigits: 1 });

/** `5·10⁻⁷` of a number of one digit. */
function scientific(value: number): string {
	const [digit, exponent] = value.toExponential(0).split("e") as [string, string];
	return digit === "1" ? power(10, Number(exponent)) : `${digit}·${power(10, Number(exponent))}`;
}

/** Round numbers in a range, at most `most`. */
export function linearTicks([low, high]: readonly [number, number], most = 9): Tick[] {
	const least = Math.max((high - low) / most, Number.MIN_VALUE);
	const decade = 10 ** Math.floor(Math.log10(least));
	const factor = [1, 2, 5].find((factor) => factor * decade >= least * (1 - 1e-9)) ?? 10;
	const step = factor * decade;
	const from = Math.ceil(low / step - 1e-9);
	const to = Math.floor(high / step + 1e-9);
	return Array.from({ length: to - from + 1 }, (_, i) => {
		const value = Number(((from + i) * step).toPrecision(12));
		return { value, label: value.toLocaleString("en").replace("-", "−") };
	});
}

/** Whole numbers from..to with a constant step, multiples of it, at most `most`. */
function spread(from: number, to: number, most: number): number[] {
	const step = Math.max(1, Math.ceil((to - from + 1) / most));
	const first = Math.ceil(from / step) * step;
	return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, i) => first + i * step);
}
