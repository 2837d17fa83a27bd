/**
 * A number in four digits for people, large powers of two as powers; other values as text.
 * @param {unknown} value
 */
export function shown(value) {
	if (typeof value !== "number" || !Number.isFinite(value)) return String(value);
	// Powers of two as they are: 2^100 says more than 1.268e+30.
	if (Number.isInteger(Math.log2(value)) && value >= 2 ** 21) return `2^${Math.log2(value)}`;
	if (Number.isInteger(value) && Math.abs(value) < 1e7) return value.toLocaleString("en");
	const rounded = Number(value.toPrecision(4));
	return Math.abs(rounded) < 1e-3 || Math.abs(rounded) >= 1e6 ? rounded.toExponential() : String(rounded);
}
