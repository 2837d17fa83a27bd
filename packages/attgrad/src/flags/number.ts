const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number as people write it: `16384`, `1e-6`, `.5`, `2^14`, `2^-20`; undefined when the text is none. */
export function parseNumber(text: string): number | undefined {
	const [base, exponent, ...more] = text.trim().split("^");
	if (base === undefined || !decimal.test(base) || more.length > 0) return undefined;
	if (exponent === undefined) return Number(base);
	return decimal.test(exponent) ? Number(base) ** Number(exponent) : undefined;
}
