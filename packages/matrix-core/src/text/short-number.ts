/** A number in four digits for people: 0.05291, 16384, 2.487e-7. */
export function shortNumber(x: number): string {
	const rounded = Number(x.toPrecision(4));
	if (Number.isInteger(x) && Math.abs(x) < 1e9) return String(x);
	return Math.abs(rounded) < 1e-3 || Math.abs(rounded) >= 1e6 ? rounded.toExponential() : String(rounded);
}
