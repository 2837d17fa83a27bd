/** From here on a power of two is written as one: its digits take longer to read. */
const longSize = 2 ** 21;

/** k where a number is a power of two 2^k with many digits. */
export function longExponent(value: number): number | undefined {
	const exponent = Math.round(Math.log2(value));
	return value >= longSize && 2 ** exponent === value ? exponent : undefined;
}

/** A size as a command takes it: `1024`, and `2^100` where the digits would be many. */
export function sizeText(n: number): string {
	const exponent = longExponent(n);
	return exponent === undefined ? String(n) : `2^${exponent}`;
}
