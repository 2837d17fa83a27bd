/** How an axis counts. @typedef {"linear" | "log" | "powers-of-two"} AxisKind */

const raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/**
 * @param {number} base
 * @param {number} exponent
 */
function power(base, exponent) {
	const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => raised[Number(digit)] ?? "");
	return `${base}${exponent < 0 ? "⁻" : ""}${digits}`;
}

/**
 * A number of an axis in as many digits as it needs: 4,096; 0.025; 3·10⁻⁷.
 * @param {number} value
 */
function axisNumber(value) {
	const size = Math.abs(value);
	if (size === 0 || (size >= 1e-3 && size < 1e6))
		return value.toLocaleString("en", { maximumSignificantDigits: 6 }).replace("-", "−");
	const exponent = Math.floor(Math.log10(size) + 1e-9);
	const leading = Number((value / 10 ** exponent).toPrecision(4));
	return (leading === 1 ? power(10, exponent) : `${leading}·${power(10, exponent)}`).replace("-", "−");
}

/**
 * Round numbers in a range.
 * @param {readonly [number, number]} range
 * @param {number} most
 */
function linearTicks([low, high], most) {
	const least = (high - low) / most;
	const decade = 10 ** Math.floor(Math.log10(least));
	const step = [1, 2, 5, 10].map((factor) => factor * decade).find((one) => one >= least * (1 - 1e-9)) ?? least;
	const [from, to] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
	return Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * step).toPrecision(12)));
}

/**
 * Powers of a base in a range, or every second, third, … of them.
 * @param {readonly [number, number]} range
 * @param {number} most
 * @param {number} base
 */
function powerTicks([low, high], most, base) {
	const log = (/** @type {number} */ value) => Math.log(value) / Math.log(base);
	const [from, to] = [Math.ceil(log(low) - 1e-9), Math.floor(log(high) + 1e-9)];
	const step = Math.max(1, Math.ceil((to - from + 1) / most));
	const first = Math.ceil(from / step) * step;
	return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, i) => base ** (first + i * step));
}

/**
 * Once, twice and five times the powers of ten in a range.
 * @param {readonly [number, number]} range
 */
function multiplesOfPowers([low, high]) {
	const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
	return Array.from({ length: to - from + 1 }, (_, i) => [1, 2, 5].map((digit) => digit * 10 ** (from + i)))
		.flat()
		.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
}

/**
 * The ticks of an axis that was zoomed, with their labels, so that it keeps its kind of ticks while there are two in sight.
 * @param {readonly [number, number]} range
 * @param {AxisKind} kind
 * @param {number} most 2 or more
 * @returns {{ value: number, label: string }[]}
 */
export function zoomedTicks(range, kind, most) {
	if (kind === "powers-of-two") {
		const values = powerTicks(range, most, 2);
		if (values.length > 1)
			return values.map((value) => ({
				value,
				label: value < 1e5 && value >= 1 ? value.toLocaleString("en") : power(2, Math.round(Math.log2(value))),
			}));
	}
	if (kind !== "linear" && range[1] > 8 * range[0]) {
		const powers = powerTicks(range, most, 10);
		const between = multiplesOfPowers(range);
		const values = between.length <= most || powers.length < 2 ? between : powers;
		if (values.length > 1) return values.map((value) => ({ value, label: axisNumber(value) }));
	}
	const values = linearTicks(range, most).filter((value) => kind === "linear" || value > 0);
	if (values.length < 2) return zoomedTicks(range, kind, 2 * most);
	return values.map((value) => ({ value, label: axisNumber(value) }));
}
