/**
 * A number in four digits for people; other values as text.
 * @param {unknown} value
 */
export function shown(value) {
	if (typeof value !== "number" || !Number.isFinite(value)) return String(value);
	if (Number.isInteger(value) && Math.abs(value) < 1e7) return value.toLocaleString("en");
	const rounded = Number(value.toPrecision(4));
	return Math.abs(rounded) < 1e-3 || Math.abs(rounded) >= 1e6 ? rounded.toExponential() : String(rounded);
}
